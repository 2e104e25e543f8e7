"""What a large hosted model answered once, as ledger rows: a ceiling to draw beside small models.

Answers, prompts and dates lie in data/recorded, the labels that annotators gave without seeing the right ones in each
set's agreement.csv. The model cannot be asked again here, so no row of it can be measured anew, and `ledger.compare`
refuses to test it against rows of another model.
"""

import json
from collections.abc import Callable, Sequence

from helpers.methods import structured
from helpers.methods.retrieval.passages import without_citations
from helpers.results import markdown
from helpers.results.measuring import hash_prompts
from helpers.results.rows import LedgerRow, digest
from helpers.tasks import change_requests, files, grading, intents, policies

MODEL = "large hosted model (recorded)"
FOLDER = files.DATA / "recorded"
UNREADABLE = "unreadable"
LABELED = "2026-11-22"  # when the files of the annotators' labels were written; the day itself was not kept


def prompts() -> dict[str, dict]:
    """Return set -> when it was asked, about which items, and the chat messages with their places."""
    return json.loads(files.read_text(FOLDER / "prompts.json"))


def answers(name: str) -> dict[str, dict]:
    """Return an item's id -> its row of a set: `answer` and, where documents stood in the prompt, `documents`."""
    return {row["id"]: row for row in files.read_jsonl(FOLDER / f"{name}.jsonl")}


def rows() -> list[LedgerRow]:
    """Return all rows: labels by names, by the guide, from a prompt; questions with and without documents; JSON."""
    told = {tier: policies.load_policy_questions("test", tier=tier) for tier in policies.TIERS}
    found = [
        _answered(task, method, told[tier], name, _graded, approach)
        for tier, task in policies.TIERS.items()
        for name, method, approach in (
            ("closed_book", "closed book", "prompt"),
            ("documents", "whole document", "retrieve"),
        )
    ]
    found.append(_answered("intents", "free answer", intents.read("test"), "category", _labeled))
    fresh = change_requests.load("fresh")
    found += [
        _answered("changes", method, fresh, name, _risk, split="fresh")
        for name, method in (("json_strict", "strict JSON prompt"), ("json_schema", "strict JSON prompt, schema"))
    ]
    for task, items, column, method in (
        ("intents", intents.read("test"), "second", "labeled by the guide"),
        ("intents", intents.read("test"), "without_guide", "labeled from the names"),
        ("changes", change_requests.load("test"), "second", "labeled by the guide"),
    ):
        given = {row["id"]: row[column] for row in files.read_agreement(task) if row[column]}
        labeled = [item for item in items if item.id in given]
        found.append(_row(task, method, labeled, [given[item.id] for item in labeled]))
    return found


def table() -> str:
    """Return the rows as Markdown: task, what was asked, how many, the share right, and answers that were no answer."""
    lines = [
        [row.task, row.method, str(row.n), str(row.interval), str(row.predictions.count(UNREADABLE))] for row in rows()
    ]
    return markdown.table(["task", "asked", "items", "right", "unreadable"], lines)


def _answered(task: str, method: str, items: Sequence, name: str, judge: Callable, approach="prompt", split="test"):
    asked, given = prompts()[name], answers(name)
    said = [given[item.id]["answer"] for item in items]
    known = {"prompts": hash_prompts(filled(asked["messages"], item.text) for item in items)}
    if "documents" in given[items[0].id]:
        known = {}  # the passages differ by row
    details = {"answers": {item.id: text for item, text in zip(items, said, strict=True)}}
    judged = [judge(item, text) for item, text in zip(items, said, strict=True)]
    return _row(task, method, items, judged, approach, split, details=details, made=asked["asked"], **known)


def _row(task: str, method: str, items: Sequence, predictions: list[str], approach="prompt", split="test", **known):
    return LedgerRow(
        task=task,
        method=method,
        split=split,
        approach=approach,
        ids=[item.id for item in items],
        gold=[item.label for item in items],
        predictions=predictions,
        correct=[int(item.label == said) for item, said in zip(items, predictions, strict=True)],
        texts=[digest(item.text) for item in items],
        model=MODEL,
        device="",
        reference=True,
        **{"made": LABELED, **known},
    )


def filled(messages: Sequence[dict], text: str) -> list[dict]:
    """Return chat messages with the places {schema} and {text} filled, as they were sent."""
    schema = change_requests.schema()
    small = json.dumps({key: schema[key] for key in ("type", "properties", "required")})
    return [
        {**message, "content": message["content"].replace("{schema}", small).replace("{text}", text)}
        for message in messages
    ]


def _graded(question: policies.PolicyQuestion, text: str) -> str:
    return grading.grade(question, without_citations(text)).verdict


def _labeled(_message, text: str) -> str:
    return structured.find_label(text, intents.LABELS) or UNREADABLE


def _risk(_request, text: str) -> str:
    answer = structured.read(text, change_requests.schema(), extracting=False)
    return answer.value["risk"] if answer.valid else UNREADABLE


if __name__ == "__main__":
    print(table())
