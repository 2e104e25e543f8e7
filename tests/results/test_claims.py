"""Claims are complete data; verdicts follow from evidence by their rule, say whose numbers they are, and are kept."""

import datetime
import itertools
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from helpers import statistics
from helpers.results import claims, evidence, rules, store
from helpers.results.evidence import CLOSE, DEPENDS, FAILED, HELD, MISSING, WEAK
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval

outcomes = st.lists(st.sampled_from([HELD, FAILED, CLOSE, WEAK, MISSING]), min_size=1, max_size=6)


@pytest.fixture(autouse=True)
def own_results(tmp_path, monkeypatch, known_rules):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))


def hits(right, n):
    return [1] * right + [0] * (n - right)


def gain(n, up, down=0):
    """Paired evidence: `up` items right only afterwards, `down` only before, of n."""
    return evidence.difference(
        [0] * up + [1] * down + [1] * (n - up - down), [1] * up + [0] * down + [1] * (n - up - down)
    )


def row(method="one", right=30, n=40, model="SmolLM2-135M-Instruct", reference=False):
    ids, given = [f"i{i}" for i in range(n)], ["yes"] * right + ["no"] * (n - right)
    return LedgerRow(
        "toy", method, "test", "prompt", ids, ["yes"] * n, given, hits(right, n), ids,
        model=model, dtype="float32", reference=reference,
    )  # fmt: skip


# rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", rules.everything(), ids=lambda claim: claim.id)
def test_every_rule_is_complete_and_its_line_names_each_part_and_limit(claim):
    assert claim.claim.endswith(".")
    assert datetime.date.fromisoformat(claim.frozen) <= datetime.date.today()
    for part in claim.parts:
        assert part.quantity in claim.rule
        if part.measure != "yes":
            assert all(f"{limit:g}" in claim.rule for limit in part.limits)


def broken(**changes):
    """A rule of one part with some of its fields changed, `part_…` those of its part."""
    part = {"name": "a", "quantity": "a", "measure": "share", "direction": "above", "limit": 0.5}
    held = {"id": "X1", "sources": [], "lesson": "02", "claim": "X.", "kind": "measured", "frozen": "2026-11-27"}
    held |= {"join": "all", "scale": "model", "parts": [part]}
    part |= {name.removeprefix("part_"): value for name, value in changes.items() if name.startswith("part_")}
    return held | {name: value for name, value in changes.items() if not name.startswith("part_")}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "guess"}, "'guess' is none of measured"),
        ({"join": "any"}, "'any' is none of all"),
        ({"join": "conditions"}, "names its condition"),
        ({"part_condition": "at night"}, "names its condition"),
        ({"part_measure": "feeling"}, "measure is one of"),
        ({"part_limits": 0.5}, r"unknown fields \['limits'\]; a part has name, "),
        ({"verdict": "held"}, r"unknown fields \['verdict'\]; a claim has id, "),
        ({"sources": ["A", "Z"]}, "'Z' is none of A, B"),
        ({"lesson": "2"}, "a lesson is two digits; got '2'"),
        ({"lesson": 2}, "a lesson is two digits; got 2"),
        ({"lesson": "02\n"}, "a lesson is two digits"),
        ({"part_direction": "within"}, r"\[low, high\]"),
        ({"part_limit": [0.1, 0.2]}, "a limit is a number"),
        ({"part_limit": {"float32": 0.1}}, "a limit is a number"),
        ({"parts": []}, "at least one part"),
    ],
)
def test_a_broken_rule_is_refused_with_the_claim_and_the_fault(changes, message, tmp_path, monkeypatch):
    refused([broken(**changes)], message, tmp_path, monkeypatch)


def refused(claims, message, tmp_path, monkeypatch):
    source = tmp_path / "claims.json"
    source.write_text(json.dumps({"articles": {"A": "One", "B": "Two"}, "claims": claims}))
    monkeypatch.setattr(rules, "SOURCE", source)
    with pytest.raises(ValueError, match=f"claims.json, claim X1: .*{message}"):
        rules._read.__wrapped__()


def test_two_claims_of_one_id_are_refused(tmp_path, monkeypatch):
    refused([broken(), broken(claim="Another.")], "stands twice", tmp_path, monkeypatch)


