"""Questions on documents, from a table: which column holds what, the ways to write an answer, the document it is in.

Tables of questions are written for many programs: an answer may be a list, an object, or a word for *there is none*.
"""

import ast
import json
import pathlib
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence

from helpers.tasks.files import DataError
from helpers.tasks.own import columns, marks
from helpers.tasks.own.cleaning import one_spelling, visible
from helpers.tasks.own.columns import plain
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.tables import Record, Table
from helpers.tasks.policies import Policy, PolicyQuestion

PART_OF = {"answer": {"answer", "answers", "truth", "expected", "reference", "gold"}}
NEVER = {"start", "id", "type", "number", "count", "score", "doc", "docs", "source", "sources", "file", "page"}
NEVER |= {"document", "documents", "context", "pages", "ids", "status"}
NONE = (  # how an answer says that there is none
    "(?:un|not )answerable(?: .*)?",
    "no answer(?: .*)?",
    "can(?:not|'t| not) ?(?:be )?answer(?:ed)?(?: .*)?",
    "out of (?:scope|domain)",
    "oos",
    "n/a",
    "i (?:don't|do not) know",
    r"(?:none )?(?:is |are )?not (?:stated|mentioned|specified)(?: \w+)?",
    r"(?:none )?(?:is |are )?not (?:\w+ )?in (?:the|this|these|our|any) .*",
    r"(?:모름|不知道|无法回答|keine angabe)(?:\W.*)?",
)
SILENT = {"is_impossible", "impossible", "unanswerable", "no_answer", "must_refuse", "should_refuse", "expect_fallback"}
SPEAKING = {"answerable", "is_answerable", "should_answer", "has_answer"}
YES, NO = {"true", "yes", "1", "1.0", "y"}, {"false", "no", "0", "0.0", "n"}
ARRAY = re.compile(r"array\((\[.*?\])(?:, dtype=\w+)?\)", re.DOTALL)  # as numpy writes a list
MOST_WORDS = 15  # of an answer; a model has room for a short sentence
PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


