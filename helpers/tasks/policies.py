"""Reads and checks policy documents (Markdown with front matter), the questions on them, and what stands beside them.

A learner's own folder of Markdown goes through the same code. Cutting documents into chunks and searching them is left
to retrieval, and grading answers to grading.
"""

import datetime
import json
import pathlib
import re
from dataclasses import dataclass
from operator import attrgetter

from helpers.model.prompts import Prompt
from helpers.tasks import files
from helpers.tasks.files import DataError

FOLDER = files.DATA / "policies"
QUESTION_SPLITS = ("train", "dev", "test")
FRESH_SPLITS = ("notes", "replies")
TIERS = {"hard": "policy_qa", "plain": "policy_qa_plain"}  # tier -> the task under which it is measured and printed
QUESTION_TYPES = ("lookup", "numeric", "negation", "two_documents", "unanswerable")
AUDIENCES = ("public", "staff")
ABSTENTION = "The policies do not say."
CLOSED_BOOK = Prompt(
    "closed book",
    system="You answer questions about Larkfield's policies in one short sentence.",
    user="Question: {text}",
)
REWRITE = Prompt(
    "rewrite a question for search",
    system="You turn a customer's message into a search query. Write one short line with the words that a policy "
    "document would use. Do not answer.",
    user="Message: I paid twice this month, what now?\nQuery: duplicate charge, double payment, refund\n\n"
    "Message: {text}\nQuery:",
)
FIELDS = ("id", "title", "audience", "effective")
MAX_DOCUMENT_BYTES = 1_000_000
FRONT_MATTER = "---\nid: my-policy\ntitle: My policy\naudience: public\neffective: 2026-01-31\n---"


@dataclass(frozen=True)
class Policy:
    """One document. `text` is what stands below the front matter; `effective` is a date as YYYY-MM-DD."""

    id: str
    title: str
    audience: str
    effective: str
    text: str


@dataclass(frozen=True)
class PolicyQuestion:
    """One question on the policies.

    answer, accepted: the answer, and other ways to write it; "not stated" and none for an unanswerable question.
    documents: ids of the documents that hold the answer.
    evidence: exact quotes, at least one from each of these documents.
    jargon: does it hang on a term that only Larkfield uses?
    """

    id: str
    question: str
    answer: str
    accepted: tuple[str, ...]
    type: str
    documents: tuple[str, ...]
    evidence: tuple[str, ...]
    jargon: bool = False

    text = property(attrgetter("question"))  # under the name that all tasks share
    group = property(attrgetter("type"))  # so that a part of the questions can be balanced over the types

    @property
    def label(self) -> str:
        """The verdict that a good answer gets: right, or abstained where no document holds an answer."""
        return "right" if self.answerable else "abstained"

    @property
    def answerable(self) -> bool:
        """Whether some document holds the answer."""
        return self.type != "unanswerable"


@dataclass(frozen=True)
class Injection:
    """An instruction to plant in a document; a model that obeys it writes `obeyed_if`."""

    id: str
    kind: str
    text: str
    obeyed_if: str

    label = "ignored"  # what a good answer does with it


def parse_policy(name: str, text: str) -> Policy:
    r"""Return the document that a file's text holds; `name` is for the messages.

    Raises:
        DataError: front matter is missing or lacks a field, a field has no good value, or nothing stands below it.

    >>> parse_policy("a.md", "---\nid: a\ntitle: A\naudience: public\neffective: 2026-01-31\n---\nText.\n").title
    'A'
    """
    found = re.match(r"---\n(.*?)\n---(?:\n|$)(.*)", text.replace("\r\n", "\n"), re.DOTALL)
    if not found:
        raise DataError(f"{name} has no front matter; begin the file with\n{FRONT_MATTER}")
    values = {}
    for number, line in enumerate(found[1].split("\n"), start=2):
        field, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or field.strip() not in FIELDS or field.strip() in values:
            raise DataError(f"{name}, line {number}: {line[:60]!r}; front matter holds {', '.join(FIELDS)}, each once")
        values[field.strip()] = value.strip().strip("\"'").strip()
    missing = [field for field in FIELDS if not values.get(field)]
    if missing:
        raise DataError(f"{name}: front matter lacks {', '.join(missing)}; it should look like\n{FRONT_MATTER}")
    body = found[2].strip("\n")
    _check_values(name, values, body)
    return Policy(**values, text=body)


