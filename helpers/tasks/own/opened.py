"""Opens a file of unknown kind safely, and turns its bytes into text; what the text means is left to others."""

import codecs
import itertools
import pathlib
import re
import stat
from collections.abc import Sequence

import charset_normalizer

from helpers.tasks.files import DataError
from helpers.tasks.own import pages
from helpers.tasks.own.findings import Finding, count

MOST_BYTES = 50_000_000
SAMPLE = 200_000  # bytes from which an encoding is guessed
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a mark"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
WESTERN = ["cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "cp850"]
OTHERS = ["cp1251", "koi8_r", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1253", "cp1255", "cp1256", "cp874"]
PICKLE = "a pickle, which could run anything when opened; save it as CSV or JSON Lines"
PANDAS = (
    "where pandas and pyarrow are installed (Colab has both, the course does not bring them), save it as JSON Lines by "
    "`import pandas; pandas.read_{}(NAME).to_json(LINES, orient='records', lines=True)`"
)
FOREIGN = {  # how files begin that are no text, and what to do with them
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"BZh": "a bzip2 archive; unpack it",
    b"\xfd7zXZ": "an xz archive; unpack it",
    b"Rar!": "a rar archive; unpack it",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"%PDF": "a PDF; copy its text into a table, or save it as text",
    b"\x89PNG": "a picture; give a table or a text file",
    b"\xff\xd8\xff": "a picture; give a table or a text file",
    b"GIF8": "a picture; give a table or a text file",
    b"PAR1": "a Parquet file; " + PANDAS.format("parquet"),
    b"SQLite format 3": "a SQLite database; export the table as CSV",
    b"ARROW1": "an Arrow or Feather file; " + PANDAS.format("feather"),
    b"FEA1": "a Feather file; " + PANDAS.format("feather"),
    b"\x89HDF": "an HDF5 file; save it as CSV or JSON Lines",
    b"\x93NUMPY": "an array of numpy; save it as CSV or JSON Lines",
    **{bytes([128, protocol]): PICKLE for protocol in range(2, 6)},
    b"(lp0\n": PICKLE,  # its older forms, of a list or an object of a class
    b"ccopy_reg\n": PICKLE,
    b"]q\x00": PICKLE,
    b"\xff\xff\xff\xff": "a stream of Arrow; save it as CSV or JSON Lines",
    b"version https://git-lfs": "a pointer, in place of a file that Git LFS keeps elsewhere; run `git lfs pull`",
    b"/annex/objects": "a pointer, in place of a file that git-annex keeps elsewhere; run `git annex get`",
    b"$FL2@(#)": "an SPSS file; save it as CSV",
    b"\x28\xb5\x2f\xfd": "a zstd archive; unpack it",
    b"{\\rtf": "an RTF document; copy its table into a spreadsheet",
}
PYTHON = "what Python prints and no JSON"
DUMP = "save its list with json.dump"
EXPORT = "open it in a spreadsheet program or where it came from, save the table as CSV (UTF-8), and name that"
MARKUP = (  # how texts begin that hold a table in another form than rows of cells, what that is, and the remedy
    (
        pages.PAGE.pattern,
        "a web page (HTML)",
        f"if a download gave it, sign in and download again; if it shows a table, {EXPORT}",
    ),
    (r"(?:<\?xml|<!--|<[\w:]+>\s*<[\w:]+>)", "XML", EXPORT),
    (r"(?:\w+ *= *)?\[?[{(\[] *['\"(][^\n]*['\"]\)?, *\{'|(?:\w+ *= *)?\[?\{'", PYTHON, DUMP),
    (r"(?:\w+ *= *)\[\s*[\[({]|(?:import|from) \w+[\w. ]*\n", PYTHON, DUMP),
    (r"(?:%[^\n]*\n|\s)*@relation\b", "an ARFF file, as Weka writes them", EXPORT),
    (r"(?:40[134]|50[0-3])\b[^\n]{0,60}\s*$", "what a server says that has no such file", "download it again"),
    (
        r"(?:--[^\n]*\n|/\*.*?\*/|\s)*(?:insert into|create table|drop table|set names)\b",
        "a dump of a database (SQL)",
        EXPORT,
    ),
)
MARKS_OF_TEXT = "\xa0’‘“”„«»–—…€£°§·•™©®¡¿"
CONTROL = r"[\x00-\x08\x0e-\x1f]"
PARTING = "\x1f\x01"  # signs by which programs part cells, in each row


def raw(path: str | pathlib.Path, most: int = MOST_BYTES) -> bytes:
    """Return a regular file's bytes; what is no regular file is never opened, for it might not end.

    Raises DataError if it is missing, a folder, a device or a pipe, cannot be read, is empty, or holds more than `most`
    bytes.
    """
    path = pathlib.Path(path)
    try:
        found = path.stat()
    except FileNotFoundError:
        link = path.is_symlink()
        why = "is a link to a file that is not there" if link else "is not there"
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file())[:5] if path.parent.is_dir() else []
        beside = f"; the folder holds {', '.join(near)}" if near and not link else ""
        raise DataError(f"{path.name} {why}; check the name{beside}") from None
    except (OSError, ValueError) as error:  # a loop of links, a name that no system takes
        raise DataError(f"{path.name} cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(found.st_mode):
        raise DataError(f"{path.name} is a folder where a file was expected; name the file in it")
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path.name} is no regular file but a device, a pipe or a socket; copy its content to a file")
    if found.st_size > most:
        raise DataError(
            f"{path.name} holds {found.st_size / 1e6:,.0f} MB, and the most is {most / 1e6:,.0f} MB; take a sample of "
            "its rows, drawn at random (20,000 are plenty)"
        )
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read: {error.strerror or error}; check its permissions, and close it in other "
            "programs"
        ) from None
    if len(content) > most:
        raise DataError(f"{path.name} grew above {most / 1e6:,.0f} MB while it was read; copy it, and read the copy")
    if not content.strip(b"\x00 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise DataError(f"{path.name} is empty; it should hold a row for each text")
    return content


def check_kind(name: str, content: bytes) -> None:
    """Raise DataError where bytes are those of a kind of file that holds no text, saying which and what to do."""
    kinds = {**FOREIGN, content[:1]: "a tar archive; unpack it"} if content[257:262] == b"ustar" else FOREIGN
    for start, kind in kinds.items():
        if content.startswith(start):
            path = pathlib.PurePosixPath(name)
            told = kind.replace("NAME", repr(path.name)).replace("LINES", repr(f"{path.stem}.jsonl"))
            raise DataError(f"{name} is {told}, and name that")


def check_form(name: str, text: str) -> None:
    """Raise DataError where a text is markup or a dump, saying which, whatever its name says."""
    for begins, kind, remedy in MARKUP:
        if re.match(begins, text[:10_000].lstrip(), re.IGNORECASE | re.DOTALL):
            raise DataError(f"{name} is {kind}, whatever its name says; {remedy}")


def decode(name: str, content: bytes, encoding: str | None = None) -> tuple[str, str, list[Finding]]:
    """Return a file's text, how it was read, and what was odd about it.

    A mark decides; else UTF-16 is known by its zeros, UTF-8 by its form; what is neither is guessed, and said so.

    Raises DataError if `encoding` is unknown or does not fit, or the bytes are no text.
    """
    check_kind(name, content)
    if encoding:
        text, how, findings = _as_told(name, content, encoding), f"{encoding}, as told", []
    else:
        text, how, findings = _guessed(content)
    parts = next((sign for sign in PARTING if text.count(sign) >= max(2, 0.9 * text.count("\n"))), "")
    controls = re.compile(f"(?!{parts}){CONTROL}" if parts else CONTROL)
    zeros = [number for number, line in enumerate(text.split("\n"), start=1) if controls.search(line)]
    odd = len(controls.findall(text))
    if odd > max(20, len(text) // 200):
        raise DataError(
            f"{name} holds {count(odd, 'character')} that no text has, the first in line {zeros[0]}: it is not a text "
            "file, or in an encoding that was not recognized; save it as CSV (UTF-8), or name its encoding"
        )
    if odd:
        told = f"{count(odd, 'control character')} such as zero bytes stand in the text"
        findings.append(Finding("control characters", told, tuple(zeros), "taken out", unit="line"))
        text = controls.sub("", text)
    return text, how, findings


def _as_told(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError:
        raise DataError(f"there is no encoding {encoding!r}; usual ones are utf-8, utf-16, cp1252, gb18030") from None
    except UnicodeError as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        raise DataError(f"{name}, line {line}: not {encoding}; leave encoding out, and it is guessed") from None


def _guessed(content: bytes) -> tuple[str, str, list[Finding]]:
    for mark, encoding, said in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), said, []
    even, odd = content[:SAMPLE:2].count(0), content[1:SAMPLE:2].count(0)
    half = len(content[:SAMPLE]) / 2
    if max(even, odd) > 0.3 * half and min(even, odd) < 0.05 * half:
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        return content.decode(encoding, "replace"), "UTF-16 without a mark, known by its zeros", []
    try:
        return content.decode("utf-8"), "UTF-8", []
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            what, do = "the file breaks off in the middle of a character", "copy it again, or look at its last row"
            found = Finding(
                "torn", what, (content.count(b"\n") + 1,), "what is left of that is dropped", do, unit="line"
            )
            return content.decode("utf-8", "ignore"), "UTF-8", [found]
    lines = content.split(b"\n")
    fits = [_is_utf8(line) for line in lines]
    wrong = [number for number, fit in enumerate(fits, start=1) if not fit]
    right = sum(fit and not line.isascii() for fit, line in zip(fits, lines, strict=True))
    if right >= 0.2 * (right + len(wrong)):
        return _mixed(lines, wrong)
    encoding = _foreign(b"\n".join(lines[number - 1] for number in wrong)[:SAMPLE])
    text = content.decode(encoding, "replace")
    sample = next((line for line in text.split("\n") if not line.isascii()), "")[:60]
    what = f"the file is not UTF-8; {encoding} is a guess"
    do = f"if this looks wrong, save the file as UTF-8 or name its encoding: {sample.strip()}"
    return text, f"{encoding} (a guess)", [Finding("encoding", what, (wrong[0],), do=do, unit="line")]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mixed(lines: Sequence[bytes], wrong: Sequence[int]) -> tuple[str, str, list[Finding]]:
    """UTF-8, and lines that are not: these are read as cp1252, as files are that two programs have written."""
    odd = set(wrong)
    decoded = [
        line.decode("cp1252", "replace") if number in odd else line.decode("utf-8")
        for number, line in enumerate(lines, start=1)
    ]
    what = f"{count(len(wrong), 'line')} of a UTF-8 file are not UTF-8"
    do = "look at them; if they are wrong, mend them and save the file as UTF-8"
    found = Finding("mixed encodings", what, tuple(wrong), "read as cp1252 (Western European)", do, unit="line")
    return "\n".join(decoded), "UTF-8, some lines cp1252", [found]


def _foreign(sample: bytes) -> str:
    """The likeliest of the usual encodings; a text with few letters above 127 is European, as far as one can tell."""
    high = sum(byte > 127 for byte in sample) / max(1, sum(byte > 64 for byte in sample))
    if high < 0.25:
        return max(WESTERN, key=lambda encoding: (_letters(sample, encoding), -WESTERN.index(encoding)))
    found = charset_normalizer.from_bytes(sample, cp_isolation=OTHERS).best()
    return found.encoding if found else "gb18030"


def _letters(sample: bytes, encoding: str) -> int:
    """How many of the characters above 127 are letters inside words, or marks that texts have, minus the others.

    A capital after a small letter is none of them: so `für` looks that was written on another system.
    """
    text = sample.decode(encoding, "replace")
    capital = sum(2 for before, c in itertools.pairwise(text) if c > "\x7f" and c.isupper() and before.islower())
    return sum(1 if c.isalpha() or c in MARKS_OF_TEXT else -1 for c in text if c > "\x7f") - capital