def test_looking_up_a_claim_tells_what_was_read():
    seen = []
    listening = True
    sys.addaudithook(lambda event, arguments: seen.append(arguments) if listening and event == "course.read" else None)
    found = rules.find("P2")
    listening = False
    assert ("claims/P2", found.sha256) in seen


def test_a_claim_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(KeyError, match=r"no claim 'Z9'; there are P1, "):
        rules.find("Z9")
    with pytest.raises(KeyError, match=r"the rule of P8 has no part speed; its parts are role, reasoning"):
        claims.conclude("P8", {"speed": gain(60, 5)})
    with pytest.raises(ValueError, match=r"part 'role' is measured as 'paired'; the evidence is 'share'"):
        claims.conclude("P8", {"role": evidence.share([1, 0])})


# joins -------------------------------------------------------------------------------------------------------------


@given(outcomes, st.randoms())
def test_all_parts_join_as_logic_does_in_any_order(found, random):
    said = claims.joined(found)
    assert (said == HELD) == (set(found) == {HELD})
    assert (said == FAILED) == (FAILED in found)
    assert said in found and said != DEPENDS
    shuffled = random.sample(found, len(found))
    assert claims.joined(shuffled) == said
    assert claims.joined([claims.joined(found[:1]), claims.joined(found)]) == said


@given(outcomes)
def test_it_depends_only_where_conditions_are_named_and_differ(found):
    said = claims.joined(found, conditions=True)
    assert (said == DEPENDS) == ({HELD, FAILED} <= set(found))
    if said != DEPENDS:
        assert said == claims.joined(found)


def test_unknown_outcomes_are_not_joined():
    with pytest.raises(ValueError, match="outcomes are some of held"):
        claims.joined(["great"])
    with pytest.raises(ValueError, match="outcomes"):
        claims.joined([])


# outcomes ----------------------------------------------------------------------------------------------------------


def test_a_conjunction_with_one_undecided_part_does_not_depend():
    found = claims.conclude("P8", {"role": gain(300, 40), "reasoning": gain(300, 20, 15)})
    assert [part["outcome"] for part in found.parts] == [HELD, CLOSE]
    assert found.outcome == CLOSE


def test_one_false_part_is_enough_and_a_missing_one_is_not_tested():
    assert claims.conclude("P8", {"role": gain(300, 40), "reasoning": gain(300, 0, 40)}).outcome == FAILED
    assert claims.conclude("P8", {"role": gain(300, 40)}).outcome == MISSING
    assert claims.conclude("P8", {"role": gain(300, 0, 40)}).outcome == FAILED
    assert claims.conclude("D7", {}).outcome == MISSING


def test_each_of_a_list_must_satisfy_its_part():
    assert claims.conclude("F4", {"nearest": [gain(420, 60), gain(420, 60)]}).outcome == HELD
    assert claims.conclude("F4", {"nearest": [gain(420, 60), gain(420, 0, 60)]}).outcome == FAILED


def test_it_depends_lists_each_condition_with_its_outcome(capsys):
    found = claims.conclude("D6", {"near": evidence.share(hits(40, 40)), "far": evidence.share(hits(115, 120))})
    assert found.outcome == DEPENDS
    assert "5 to 10 points short: 1.000" in found.numbers and "20 or more points short: 0.958" in found.numbers
    assert "IT DEPENDS" in capsys.readouterr().out


def test_too_few_items_say_how_many_would_do(capsys):
    part = rules.find("P3").parts[0]
    found = claims.conclude("P3", {"valid": gain(24, 3, 1)})
    assert found.outcome == WEAK
    assert f"n = 24, {part.n} would do → underpowered (the interval cannot decide)" in capsys.readouterr().out
    assert claims.conclude("P3", {"valid": gain(24, 12)}).outcome == HELD  # what is clear is clear with 24 as well
    assert claims.conclude("P3", {"valid": gain(part.n, 20, 12)}).outcome == CLOSE


def test_where_only_n_is_too_small_the_verdict_says_on_which_side_the_interval_lies():
    """24 of 24 leave a low end of 0.862, so that "above 0.95" cannot come out held: "not held" is no finding then."""
    found = claims.conclude("P2", {"valid": evidence.share(hits(12, 24))})
    part = rules.find("P2").parts[0]
    assert found.numbers.endswith(
        f"n = 24, {part.n} would do → underpowered (the interval is wholly below {part.limit:g}, but with n of 24 "
        "fixed beforehand as too few to come out either way)"
    )
    all_right = claims.conclude("P2", {"valid": evidence.share(hits(24, 24))})
    assert all_right.numbers.endswith("underpowered (the interval cannot decide)")


