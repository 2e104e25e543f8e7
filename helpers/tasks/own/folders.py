"""A folder as a table: texts in folders named by their labels, in folders of splits or not; links are not followed."""

import pathlib
import re
import shlex
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from helpers.tasks.files import DataError
from helpers.tasks.own import agents, kinds, mails, opened
from helpers.tasks.own.cleaning import Row
from helpers.tasks.own.columns import SPLITS
from helpers.tasks.own.findings import Finding, count
from helpers.tasks.own.pages import page_text
from helpers.tasks.own.tables import Record, Table

TEXTS = (".txt", ".md", ".text", ".html", ".htm", ".eml", ".mbox", "")
NUMBERED = re.compile(r"\.(?:\d*|[0-9a-f]{16,})")  # how a name ends whose last part is a number, and no kind of file
TABLES = (".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".ods")
WHOLE = (".json", ".xlsx", ".xls", ".ods", ".zip")  # of which a line is nothing alone
ABOUT = ("readme", "license", "licence", "notice", "authors", "changelog", "contributing")  # files that hold no data
UNLABELED = ("unsup", "unlabeled", "unlabelled", "unlab")  # what data sets call texts that nobody labeled
MOST_FILES = 50_000
MOST_BYTES = 1_000_000  # of one text
MOST_BYTES_MAIL = 50_000_000  # with what is attached


@dataclass(frozen=True)
class Found:
    """Rows of a folder's files, what was found, how many files and rows there were, of what, and what labels them."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    files: int
    total: int
    unit: str = "file"
    told: str = "the folder of a text is its label"


def walk(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield the files below a folder in order of their names, without hidden ones and without following links.

    Raises DataError above MOST_FILES.
    """
    seen = 0
    for place, folders, files in folder.walk() if hasattr(folder, "walk") else _walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith(".") and not (place / one).is_symlink())
        for name in sorted(files):
            if not name.startswith("."):
                seen += 1
                if seen > MOST_FILES:
                    raise DataError(f"{folder.name} holds more than {MOST_FILES:,} files; give a smaller folder")
                yield place / name


def _walk(folder: pathlib.Path):
    """What pathlib.Path.walk does, which Python 3.11 lacks."""
    import os

    for place, folders, files in os.walk(folder):
        yield pathlib.Path(place), folders, files


