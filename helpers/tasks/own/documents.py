"""Documents, in a folder or a table, with a table of questions: read into what retrieval takes; the odd is said."""

import hashlib
import html
import json
import pathlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import DataError
from helpers.tasks.own import columns, folders, opened, wordings
from helpers.tasks.own.cleaning import one_spelling, visible
from helpers.tasks.own.findings import Finding, count, quoted
from helpers.tasks.own.kinds import table_of
from helpers.tasks.own.pages import page_text
from helpers.tasks.own.reading import Name, slug, stop
from helpers.tasks.own.splits import sample
from helpers.tasks.policies import Policy, PolicyQuestion

KINDS = (".md", ".txt", ".text", ".html", ".htm")
MOST_BYTES = 1_000_000
MOST_QUESTIONS = 150
CONTEXTS = ("context", "passage", "paragraph", "text", "body", "content")  # columns that hold documents in a table
UNANSWERABLE = {"not stated", "unanswerable", "no answer", "not in the documents", "not answerable"}


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


def _documents(folder: pathlib.Path, besides: pathlib.Path) -> tuple[list[Policy], list[Finding], int]:
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
    return found, findings, files


def _of_table(path: pathlib.Path, options: dict) -> tuple[list[Policy], list[Finding], str]:
    """Documents that stand in a table: what has the same title is one of them, and without titles each row is."""
    table = table_of(path, **options)
    plain = [columns.plain(name) for name in table.header]
    texts = [plain.index(name) for name in CONTEXTS if name in plain]
    if not texts:
        raise DataError(
            f"{path.name} is no folder, and as a table it has no column of documents; call one 'context', or give a "
            f"folder of {', '.join(KINDS)} files. There are {columns.listed(table.header)}"
        )
    title = _column(table, None, "document")
    parts: dict[tuple[str, str], dict[str, None]] = {}
    for record in table.records:
        text = visible(record.cells[texts[0]]).strip()
        name = record.cells[title].strip() if title not in (None, texts[0]) else ""
        if text:
            parts.setdefault((name, "" if name else text), {})[text] = None
    found = [
        Policy(name or f"document {i}", (name or f"document {i}")[:120], "public", "", "\n\n".join(some))
        for i, ((name, _), some) in enumerate(parts.items(), start=1)
    ]
    if not found:
        raise DataError(f"{path.name}: {quoted(table.header[texts[0]])} holds no text, and documents are read from it")
    how = f"{path.name}: {count(len(found), 'document')} from {quoted(table.header[texts[0]])} of its rows"
    return found, list(table.findings), how


