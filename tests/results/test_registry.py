"""The registry keeps its history, a canary run's errors are bounded, triggers ring with cause."""

import numpy as np
import pytest
from scipy import integrate

from helpers.results import measuring, registry
from tests.ledger_rows import Item, of_hits, row


def evaluated(method="m", right=8, n=10):
    return of_hits(method, [1] * right + [0] * (n - right))


def test_versions_are_promoted_and_rolled_back_and_nothing_is_lost():
    registry.register("v1", evaluated(), prompt="aaa")
    registry.register("v2", evaluated(right=9), prompt="bbb", adapter="ccc")
    assert registry.in_use() is None
    registry.promote("v1", "the first")
    registry.promote("v2", "right more often")
    assert registry.in_use().name == "v2"
    assert (registry.in_use().right, registry.in_use().n) == (9, 10)
    assert registry.roll_back("customers complain").name == "v1"
    assert registry.in_use().name == "v1"
    assert [entry.action for entry in registry.history()] == [
        "register", "register", "promote", "promote", "roll back",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nothing to roll back to"):
        registry.roll_back("again")


def test_a_name_stands_for_the_same_parts_forever():
    first = registry.register("v1", evaluated(), prompt="aaa")
    assert registry.register("v1", evaluated(), prompt="aaa").sha256 == first.sha256
    assert len(registry.history()) == 1
    with pytest.raises(ValueError, match="new name"):
        registry.register("v1", evaluated(), prompt="changed")
    with pytest.raises(ValueError, match="unknown parts"):
        registry.register("v2", evaluated(), weights="x")
    with pytest.raises(KeyError, match="there are v1"):
        registry.promote("v3", "")
    other = registry.register("v2", evaluated(), prompt="aaa", index="x")
    assert other.sha256 != first.sha256


def read_as(start="Sort this message: ", words=("a question", "a complaint"), called="one"):
    """A row of one method and model, evaluated with this text before each message and these words for the labels."""
    items = [Item("i0", "Where is it?", "a"), Item("i1", "It broke.", "a")]
    prompts = measuring.hash_prompts([[{"role": "user", "content": start + item.text}] for item in items])
    return row(
        "best prompt", items=items, model="tiny", prompts=prompts, settings={"prompt": called, "words": list(words)}
    )


def test_another_wording_under_the_same_name_is_another_version():
    one, other, words = read_as(), read_as("Which kind is this? "), read_as(words=("a", "b"))
    assert one.method == other.method == words.method
    hashes = [registry.wording_of(made) for made in (one, other, words)]
    assert len(set(hashes)) == 3, "a changed text, or a changed word for a label, is another wording"
    assert registry.wording_of(read_as(called="two")) == hashes[0], "and the same text is the same, whatever its name"
    versions = [registry.register(one, evaluated(), prompt=one) for one in hashes]
    assert len({version.sha256 for version in versions}) == 3
    with pytest.raises(ValueError, match="does not say what the model read"):
        registry.wording_of(evaluated())


def test_a_version_on_trial_does_not_run_until_it_is_promoted():
    for name in ("v1", "v2"):
        registry.register(name, evaluated(), prompt=name)
    with pytest.raises(ValueError, match="nothing runs yet"):
        registry.try_out("v2", "fewer tokens")
    registry.promote("v1", "the first")
    registry.try_out("v2", "fewer tokens")
    assert registry.in_use().name == "v1"
    assert registry.roll_back("the canary run").name == registry.in_use().name == "v1"
    with pytest.raises(ValueError, match="nothing to roll back to"):
        registry.roll_back("v1 is the only one that ever ran")
    registry.try_out("v2", "once more")
    registry.promote("v2", "the canary run")
    assert registry.in_use().name == "v2"
    assert registry.roll_back("customers complain").name == registry.in_use().name == "v1"
    assert [entry.action for entry in registry.history()[2:]] == [
        "promote", "try", "roll back", "try", "promote", "roll back",
    ]  # fmt: skip
    with pytest.raises(KeyError, match="there are v1, v2"):
        registry.try_out("v3", "")


def test_a_torn_line_costs_no_other_entry(capsys):
    registry.register("v1", evaluated(), prompt="aaa")
    with open(registry.path(), "a", encoding="utf-8") as file:
        file.write('{"action": "promo\n')
    registry.promote("v1", "")
    assert registry.in_use().name == "v1"
    assert "line 2 is not an entry" in capsys.readouterr().err


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (3, 1), (10, 2), (2, 9), (40, 40)])
def test_evidence_is_the_average_over_stakes(wins, losses):
    def multiplied(share):
        return (2 * share) ** wins * (2 * (1 - share)) ** losses

    exact = integrate.quad(multiplied, 0.5, 1.0, limit=200)[0] / 0.5
    assert registry.evidence(wins, losses) == pytest.approx(exact, rel=1e-6)