def _check_values(name: str, values: dict, body: str) -> None:
    if not re.fullmatch(r"[\w.-]+", values["id"]):
        raise DataError(f"{name}: the id {values['id']!r} may hold only letters, digits, dots, dashes and underscores")
    if values["audience"] not in AUDIENCES:
        raise DataError(f"{name}: the audience {values['audience']!r} must be one of {', '.join(AUDIENCES)}")
    try:
        datetime.datetime.strptime(values["effective"], "%Y-%m-%d")
    except ValueError:
        raise DataError(f"{name}: effective {values['effective']!r} must be a date such as 2026-01-31") from None
    if not body.strip():
        raise DataError(f"{name}: nothing stands below the front matter; write the policy's text there")


def load_policies(folder: str | pathlib.Path = FOLDER / "documents") -> list[Policy]:
    """Return the policies in a folder, one a `.md` file, in order of their ids; by default Larkfield's 30.

    Raises:
        DataError: the folder is missing or holds no `.md` file; a file is not UTF-8 text, is larger than 1 MB, or has
            broken front matter; or two files have the same id. The message names the file and the remedy.

    >>> len(load_policies())
    30
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; name one that holds the policies as .md files")
    paths = sorted(path for path in folder.glob("*.md") if path.is_file())
    if not paths:
        raise DataError(f"{folder} holds no .md file; put one Markdown file per policy there")
    origin: dict[str, str] = {}
    policies = []
    for path in paths:
        size = path.stat().st_size
        if size > MAX_DOCUMENT_BYTES:
            raise DataError(f"{path.name} holds {size / 1e6:.1f} MB; split it into documents of at most 1 MB")
        policy = parse_policy(path.name, files.read_text(path))
        if policy.id in origin:
            raise DataError(f"{path.name} has the id {policy.id!r}, as {origin[policy.id]} does; give it another")
        origin[policy.id] = path.name
        policies.append(policy)
    return sorted(policies, key=lambda policy: policy.id)


def load_policy_questions(split: str, tier: str = "hard") -> list[PolicyQuestion]:
    """Return one split of the questions on the policies: `train` (300), `dev` (60) or `test` (150).

    The tier `plain` asks as customers do, each answered by one sentence or row; `hard` words it differently, and some
    questions need two documents. Plain has two more splits on which nobody chose anything: `notes` (120) and `replies`
    (60). Raises DataError for another split or tier.

    >>> sum(not question.answerable for question in load_policy_questions("test"))
    30
    """
    if tier not in TIERS:
        raise DataError(f"no tier {tier!r} of policy questions; choose one of {', '.join(TIERS)}")
    lists = ("accepted", "documents", "evidence")
    splits, begins = (QUESTION_SPLITS, "") if tier == "hard" else ((*QUESTION_SPLITS, *FRESH_SPLITS), f"{tier}_")
    rows = files.read_split("policy_qa", split, splits, begins)
    return [PolicyQuestion(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]


def load_customers() -> list[dict]:
    """Return the records of Larkfield's customers that have an open ticket, as they would stand in a database."""
    return json.loads(files.read_text(FOLDER / "customers.json"))["customers"]


def load_injections() -> list[Injection]:
    """Return instructions to plant in documents, each of another kind, with the text that shows it was obeyed."""
    return [Injection(**row) for row in files.read_jsonl(FOLDER / "injections.jsonl")]
