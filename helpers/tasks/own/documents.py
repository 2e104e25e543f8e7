"""Documents, in a folder or a table, with a table of questions: read into what retrieval takes; the odd is said."""

import hashlib
import html
import json
import pathlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from helpers.tasks.files import DataError
from helpers.tasks.own import columns, folders, opened, wordings
from helpers.tasks.own import questions as questions_of
from helpers.tasks.own.cleaning import visible
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.kinds import table_of
from helpers.tasks.own.pages import page_text
from helpers.tasks.own.reading import Name, slug, stop
from helpers.tasks.own.splits import sample
from helpers.tasks.policies import Policy, PolicyQuestion

KINDS = (".md", ".markdown", ".mdx", ".rst", ".txt", ".text", ".html", ".htm")
MOST_BYTES = 1_000_000
MOST_QUESTIONS = 150
CONTEXTS = (  # columns that hold documents in a table, the surest first
    *("context", "contexts", "passage", "passages", "passage_text", "paragraph", "reference_contexts", "text", "body"),
    *("content", "retrieved_contexts", "chunk", "chunks"),
)


@dataclass(frozen=True, repr=False)
class OwnDocuments:
    """Documents and questions that a reader brought, with the story of how they were read.

    documents: what is searched. test: the questions; each has its answer, or none where no document holds one.
    """

    name: str
    documents: tuple[Policy, ...]
    test: tuple[PolicyQuestion, ...]
    how: tuple[str, ...]
    findings: tuple[Finding, ...]
    story: tuple[str, ...]
    read: int
    used: int
    kind = "documents"

    def __str__(self) -> str:
        shown = [f"  {one.question} → {one.answer}" for one in self.test[:3]]
        found = ["", "Found in it:", *(f"- {finding}" for finding in self.findings)] if self.findings else []
        return "\n".join([self.name, *self.how, "", *shown, *found, "", *self.story])

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.documents)} documents, {len(self.test)} questions>"

    def _repr_html_(self) -> str:
        return f'<pre style="white-space: pre-wrap">{html.escape(str(self))}</pre>'


def _document(folder: pathlib.Path, path: pathlib.Path) -> Policy:
    name = path.relative_to(folder).as_posix()
    text, _, _ = opened.decode(name, opened.raw(path, MOST_BYTES))
    text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    if path.suffix.lower() in (".html", ".htm"):
        text = page_text(text)
    title = ""
    front = re.match(r"---\n(.*?)\n---(?:\n|$)", text, re.DOTALL)
    if front:
        found = re.search(r"^title:\s*(.+)$", front[1], re.MULTILINE)
        title, text = found[1].strip().strip("\"'") if found else "", text[front.end() :]
    heading = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
    title = title or (heading[1].strip() if heading else path.stem.replace("-", " ").replace("_", " "))
    if not text.strip():
        raise DataError(f"{name} holds no text")
    return Policy(name, title[:120], "public", "", text.strip("\n"))


def _documents(folder: pathlib.Path, besides: pathlib.Path) -> "_Held":
    found, other, broken, files = [], [], [], 0
    for path in folders.walk(folder):
        if path.resolve() == besides.resolve():
            continue
        files += 1
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in KINDS:
            other.append(name)
            continue
        try:
            found.append(_document(folder, path))
        except DataError:
            broken.append(name)
    findings = []
    for what, names, do in (
        (f"no text by its name ({', '.join(KINDS)})", other, "save PDF and Word files as text or Markdown"),
        ("not readable as a text, empty, or larger than 1 MB", broken, "save them as UTF-8 text, in parts"),
    ):
        if names:
            told = f"{count(len(names), 'file')} {what}"
            findings.append(Finding("documents", told, tuple(names), "left out", do, unit="file"))
    if not found:
        told = f": {findings[0]}" if findings else "."
        raise DataError(f"{folder.name} holds no document{told} Give a folder of {', '.join(KINDS)} files")
    return _Held(found, findings, f"{folder.name}: {count(len(found), 'document')} of {count(files, 'file')}", {})


def _of_table(path: pathlib.Path, options: dict, asked: bool) -> "_Held":
    """Documents that stand in a table: what has the same title is one of them, and without titles each row is.

    asked: whether it is the table of the questions; one without documents, as a list of frequent questions, then has
    its answers for documents.
    """
    table = table_of(path, **options)
    plain = [columns.plain(name.rpartition(".")[2]) for name in table.header]
    texts = [plain.index(name) for name in CONTEXTS if name in plain]
    own = [] if texts else _of_questions(table, asked)
    if not texts and not own:
        raise DataError(
            f"{path.name} is no folder, and as a table it has no column of documents; call one 'context', or give a "
            f"folder of {', '.join(KINDS)} files. There are {columns.listed(table.header)}"
        )
    title = (
        None if own else plain.index("title") if "title" in plain else questions_of.column(table, None, "document")[0]
    )
    place = own[-1] if own else texts[0]
    ids = plain.index("id") if "id" in plain and not asked else None
    parts: dict[tuple[str, str], dict[str, None]] = {}
    aliases: dict[str, tuple[str, str]] = {}
    for record in table.records:
        name = record.cells[title].strip() if title not in (None, place) else ""
        cell = "\n".join(record.cells[i] for i in own) if own else record.cells[place]
        for called, text in _texts_of(cell, name):
            key = (called, "" if called else text)
            parts.setdefault(key, {})[text] = None
            if ids is not None:
                aliases[record.cells[ids].strip()] = key
    names = {key: key[0] or f"document {i}" for i, key in enumerate(parts, start=1)}
    found = [Policy(names[key], names[key][:120], "public", "", "\n\n".join(some)) for key, some in parts.items()]
    if not found:
        raise DataError(f"{path.name}: {quoted(table.header[place])} holds no text, and documents are read from it")
    how = f"{path.name}: {count(len(found), 'document')} from {quoted(table.header[place])} of its rows"
    if own:
        what = "answer" if asked else "question with its answer"
        how += f", each {what} one, since no column holds documents (one would be called 'context')"
    findings = [one for one in table.findings if one.kind != "nested"]
    used = frozenset() if own else frozenset({table.header[place]})
    return _Held(found, findings, how, {alias: names[key] for alias, key in aliases.items()}, used)


