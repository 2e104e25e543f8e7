"""Lesson 08 can be opened first: all that it compares is among the reference results, on the frozen test sets."""

import nbformat
import pytest

from helpers.lesson import main_rows
from helpers.machine import runtime
from helpers.results import ledger, lookup, verdicts
from helpers.results.ledger import LedgerRow
from helpers.tasks import change_requests, intents, policies

ITEMS = {
    "intents": intents.read("test"),
    "changes": change_requests.load("fresh"),
    "policy_qa_plain": policies.load_policy_questions("test", tier="plain"),
}
STORED = {(row.task, row.split, row.method): row for row in ledger.read(lookup.REFERENCE, LedgerRow, "a ledger row")}
CASES = [(task, wanted.split, method) for task, wanted in main_rows.MAIN.items() for method in wanted.methods]
CASES += [(pairing.task, pairing.split, pairing.prompts[0]) for pairing in main_rows.BEFORE_AFTER]
CASES += [(pairing.task, pairing.split, pairing.tuned[0]) for pairing in main_rows.BEFORE_AFTER]


@pytest.mark.parametrize(("task", "split", "method"), dict.fromkeys(CASES))
def test_every_method_has_a_reference_row_on_the_whole_test_set(task, split, method):
    row = STORED[task, split, method]
    assert row.profile == "full"
    if task in ITEMS:
        assert set(row.ids) == {item.id for item in ITEMS[task]}


@pytest.mark.parametrize(("task", "split", "method"), [case for case in CASES if case[0] in main_rows.MAIN])
def test_what_a_language_model_reads_is_counted_so_that_a_right_answer_has_a_price(task, split, method):
    row = STORED[task, split, method]
    assert row.approach == "plain" or row.prompt_tokens_per_item > 0


def test_each_task_has_a_plain_baseline_and_a_prompt_and_a_tuned_model():
    for task, wanted in main_rows.MAIN.items():
        rows = [row for row in ledger.rows(task, wanted.split, reference=True) if row.method in wanted.methods]
        assert {"plain", "prompt"} <= {row.approach for row in rows}
        assert any("tune" in row.approach for row in rows)


@pytest.mark.parametrize("folder", ["notebooks", "notebooks/solutions"])
def test_the_stored_table_of_all_claims_tells_the_verdicts_that_ship(folder):
    notebook = nbformat.read(runtime.ROOT / folder / "08_decide.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "verdicts.brief(" in cell.source)
    shown = next(output.data["text/markdown"] for output in cell.outputs if "data" in output)
    told = [row for row in verdicts.gather() if row.claim.lesson != "08"]
    shown, kept = (text.replace(r"\`", "*").splitlines() for text in (shown, verdicts.brief(told)))  # shown in italics
    for line in kept:
        assert line in shown
