"""The kept rows of the plain tier show what it was written for: a small model reads what it is given."""

import pytest

from helpers.methods.retrieval import contexts
from helpers.methods.search import BUDGET, unequal
from helpers.model.catalogue import DEFAULT
from helpers.results import ledger
from helpers.tasks import policies

SEARCHED = contexts.CONTEXTS


def kept_of(task):
    found = ledger.rows(task, reference=True, model=DEFAULT)
    return {(row.split, row.method): row for row in found if row.reference}


@pytest.fixture(scope="module")
def kept():
    return kept_of("policy_qa_plain")


def test_one_quote_lifts_the_reader_off_the_floor(kept):
    closed, quoted = (kept["test", f"reader, {context}"] for context in SEARCHED[:2])
    assert closed.n == quoted.n == 150
    assert closed.interval.estimate <= 0.05
    gain = ledger.compare(closed, quoted)
    assert gain.difference.estimate >= 0.30
    assert gain.difference.low > 0


@pytest.mark.parametrize("tier", policies.TIERS)
def test_every_context_got_the_same_tries_and_they_are_all_kept(tier):
    kept = kept_of(policies.TIERS[tier])
    rows = [kept["test", f"reader, {context}"] for context in SEARCHED]
    assert unequal(rows) == []
    assert {row.tries for row in rows} == {BUDGET}
    for row in rows:
        tried = {
            name: one for (split, name), one in kept.items() if split == "dev" and name.startswith(f"{row.method}:")
        }
        assert len(tried) == BUDGET
        best = max(sum(one.correct) for one in tried.values())
        chosen = [one for one in tried.values() if one.settings == row.settings]
        assert [sum(one.correct) for one in chosen] == [best]


def test_no_item_of_dev_is_one_of_test(kept):
    ids = {
        split: {id for (place, _), row in kept.items() if place == split for id in row.ids} for split in ("dev", "test")
    }
    assert ids["dev"] and not ids["dev"] & ids["test"]