def _of_questions(table, asked: bool) -> list[int]:
    """The columns of frequent questions that can be documents: answers alone where their questions are asked."""
    try:
        places = [questions_of.column(table, None, role)[0] for role in ("question", "answer")]
    except DataError:
        return []
    return places[1:] if asked else places


@dataclass(frozen=True)
class _Held:
    """Documents, what was found in them, how they were read, further names of theirs, and the column they stood in."""

    documents: list[Policy]
    findings: list[Finding]
    how: str
    aliases: dict[str, str]
    used: frozenset[str] = frozenset()


def _texts_of(cell: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the documents of a cell as titles and texts: itself, or of a list each member, which may have a title."""
    held = questions_of.members(cell.strip())
    if not isinstance(held, list):
        held = [cell]
    for one in held:
        titled = isinstance(one, list) and len(one) == 2 and isinstance(one[0], str)
        title, text = one if titled else (name, one)
        if isinstance(text, list):  # its sentences
            text = "".join(map(str, text))
        text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        if visible(text).strip():
            yield title, visible(text).strip()


def read(
    folder: str | pathlib.Path,
    questions: str | pathlib.Path,
    question: Name = None,
    answer: Name = None,
    document: Name = None,
    most_questions: int = MOST_QUESTIONS,
    **options,
) -> OwnDocuments:
    """Read a folder of documents (Markdown, text, HTML) and a table of questions with their answers.

    Args:
        folder: documents, in folders or not; or a table with a column `context` (and `title`), which may be that of
            the questions, as SQuAD has it; of one without, as of frequent questions, the answers are the documents.
        questions: a table of any kind that `kinds.table_of` takes. An answer may be given in several ways, parted by
            "|" or as a list; "not stated" marks a question that no document answers.
        question, answer, document: its columns, by name or number from 1; guessed by usual names where left out.
            `document`, the file that holds the answer, may be missing.
        most_questions: the most that are asked; of more, so many are drawn.
        options: header, encoding, delimiter or sheet, as `kinds.table_of` takes them.

    Raises DataError, with every reason, if it cannot be used.
    """
    folder, questions = pathlib.Path(folder).expanduser(), pathlib.Path(questions).expanduser()
    if not folder.exists():
        raise DataError(
            f"{folder.name} is not there; give a folder of {', '.join(KINDS)} files, or a table of documents"
        )
    if folder.is_dir():
        held = _documents(folder, questions)
    else:
        same = folder.resolve() == questions.resolve()
        held = _of_table(folder, options if same else {**options, "sheet": None}, same)
        held = replace(held, findings=[]) if same else replace(held, used=frozenset())
    documents = held.documents
    table = table_of(questions, **options, names=columns.flat(question, answer, document))
    told = {"question": question, "answer": answer, "document": document}
    found = {role: questions_of.column(table, name, role) for role, name in told.items()}
    at, rivals = ({role: pair[i] for role, pair in found.items()} for i in (0, 1))
    said, others = questions_of.about(table, at, rivals, held.used)
    rows, more = questions_of.read(table, at, documents, held.aliases)
    lists = [one for one in table.findings if one.kind != "nested"]  # an answer or a context may well be a list
    findings = [*held.findings, *lists, *others, *more, *_language(documents)]
    if not rows:
        findings.append(Finding("nothing left", "no row has both a question and an answer", stops=True))
    stop(questions.name, findings)
    chosen = [rows[i] for i in sorted(sample(rows, most_questions))]
    story = [f"Nothing is learned from questions, so all of them test: {count(len(rows), 'question')}."]
    if len(chosen) < len(rows):
        story.append(f"Of these {len(chosen)} are drawn.")
    silent = sum(not one.answerable for one in chosen)
    story.append(f"{count(silent, 'question')} without an answer in the documents, where saying so is right.")
    several = sum(bool(one.accepted) for one in chosen)
    if several:
        own = 'one that holds a | of its own is written as a list: ["a | b"]'
        story.append(
            f"{count(several, 'answer')} in several ways, of which each is right (parted at |, or a list; {own})."
        )
    digest = hashlib.sha256(questions.read_bytes())
    for one in documents:
        digest.update(f"{one.id}\0{one.text}".encode("utf-8", "replace"))
    how = (
        held.how,
        f"{table.name}: {table.how}; {count(len(table.records), table.unit)}; {said}",
    )
    name = f"own:{slug(folder)}:{digest.hexdigest()[:8]}"
    total = len(table.records) + len(table.ragged)
    return OwnDocuments(name, tuple(documents), tuple(chosen), how, tuple(findings), tuple(story), total, len(rows))


def _language(documents: Sequence[Policy]) -> list[Finding]:
    """What is said of documents that do not look English: words are parted and stemmed as English has them."""
    if wordings.english([one.text for one in documents]):
        return []
    what = "the documents do not look English; the search by words and all the models here are made for English"
    return [Finding("language", what, (), "read all the same", "expect little of every rung", unit="file")]