def test_a_verdict_says_where_the_interval_and_the_exact_test_disagree():
    part = rules.find("F4").parts[0]
    few = gain(40, 4)
    assert few.interval.low > 0 and few.p_at(0) > 0.05
    assert evidence.reason(part, few) == (
        "the interval is wholly above 0, the exact test is not sure: only 4 items set the two apart"
    )
    assert evidence.reason(part, gain(420, 60)) == evidence.reason(part, gain(420, 20, 15)) == ""


def test_the_same_figure_never_has_two_words():
    """What a comparison calls better holds, what it calls undecided is undecided, with the same test and limit."""
    meant = {"better": HELD, "worse": FAILED, "too close to call": CLOSE}
    for up, down in itertools.product(range(0, 60, 3), range(0, 60, 3)):
        one = gain(450, up, down)
        said = statistics.compare_hits(
            [0] * up + [1] * (450 - up), [1] * up + [0] * down + [1] * (450 - up - down)
        ).verdict
        assert evidence.settle(rules.find("F4").parts[0], one) == meant.get(said, FAILED), (up, down)


def test_a_difference_by_less_than_is_worth_having_does_not_hold():
    assert claims.conclude("F4", {"nearest": gain(20_000, 300)}).outcome == FAILED


@pytest.mark.parametrize(
    ("value", "outcome"),
    [((0.1, 0.06, 0.14), HELD), ((0.4, 0.3, 0.5), FAILED), ((0.0, -0.1, 0.04), FAILED), ((0.1, 0.04, 0.16), CLOSE)],
)
def test_a_range_needs_the_whole_interval_inside_or_outside(value, outcome):
    part = rules.find("F7").parts[0]
    one = evidence.Evidence("paired", Interval(*value), part.n)
    assert evidence.lies(part, one) == outcome


def test_draws_alike_and_draws_apart():
    reliable, order = rules.find("F1").parts[1], rules.find("F6").parts[0]
    same = evidence.draws([hits(250, 400)] * 3)
    apart = evidence.draws([hits(60, 400), hits(200, 400), hits(340, 400)])
    assert [evidence.settle(part, same) for part in (reliable, order)] == [HELD, FAILED]
    assert [evidence.settle(part, apart) for part in (reliable, order)] == [FAILED, HELD]


def test_draws_of_the_same_items_count_each_item_once():
    three = [hits(90, 120), hits(90, 120), hits(60, 120)]
    found = evidence.share_of_draws(three)
    assert found.measure == "share" and found.n == 120 and found.interval.estimate == pytest.approx(240 / 360)
    one, all_apart = evidence.share(hits(80, 120)).interval, evidence.share(hits(240, 360)).interval
    width = found.interval.high - found.interval.low
    assert evidence.share_of_draws([hits(6, 6)] * 5) == evidence.share(hits(6, 6))
    assert width > 1.3 * (all_apart.high - all_apart.low) and width < 1.1 * (one.high - one.low)


def test_gaps_of_two_sets_and_ranks():
    gaps = statistics.Interval(0.275, 0.165, 0.366), statistics.Interval(0.575, 0.415, 0.660)
    found = evidence.number(statistics.difference_of_intervals(*gaps), n=25)
    assert claims.conclude("L8", {"gap": found}).outcome == HELD
    assert claims.conclude("L13", {"exposure": evidence.rank(range(8), range(5, 13))}).outcome == HELD
    assert (
        claims.conclude("L13", {"exposure": evidence.rank(range(8), [0.5, 2.5, 5.5, 7.5, 1.5, 3.5, 4.5, 8.5])}).outcome
        == WEAK
    )


# origin ------------------------------------------------------------------------------------------------------------


def test_evidence_says_whose_it_is_and_of_which_model(capsys):
    mine, theirs = row("one", 10), row("two", 30, model="SmolLM2-135M-Instruct + facts", reference=True)
    found = claims.conclude("L14", {"declined": evidence.difference(mine, theirs)})
    assert found.outcome == HELD and found.reference
    assert found.models == ("SmolLM2-135M-Instruct (float32)", "SmolLM2-135M-Instruct + facts (float32)")
    said = capsys.readouterr().out
    assert "rests on reference rows; for SmolLM2-135M-Instruct (float32)" in said
    assert 'A "Fine-Tuning vs. Prompting: Which Should You Use?"' in said
    assert f"rule (measured, 2026-11-27): {rules.find('L14').rule}" in said
    assert not claims.conclude("L14", {"declined": evidence.difference(mine, row("three", 31))}).reference