def members(cell: str) -> list | dict | None:
    """Return the list or object that a cell holds, as JSON or as Python writes it; None where it holds neither.

    >>> members("['$2', 'two dollars']"), members("{'text': array(['$2'], dtype=object)}"), members("$2 [a day]")
    (['$2', 'two dollars'], {'text': ['$2']}, None)
    """
    if cell[:1] not in ("[", "{"):
        return None
    for reader, text in ((json.loads, cell), (ast.literal_eval, ARRAY.sub(r"\1", cell))):
        try:
            with warnings.catch_warnings(action="ignore"):  # of a text that is no Python
                found = reader(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return found if isinstance(found, (list, dict)) else None
    return None


def answers(cell: str) -> list[str]:
    """Return the ways to write an answer: of a list its members, else what stands between pipes; `not stated` for none.

    Pipes part nothing where a bracket or a sentence would be torn.

    >>> answers("the borrower | you"), answers("['$2']"), answers("{'text': [], 'answer_start': []}")
    (['the borrower', 'you'], ['$2'], ['not stated'])
    >>> answers("Annotated[str | None]"), answers("Give it a type that may be none, as in name: str | None.")
    (['Annotated[str | None]'], ['Give it a type that may be none, as in name: str | None.'])
    """
    held = members(cell)
    if isinstance(held, dict):
        held = held.get("text")
        if held == []:
            return ["not stated"]
    if held is not None:
        some = held if isinstance(held, list) else [held]
        return list(dict.fromkeys(str(one).strip() for one in some if str(one).strip()))
    parts = [part.strip() for part in cell.split("|") if part.strip()]
    whole = all(part.count(left) == part.count(right) for part in parts for left, right in PAIRS)
    torn = len(parts) > 1 and len(parts[0].split()) > 5 and parts[0][-1].isalnum() and parts[-1].endswith(".")
    return parts if whole and not torn else [cell.strip()]


def says_none(answer: str) -> bool:
    """Return whether an answer says that there is none.

    >>> [says_none(one) for one in ("CANNOTANSWER", "Out_of_scope", "None - not present in the documents.", "none")]
    [True, True, True, False]
    """
    told = re.sub(r"[_\s–—-]+", " ", one_spelling(answer)).strip(" .!")
    return any(re.fullmatch(form, told) for form in NONE)


def column(table: Table, told: str | int | None, role: str) -> tuple[int | None, list[int]]:
    """Return the place of a role's column, told or by its usual names, and places that could be it as well.

    Raises DataError with the remedy where a question or an answer has none.
    """
    if told is not None:
        return columns.find(table, told, role), []
    forms = [{plain(name), plain(name.split(".")[0])} for name in table.header]
    places = [i for usual in columns.NAMES[role] for i, form in enumerate(forms) if usual in form]
    places = sorted(dict.fromkeys(places), key=lambda i: _inner(table.header[i]))  # stable: the surest name is first
    if not places and role in PART_OF:
        words = [set(plain(name).split("_")) for name in table.header]
        places = [i for i, some in enumerate(words) if some & PART_OF[role] and not some & NEVER]
    if places or role == "document":
        return (places[0], places[1:]) if places else (None, [])
    none = ". If none does, add one, with “not stated” where no document answers" if role == "answer" else ""
    raise DataError(
        f"{table.name}: which column holds the {role}? There are {columns.listed(table.header)}; say {role}=… "
        f"(--{role} …){none}"
    )


def _inner(name: str) -> bool:
    """Whether a field of an object is not its text: where an answer starts, its number, its kind."""
    last = plain(name.rpartition(".")[2])
    return "." in name and bool(set(last.split("_")) & NEVER)


def _silent(table: Table) -> list[tuple[int, set[str]]]:
    """Columns that say of a question that no document answers it, each with the words that say so."""
    found = []
    for place, name in enumerate(table.header):
        last = plain(name.rpartition(".")[2])
        if last in SILENT | SPEAKING:
            found.append((place, YES if last in SILENT else NO))
        elif last in ("type", "kind", "category", "question_type"):
            kinds = {record.cells[place].strip().lower() for record in table.records}
            found.append((place, {kind for kind in kinds if says_none(kind) and kind != "n/a"}))
    return [(place, words) for place, words in found if words]


class _Names:
    """Documents by all names they go by: path, the end of a path, file name with and without its ending, title, id."""

    def __init__(self, documents: Sequence[Policy], aliases: dict[str, str]):
        self.held: dict[str, set[str]] = {}
        for one in documents:
            path = pathlib.PurePosixPath(one.id)
            held = [path.parts, path.parts[:-1] if path.stem.lower() in ("index", "readme") else ()]
            ends = ["/".join(parts[i:]) for parts in held for i in range(len(parts))]
            for key in (*ends, path.stem, one.title):
                self.held.setdefault(one_spelling(key), set()).add(one.id)
        for alias, document in aliases.items():
            self.held.setdefault(one_spelling(alias), set()).add(document)

    def of(self, told: str) -> set[str]:
        """The documents that a name may mean; of a path also those that its end names."""
        parts = pathlib.PurePosixPath(told.strip().replace("\\", "/")).parts
        ends = (one_spelling("/".join(parts[i:])) for i in range(len(parts)))
        return next((self.held[end] for end in (one_spelling(told), *ends) if end in self.held), set())

    def all_of(self, cell: str) -> list[set[str]]:
        """The same for each name in a cell, which may be a list."""
        held = members(cell)
        if isinstance(held, list):
            return [self.of(str(one)) for one in held]
        parts = [part for part in re.split(r"[;|]|,(?=\s*\S+\.\w+)", cell) if part.strip()]
        return [self.of(cell)] if self.of(cell) or len(parts) < 2 else [self.of(part) for part in parts]


def _stands_in(answer: str, text: str) -> bool:
    """Whether an answer stands in a text of one spelling, as whole words."""
    return bool(re.search(rf"(?<!\w){re.escape(one_spelling(answer))}(?!\w)", text))


def read(
    table: Table, at: dict[str, int | None], documents: Sequence[Policy], aliases: dict[str, str]
) -> tuple[list[PolicyQuestion], list[Finding]]:
    """Return the questions of a table, and what was found in it.

    at: places of question, answer and document. aliases: further names of documents.
    """
    names, silencing = _Names(documents, aliases), _silent(table)
    texts = {one.id: one_spelling(one.text) for one in documents}
    odd: dict[str, list] = {what: [] for what in ODD}
    rows, seen = [], Counter()
    for record in table.records:
        asked, said = (visible(record.cells[at[role]]).strip() for role in ("question", "answer"))
        silenced = any(record.cells[place].strip().lower() in words for place, words in silencing)
        given = _given(table.header[at["answer"]], said, silenced)
        if not asked or not given:
            odd["blank"].append(record.number)
            continue
        seen[one_spelling(asked)] += 1
        if seen[one_spelling(asked)] > 1:
            odd["copies"].append(record.number)
            continue
        silent = says_none(given[0])
        held, unclear = _held(record, at["document"], names)
        if unclear:
            odd[unclear].append(record.number)
        among = [texts[one] for one in held] or list(texts.values())
        if not silent and not any(_stands_in(one, text) for one in given for text in among):
            odd["missing"].append(record.number)
        elif not silent and min(len(one.split()) for one in given) > MOST_WORDS:
            odd["long"].append(record.number)
        kind = "unanswerable" if silent else "lookup"
        answer, accepted = ("not stated", ()) if silent else (given[0], tuple(given[1:]))
        rows.append(
            PolicyQuestion(
                f"{table.unit} {record.number}", asked, answer, accepted, kind, () if silent else tuple(held), ()
            )
        )
    odd["ragged"] = [record.number for record in table.ragged]
    return rows, list(_findings(odd, table.unit))


def _given(name: str, said: str, silenced: bool) -> list[str]:
    """The answers of a cell; `not stated` where the table says so beside it, or by no text in an object of answers."""
    if silenced or (not said and re.fullmatch(r"answers?\.text", name.lower())):
        return ["not stated"]
    return answers(said)


def _held(record: Record, place: int | None, names: _Names) -> tuple[list[str], str]:
    """The documents that a row names, and what is odd about their names, if anything."""
    cell = record.cells[place].strip() if place is not None else ""
    if not cell or cell == "[]":
        return [], ""
    found = names.all_of(cell)
    held = sorted({one for some in found if len(some) == 1 for one in some})
    return held, "several" if any(len(some) > 1 for some in found) else "" if all(found) else "unknown"


ODD = {  # what: (in words, what to do, what was done where the row is kept)
    "blank": ("without a question or an answer", 'fill them; write "not stated" where no document answers', ""),
    "copies": ("with a question that came before", "", ""),
    "ragged": ("with another number of cells than the others", "put quotation marks around the cells", ""),
    "unknown": ("that name a document which is not there", "use the names of the files", "kept without it"),
    "several": (
        "that name a document of which there are several",
        "name it by its folder too, as in office/fees.md",
        "kept without it",
    ),
    "missing": (
        "with an answer that stands, in these words, in none of the documents or not in the one that is named",
        'write it as the document words it, with | between several ways, or "not stated" where no document answers',
        "kept; quoting cannot be right on these",
    ),
    "long": (
        f"with an answer of more than {MOST_WORDS} words",
        "methods answer in one short sentence, and right is what holds yours word for word: write the few words that "
        "matter, as they stand in the document",
        "kept; hardly an answer will hold these",
    ),
}


def _findings(odd: dict[str, list], unit: str) -> Iterable[Finding]:
    for kind, (what, do, kept) in ODD.items():
        numbers = tuple(odd[kind])
        if numbers:
            told, gone = f"{count(len(numbers), unit)} {what}", 0 if kept else len(numbers)
            yield Finding(what, told, numbers, kept or "left out", do, gone, unit=unit)


def about(
    table: Table, at: dict[str, int | None], rivals: dict[str, list[int]], used: frozenset[str]
) -> tuple[str, list[Finding]]:
    """Return which columns are read and which are not, in words, and a finding where another could be the answer.

    used: columns that documents are read from.
    """
    silencing = [place for place, _ in _silent(table)]
    read_from = {role: place for role, place in at.items() if place is not None}
    told = ", ".join(f"{role} from {quoted(table.header[place])}" for role, place in read_from.items())
    if silencing:
        told += f", no answer where {columns.listed([table.header[i] for i in silencing])} says so"
    left = [i for i in range(table.width) if i not in (*read_from.values(), *silencing) and table.header[i] not in used]
    told += f"; not read: {columns.listed([table.header[i] for i in left])}" if left else ""
    whole = table.header[at["answer"]].rpartition(".")[0]  # fields of the same object say the same
    others = [table.header[i] for i in rivals["answer"] if i in left]
    others = [name for name in others if not _inner(name) and (not whole or name.rpartition(".")[0] != whole)]
    if not others:
        return told, []
    what = f"{columns.listed(others)} could be the answer as well as {quoted(table.header[at['answer']])}"
    do = f"if one of them is what a person wrote down as right, say {marks.option('answer', others[:1])}"
    return told, [Finding("answers", what, (), "not read", do)]