def run(old_share, new_share, seed, n=1000):
    rng = np.random.default_rng(seed)
    return registry.canary(rng.random(n) < old_share, rng.random(n) < new_share)


def test_false_decisions_stay_below_the_alarm_although_one_looks_after_each_message():
    outcomes = [run(0.7, 0.7, seed).outcome for seed in range(300)]
    assert outcomes.count("roll back") / 300 <= registry.ALARM + 0.02
    assert outcomes.count("promote") / 300 <= registry.ALARM + 0.02
    assert outcomes.count("undecided") > 250


def test_a_bad_version_is_caught_early_and_a_good_one_let_through():
    bad = [run(0.7, 0.4, seed) for seed in range(40)]
    assert {r.outcome for r in bad} == {"roll back"}
    assert np.median([r.messages for r in bad]) < 150
    assert [run(0.4, 0.7, seed).outcome for seed in range(40)].count("promote") == 40


def test_repeated_significance_tests_would_have_cried_wolf():
    """The reason for a stopping rule: McNemar's test after every tenth message rings far too often."""
    from helpers.results import comparisons

    loud = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        hits = rng.random((2, 600)) < 0.7
        loud += any(comparisons.all_p_values(hits[:, :n])[0, 1][0] < 0.05 for n in range(20, 601, 10))
    assert loud > 12


def test_canary_input_is_checked_and_the_curves_end_where_it_stopped():
    with pytest.raises(ValueError, match="equally many"):
        registry.canary([True], [])
    found = registry.canary([True] * 50, [False] * 50)
    assert found.outcome == "roll back"
    assert len(found.against) == found.messages < 12
    assert found.against[-1] >= 1 / registry.ALARM > found.against[-2]


def test_triggers_ring_for_movements_that_are_real_and_large_enough():
    rng = np.random.default_rng(0)
    labels = np.array(["a", "b", "c"])
    before = {"labels": list(rng.choice(labels, 300, p=[0.5, 0.3, 0.2])), "length": list(rng.normal(20, 5, 300))}
    now = {"labels": list(rng.choice(labels, 300, p=[0.1, 0.3, 0.6])), "length": list(rng.normal(20, 5, 300))}
    found = {t.watched: t for t in registry.triggers(before, now, {"labels": 0.1, "length": 0.1})}
    assert found["labels"].rings
    assert not found["length"].rings
    assert found["labels"].moved == pytest.approx(0.4, abs=0.08)
    assert not registry.triggers(before, now, {"labels": 0.9})[0].rings, "real, and smaller than what should ring"
    with pytest.raises(ValueError, match="no values"):
        registry.triggers({"x": []}, {"x": [1]}, {"x": 0.1})


def test_triggers_seldom_ring_without_cause():
    rng = np.random.default_rng(1)
    rang = 0
    for _ in range(200):
        before, now = (
            {"labels": list(rng.choice(list("abc"), 150)), "length": list(rng.normal(size=150))} for _ in range(2)
        )
        rang += any(t.rings for t in registry.triggers(before, now, {"labels": 0.0, "length": 0.0}))
    assert rang / 200 <= 0.08


def test_the_bet_of_every_stake_at_once_is_the_evidence():
    rng = np.random.default_rng(0)
    old, new = rng.integers(0, 2, 30).tolist(), rng.integers(0, 2, 30).tolist()
    losses = sum(a > b for a, b in zip(old, new, strict=True))
    wins = sum(a < b for a, b in zip(old, new, strict=True))
    average = integrate.quad(lambda stake: registry.bet(old, new, stake), 0, 1)[0]
    assert average == pytest.approx(registry.evidence(losses, wins), rel=1e-6)


def test_a_larger_loss_is_noticed_sooner_and_an_equal_version_is_rarely_stopped():
    found = {loss: registry.detection(loss, 0.3, messages=1500, runs=60) for loss in (0.2, 0.1, 0.0)}
    assert registry.until(found[0.2], 0.5) < registry.until(found[0.1], 0.5)
    assert np.isfinite(found[0.0]).mean() < 0.12
    with pytest.raises(ValueError, match="loss <= differ"):
        registry.detection(0.4, 0.3)