def by_split(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Return the tables of a folder by the split that their names say, train.csv and test.csv; none if any says two.

    Where there are no tables called so, and no folders of texts, train.txt and test.txt are taken.
    """
    every = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "__MACOSX"))]
    inside = [path for path in every if SPLITS.get(path.stem.lower().rpartition("_")[2])]
    by_label = any(one.suffix.lower() in TEXTS for path in every if path.is_dir() for one in walk(path))
    for endings in (TABLES, () if by_label else (".txt",)):
        named = [path for path in inside if path.suffix.lower() in endings and path.is_file()]
        found = {SPLITS[path.stem.lower().rpartition("_")[2]]: path for path in named}
        if named and (len(found) < len(named) or not {"train", "test"} <= set(found)):
            return {}
        if named:
            return {split: found[split] for split in ("train", "dev", "test") if split in found}
    return {}


def not_read(folder: pathlib.Path, files: Collection[pathlib.Path]) -> list[Finding]:
    """Return what is said of the other files of a folder, and of its folders, where some files alone are read."""
    others = [path for path in sorted(folder.iterdir()) if path not in files and not path.name.startswith(".")]
    names = [f"{path.name}/" if path.is_dir() else path.name for path in others]
    kinds = {*TABLES, *(path.suffix.lower() for path in files)}
    data = [name for name in names if pathlib.Path(name).stem.lower() not in ABOUT]
    names = [name for name in data if name.endswith("/") or pathlib.Path(name).suffix.lower() in kinds]
    what, do = "beside files called like splits there are others", "name one alone if it is meant"
    return [Finding("not read", what, tuple(names), "not read", do, unit="file")] if names else []


def chosen(folder: pathlib.Path, encoding: str | None) -> list[pathlib.Path]:
    """Return the files of a folder that `every` reads."""
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [path for path in inside if _holds_texts(path, encoding)]


def every(folder: pathlib.Path, **options) -> Table:
    """Return all tables of a folder, or files with a text a line, as one, with a column of the files' names.

    Folders in it, what tells of the data, and what is empty or no text are not read; this is said.
    """
    parts, options = {}, {**options, "sheet": None}
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    paths = chosen(folder, options.get("encoding"))
    stems = [path.stem for path in paths]
    for path in paths:
        if path.suffix.lower() in TABLES:
            table = kinds.table_of(path, **options)
        elif mails.is_mailbox(opened.raw(path)):
            table = mails.table(path.name, opened.raw(path), labels=False)
        else:
            text, how, findings = opened.decode(path.name, opened.raw(path), options.get("encoding"))
            lines = enumerate(re.split(r"\r\n?|\n", text), start=1)
            rows = tuple(Record(number, (line,)) for number, line in lines if line.strip())
            table = Table(path.name, rows, 1, how, ("text",), findings=tuple(findings), unit="line")
        parts[path.stem if stems.count(path.stem) == 1 else path.name] = table
    table = kinds.stacked(folder.name, parts, "file")
    names = tuple(path.name + "/" * path.is_dir() for path in inside if path not in paths)
    if not names:
        return table
    what, do = "folders, files about the data, and what is empty or no text", "if one is meant, name it alone"
    return replace(table, findings=(Finding("not read", what, names, "not read", do, unit="file"), *table.findings))


def _holds_texts(path: pathlib.Path, encoding: str | None) -> bool:
    """Whether a file is a table that is not empty, or seems to hold a text a line, by its name and its content."""
    is_table = path.suffix.lower() in TABLES
    if not path.is_file() or (path.stem.lower() in ABOUT and not is_table):
        return False
    try:
        content = opened.raw(path)
    except DataError:
        return path.stat().st_size > opened.MOST_BYTES  # which is refused where it is read
    try:
        if not is_table:
            opened.check_kind(path.name, content)
            opened.decode(path.name, content if encoding is None else b"as told")
    except DataError:
        return False
    return True


def beside(path: pathlib.Path) -> str:
    """Return what to do about a file of texts alone where another one beside it has as many lines; else nothing.

    One of the two must repeat its lines, as labels do.
    """
    lines = _lines(path)
    split = path.stem.lower().split("_")[0]
    others = sorted(path.parent.iterdir(), key=lambda one: (not one.name.lower().startswith(split), one.name))
    for other in others[:50] if len(lines) > 1 else ():
        there = _lines(other) if other != path else []
        if len(there) == len(lines) and min(len(set(lines)), len(set(there))) <= len(lines) / 2:
            both = " ".join(shlex.quote(one.name) for one in (path, other))
            return (
                f"{other.name} beside {path.name} has as many lines, {len(lines):,}: if one holds the texts and the "
                f"other their labels, put them side by side, as `paste {both} > both.tsv` does, and name that"
            )
    return ""


def _lines(path: pathlib.Path) -> list[bytes]:
    if not path.is_file() or path.suffix.lower() in WHOLE or path.stat().st_size > opened.MOST_BYTES:
        return []
    content = path.read_bytes()
    return [] if mails.is_mailbox(content) or mails.looks_like(content) else content.rstrip().split(b"\n")


def _mail(name: str, mail: mails.Mail) -> tuple[str, str]:
    try:
        text, body = mails.text_of(name, mail)
    except DataError:
        return "", "broken"
    return text, "mail" if body else "no body"


def _texts_of(path: pathlib.Path, name: str) -> list[tuple[str, str, str]]:
    """The texts of a file, which are several in a mailbox: number, text, and what kind that is. Raises DataError."""
    suffix = path.suffix.lower()
    content = opened.raw(path, MOST_BYTES_MAIL if suffix in (".eml", ".mbox") else MOST_BYTES)
    if mails.is_mailbox(content) or mails.looks_like(content):
        some = mails.mails_of(content)
        names = [name] if len(some) == 1 else [f"{name}, mail {i}" for i in range(1, len(some) + 1)]
        return [(called, *_mail(called, one)) for called, one in zip(names, some, strict=True)]
    text, _, _ = opened.decode(name, content)
    if suffix not in (".html", ".htm"):
        return [(name, text, "text")]
    text = page_text(text)
    if not text:
        raise DataError(f"{name} is a page without a text")
    return [(name, text, "page")]


def _of_agent(folder: pathlib.Path) -> Found:
    """The phrases of an agent; a file that holds none is left out."""
    rows, broken, files = [], [], agents.files_of(folder)
    for path, intent in files.items():
        try:
            rows += agents.rows_of(folder, path, intent)
        except DataError as error:
            broken.append(str(error))
    done = "each intent is the label of its phrases; answers, entities and flows are left aside"
    findings = [Finding("agent", f"phrases of {agents.KIND}", (), done)]
    if broken:
        what = f"{count(len(broken), 'file')} without phrases: {broken[0]}"
        findings.append(Finding("broken", what, (), "left out", lost=len(broken), unit="file"))
    return Found(
        tuple(rows),
        tuple(findings),
        len(files),
        len(rows) + len(broken),
        "phrase",
        "the intent of a phrase is its label",
    )


def read(folder: pathlib.Path) -> Found:
    """Return a row for each text below a folder; the folder that a text lies in is its label.

    A folder named as a split (train, dev, test) above those of the labels gives the split. Files that are no text are
    counted and left out. Raises DataError where no file lies in a folder of its label.
    """
    if agents.files_of(folder):
        return _of_agent(folder)
    rows, findings, tables, found = [], [], [], defaultdict(list)
    loose, unlabeled, other, broken, files = [], [], [], [], 0
    for path in walk(folder):
        files += 1
        parts = path.relative_to(folder).parts
        split = SPLITS.get(parts[0].lower(), "") if len(parts) > 1 else ""
        inner = parts[1:] if split else parts
        name = "/".join(parts)
        if path.suffix.lower() in TABLES:
            tables.append(name)
        if len(inner) < 2:
            loose.append(name)
        elif inner[-2].lower() in UNLABELED:
            unlabeled.append(name)
        elif path.suffix.lower() not in TEXTS and not NUMBERED.fullmatch(path.suffix.lower()):
            other.append(name)
        else:
            try:
                for number, text, kind in _texts_of(path, name):
                    found[kind].append(number)
                    if kind != "broken":
                        rows.append(Row(number, text, inner[-2].removesuffix(".mbox"), split))
            except DataError:
                broken.append(name)
    for what, names, do in (
        ("outside a folder of a label", loose, "put each text into a folder that is called like its label"),
        ("in a folder of texts without a label", unlabeled, "if its name is a label, rename the folder"),
        ("not a text by its name", other, "save them as .txt"),
        ("not readable as a text, empty, or larger than 1 MB", [*broken, *found["broken"]], "save them as UTF-8 text"),
    ):
        if names:
            told = f"{count(len(names), 'file')} {what}"
            findings.append(Finding(what, told, tuple(names), "left out", do, len(names), unit="file"))
    total = len(rows) + sum(one.lost for one in findings)
    if found["mail"]:
        findings.append(Finding("mails", count(len(found["mail"]), "mail"), (), mails.READ))
    if found["page"]:
        told = f"{count(len(found['page']), 'web page')}"
        findings.append(Finding("pages", told, (), "read as a person sees them, without tags and scripts"))
    findings += mails.without_body(found["no body"], "file")
    if not rows:
        told = f": {str(findings[0]).rstrip('.')}" if findings else ""
        told += f". If a table is meant, name it: {folder.name}/{tables[0]}" if tables else ""
        if len(tables) > 1:
            told += "; one to test on is named by test=… (--test)"
        pair = beside(folder / loose[0]) if loose and not tables else ""
        if len(loose) > 1:
            told += (
                ". If each file holds the texts of one label, in a table, a mailbox or a text a line, say "
                "sheet='every' (--sheet every), and label='file' (--label file)"
            )
        raise DataError(
            f"{folder.name} holds no text in a folder named by its label, such as {folder.name}/refund/1.txt{told}. "
            f"{pair + '. ' if pair else ''}For documents to answer questions from, give the questions too"
        )
    return Found(tuple(rows), tuple(findings), files, total)