def test_a_model_stands_once_with_all_its_number_formats():
    start = evidence.difference([0], [1], model="small", dtype="float32")
    more = evidence.difference([0], [1], model="small", dtype="bfloat16")
    assert claims.conclude("L4", {"start": start, "worth it": more}).models == ("small (float32, bfloat16)",)


def test_two_models_or_other_items_are_not_compared_by_accident():
    small, large = row("one", 20), row("two", 30, model="large")
    with pytest.raises(ValueError, match="across_models"):
        evidence.difference(small, large)
    assert evidence.difference(small, large, across_models=True).models == ("SmolLM2-135M-Instruct", "large")
    for plain in ("none", "all-MiniLM-L6-v2"):
        assert evidence.difference(row("three", 20, model=plain), large).models == ("large",)
    with pytest.raises(ValueError, match="different items"):
        evidence.difference(small, row("four", 20, n=39))
    with pytest.raises(ValueError, match="there are 2 and 3"):
        evidence.difference([1, 0], [1, 0, 1])


def test_constructors_from_rows_and_by_hand_agree():
    one, two = row("one", 20), row("two", 30)
    assert evidence.share(one) == evidence.share(one.correct, model=one.model, dtype="float32")
    assert evidence.difference(one, two) == evidence.difference(one.correct, two.correct, of=[one, two])
    assert evidence.independent(one, two).interval == statistics.difference_of_shares(one.correct, two.correct)
    assert evidence.draws([one, two]).interval == statistics.spread([one.correct, two.correct]).deviation
    assert str(evidence.yes(None)) == "undecided" and str(evidence.number(0.25)) == "0.25"


# keeping -----------------------------------------------------------------------------------------------------------


def test_the_newest_verdict_counts_and_one_by_an_older_rule_does_not():
    claims.conclude("P3", {"valid": gain(300, 2, 40)})
    newest = claims.conclude("P3", {"valid": gain(300, 40)})
    assert claims.verdicts() == {"P3": newest}
    older = claims.Verdict(**{**vars(newest), "rule": "0" * 12, "outcome": FAILED})
    store.append(older, claims.path())
    assert claims.verdicts() == {"P3": newest}


def test_a_broken_line_costs_no_other_verdict(capsys):
    claims.conclude("P2", {})
    with open(claims.path(), "a", encoding="utf-8") as file:
        file.write('{"id": "P3"\n')
    claims.conclude("P4", {})
    assert set(claims.verdicts()) == {"P2", "P4"}
    assert "line 2 is not a verdict" in capsys.readouterr().err


def test_a_cell_that_ends_with_conclude_shows_the_verdict_once(capsys):
    found = claims.conclude("P2", {"valid": evidence.share(hits(24, 24))})
    assert DisplayFormatter().format(found) == ({}, {}) and capsys.readouterr().out.count("P2") == 1


def test_any_note_can_be_kept():
    """A model's words may hold U+2028, which Python takes for the end of a line."""
    claims.conclude("P2", {"valid": evidence.share(hits(20, 24), note="it wrote \u2028 and \x85")})
    assert "it wrote \u2028 and \x85" in claims.verdicts()["P2"].numbers


def test_verdicts_of_another_profile_do_not_count(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    claims.conclude("P2", {})
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert claims.verdicts() == {}


def test_unpaired_differences_follow_newcombe():
    """Examples (a), (b) and (h) of table II in Newcombe (1998), method 10."""
    for (a, m, b, n), (low, high) in (
        ((48, 80, 56, 70), (0.0524, 0.3339)),
        ((3, 10, 9, 10), (0.1705, 0.8090)),
        ((0, 10, 10, 10), (0.6075, 1.0)),
    ):
        found = statistics.difference_of_shares([1] * a + [0] * (m - a), [1] * b + [0] * (n - b))
        assert found.low == pytest.approx(low, abs=2e-4)
        assert found.high == pytest.approx(high, abs=2e-4)
