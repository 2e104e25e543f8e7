"""Lesson 08 can be opened first: all that it compares is among the reference results, on the frozen test sets."""

import re

import nbformat
import pytest

from helpers.machine import runtime
from helpers.methods.retrieval import contexts
from helpers.results import ledger, lookup, verdicts
from helpers.results.ledger import LedgerRow
from helpers.tasks import change_requests, intents, policies

SOURCE = (runtime.ROOT / "notebooks" / "source" / "08_decide.py").read_text(encoding="utf-8")
ITEMS = {
    "intents": intents.read("test"),
    "changes": change_requests.load("test"),
    "policy_qa_plain": policies.load_policy_questions("test", tier="plain"),
}
STORED = {
    (row.task, row.method): row
    for row in ledger.read(lookup.REFERENCE, LedgerRow, "a ledger row")
    if row.split == "test"
}


def main_methods():
    """MAIN as the lesson has it."""
    namespace = {"contexts": contexts}
    exec(re.search(r"^TUNED, SHOTS = .*?(?=^together)", SOURCE, re.M | re.S)[0], namespace)
    return namespace["MAIN"]


CASES = [(task, method) for task, methods in main_methods().items() for method in methods]


@pytest.mark.parametrize(("task", "method"), CASES)
def test_every_method_has_a_reference_row_on_the_whole_test_set(task, method):
    row = STORED[task, method]
    assert set(row.ids) == {item.id for item in ITEMS[task]}
    assert row.profile == "full"


def test_each_task_has_a_plain_baseline_and_a_prompt_and_a_tuned_model():
    for task, methods in main_methods().items():
        rows = [row for row in ledger.rows(task, "test", reference=True) if row.method in methods]
        assert {"plain", "prompt"} <= {row.approach for row in rows}
        assert any("tune" in row.approach for row in rows)


@pytest.mark.parametrize("folder", ["notebooks", "notebooks/solutions"])
def test_the_stored_table_of_all_claims_tells_the_verdicts_that_ship(folder):
    notebook = nbformat.read(runtime.ROOT / folder / "08_decide.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "verdicts.table(told)" in cell.source)
    shown = next(output.data["text/markdown"] for output in cell.outputs if "data" in output)
    told = [row for row in verdicts.gather() if row.claim.lesson != "08"]
    for line in verdicts.table(told).splitlines():
        assert line in shown.splitlines()