def _answers(cell: str) -> list[str]:
    """The ways to write an answer: of a JSON list its members, else what stands between pipes."""
    if cell.startswith("["):
        try:
            return [str(one).strip() for one in json.loads(cell) if str(one).strip()]
        except ValueError:
            pass
    return [part.strip() for part in cell.split("|") if part.strip()]


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
            the questions, as SQuAD has it.
        questions: a table of any kind that `kinds.table_of` takes. An answer may be given in several ways, parted by
            "|"; "not stated" marks a question that no document answers.
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
        documents, findings, files = _documents(folder, questions)
        held = f"{folder.name}: {count(len(documents), 'document')} of {count(files, 'file')}"
    else:
        same = folder.resolve() == questions.resolve()
        documents, findings, held = _of_table(folder, options if same else {**options, "sheet": None})
        findings = [] if same else findings
    table = table_of(questions, **options, names=columns.flat(question, answer, document))
    at = {
        role: _column(table, told, role)
        for role, told in (("question", question), ("answer", answer), ("document", document))
    }
    rows, more = _questions(table, at, documents)
    findings += [*table.findings, *more, *_language(documents)]
    if not rows:
        findings.append(Finding("nothing left", "no row has both a question and an answer", stops=True))
    stop(questions.name, findings)
    chosen = [rows[i] for i in sorted(sample(rows, most_questions))]
    story = [f"Nothing is learned from questions, so all of them test: {count(len(rows), 'question')}."]
    if len(chosen) < len(rows):
        story.append(f"Of these {len(chosen)} are drawn.")
    silent = sum(not one.answerable for one in chosen)
    story.append(f"{count(silent, 'question')} without an answer in the documents, where saying so is right.")
    digest = hashlib.sha256(questions.read_bytes())
    for one in documents:
        digest.update(f"{one.id}\0{one.text}".encode("utf-8", "replace"))
    how = (
        held,
        f"{table.name}: {table.how}; {count(len(table.records), table.unit)}; question from "
        f"{quoted(table.header[at['question']])}, answer from {quoted(table.header[at['answer']])}",
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


def _column(table, told: Name, role: str) -> int | None:
    if told is not None:
        return columns.find(table, told, role)
    usual = set(columns.NAMES[role])
    places = [
        i for i, name in enumerate(table.header) if usual & {columns.plain(name), columns.plain(name.split(".")[0])}
    ]
    if places or role == "document":
        return places[0] if places else None
    raise DataError(
        f"{table.name}: which column holds the {role}? There are {columns.listed(table.header)}; say {role}=…"
    )


def _stands_in(answer: str, text: str) -> bool:
    """Whether an answer stands in a text of one spelling, as whole words."""
    return bool(re.search(rf"(?<!\w){re.escape(one_spelling(answer))}(?!\w)", text))


def _questions(table, at: dict, documents: Sequence[Policy]) -> tuple[list[PolicyQuestion], list[Finding]]:
    names = {key: one.id for one in documents for key in (one.id, pathlib.PurePath(one.id).stem, one.title)}
    names = {one_spelling(key): value for key, value in names.items()}
    texts = {one.id: one_spelling(one.text) for one in documents}
    rows, blank, copies, unknown, missing, seen = [], [], [], [], [], Counter()
    for record in table.records:
        asked, said = (visible(record.cells[at[role]]).strip() for role in ("question", "answer"))
        answers = _answers(said)
        if not asked or not answers:
            blank.append(record.number)
            continue
        seen[one_spelling(asked)] += 1
        if seen[one_spelling(asked)] > 1:
            copies.append(record.number)
            continue
        silent = one_spelling(answers[0]) in UNANSWERABLE
        where = record.cells[at["document"]] if at["document"] is not None else ""
        held = names.get(one_spelling(where))
        if where.strip() and not held:
            unknown.append(record.number)
        among = [texts[held]] if held else list(texts.values())
        if not silent and not any(_stands_in(one, text) for one in answers for text in among):
            missing.append(record.number)
        kind = "unanswerable" if silent else "lookup"
        answer, accepted = ("not stated", ()) if silent else (answers[0], tuple(answers[1:]))
        documents_of = (held,) if held and not silent else ()
        rows.append(PolicyQuestion(f"{table.unit} {record.number}", asked, answer, accepted, kind, documents_of, ()))
    findings = []
    ragged = tuple(record.number for record in table.ragged)
    absent = "with an answer that stands, in these words, in none of the documents or not in the one that is named"
    unfilled, unheld = "kept without it", "kept; quoting cannot be right on these"
    for what, numbers, do, kept in (
        ("without a question or an answer", blank, 'fill them; write "not stated" where no document answers', ""),
        ("with a question that came before", copies, "", ""),
        ("with another number of cells than the others", ragged, "put quotation marks around the cells", ""),
        ("that name a document which is not there", unknown, "use the names of the files", unfilled),
        (absent, missing, "write it as the document words it, with | between several ways", unheld),
    ):
        if numbers:
            told = f"{count(len(numbers), table.unit)} {what}"
            gone = 0 if kept else len(numbers)
            findings.append(Finding(what, told, tuple(numbers), kept or "left out", do, gone, unit=table.unit))
    return rows, findings
