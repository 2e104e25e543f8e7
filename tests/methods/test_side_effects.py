"""What tuning does beside its purpose: one training answers all wordings; small numbers are told as what they are."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.methods import adapter_life, distillation, learned_facts, side_effects
from helpers.model import catalogue
from helpers.tasks import facts, intents


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(catalogue, "load_embedder", lambda: SimpleNamespace(name="embedder"))
    return learned_facts.Facts(SimpleNamespace(name="model"))


def test_one_training_answers_all_wordings_and_each_row_is_measured_once(memory, monkeypatch):
    trained, asked = [], []

    def measured(lab, method, pairs, recipe, items, predict, *, runs, **more):
        if method not in runs:
            trained.append((len(pairs), recipe.epochs, recipe.seed))
            runs[method] = object()
        asked.append(method)
        return method

    monkeypatch.setattr(learned_facts.tuning, "measured", measured)
    for wording in (*facts.WORDINGS, "new"):
        memory.by_tuning(10, wording)
    memory.by_tuning(10, "new", seed=1)
    assert trained == [(400, 2, 0), (400, 2, 1)]
    assert len(asked) == len(set(asked)) == 4


def test_a_patch_in_another_order_is_the_same_row(memory, monkeypatch):
    monkeypatch.setattr(memory, "_train", lambda method, learned, *_, **more: (method, [pair.id for pair in learned]))
    monkeypatch.setattr(learned_facts.adapters, "folder", lambda *_: "folder")
    own = facts.patch(memory.pairs, memory.changed, 10, seed=0)
    assert memory.patched(own) == memory.patched(own[::-1])
    assert memory.patched(own)[0] == "patched, 10 facts rehearsed"
    assert memory.patched(facts.patch(memory.pairs, memory.changed, 10, seed=5))[0] != "patched, 10 facts rehearsed"


def test_hits_on_facts_that_did_not_change_are_parted_by_what_was_rehearsed(memory):
    others = [fact.question for fact, now in zip(memory.known, memory.now, strict=True) if fact == now]
    assert len(others) == 25
    patched = facts.patch(memory.pairs, memory.changed, 10, seed=0)
    hits = [any(question == asked for asked, _ in patched) for question in others]  # right where it was rehearsed
    assert memory.of_others(patched, "rehearsed", hits) == [True] * 10
    assert memory.of_others(patched, "not rehearsed", hits) == [False] * 15
    assert memory.of_others(patched, "rehearsed", hits[:8]) == [True] * sum(hits[:8])


def test_new_wordings_come_fact_by_fact(memory):
    asked = [question.id for question in memory.asked("new")]
    assert [name.rsplit("-new", 1)[0] for name in asked[:: learned_facts.NEW]] == [fact.id for fact in memory.known]
    assert memory.by_fact(SimpleNamespace(correct=[1, 0, 0, 0])) == [[True, False], [False, False]]


def test_a_probe_in_which_nothing_changed_finds_no_loss():
    row = SimpleNamespace(
        n=4, ids=list("abcd"), correct=[1, 0, 1, 0], details={"right_share": dict.fromkeys("abcd", 0.5)}
    )
    assert "finds no loss at all" in side_effects.could_find(row, [row])


def test_steps_are_fewer_only_where_interval_and_ranks_say_so():
    ratio, p_value = adapter_life.fewer_steps(
        [20, 22, 24, 26, 28, 30, 32, 34, 36], [10, 10, 12, 14, 14, 16, 16, 18, 18]
    )
    assert ratio.high < 1
    assert p_value < 0.05
    losses = [(2, 2.0), (4, 1.0), (6, 0.5), (8, 0.4)]
    assert adapter_life.target_loss(SimpleNamespace(details={"dev_loss": losses})) == 1.0


def test_the_pool_and_what_a_person_labeled_are_apart():
    first, pool = distillation.parted()
    assert (len(first), len(pool)) == (distillation.BY_HAND, distillation.POOL)
    assert not {message.id for message in first} & {message.id for message in pool}
    assert set(np.unique([message.label for message in pool])) == set(intents.LABELS)
    assert all(words in distillation.ASK.user for words in intents.WORDS.values())
