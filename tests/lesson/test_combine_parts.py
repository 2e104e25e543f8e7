"""What lesson 07 and its labs list and judge comes out of rows and replies; the parts of a verdict have their names."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from ledger_rows import of_hits, row

from helpers.lesson import combine_parts, rated_methods
from helpers.methods import calculating
from helpers.methods.assistant import Apart, Judged
from helpers.methods.retrieval import passages
from helpers.results import ledger, rules
from helpers.tasks import voice

NOTE, REPLY = "38 days [1]", f"{voice.OPENING}\nWe checked."


@dataclass(frozen=True)
class Asked:
    question: str
    expression: str


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "path", lambda: tmp_path / "ledger.jsonl")


def answering(method, texts):
    made = of_hits(method, [1] * len(texts))
    return replace(made, details={"answers": dict(zip(made.ids, texts, strict=True))})


def parts_of(claim):
    return {part.name for one in rules.everything() if one.id == claim for part in one.parts}


def test_each_count_is_held_against_the_assistant_without_its_part():
    good, bad = Judged("", True, True, True, ()), Judged("", False, False, False, ())
    whole, less = Apart(of_hits("whole", [1] * 4), (good,) * 4), Apart(of_hits("less", [0] * 4), (bad,) * 4)
    found = combine_parts.of_assistant({"whole": whole, "less": less}, dict.fromkeys(combine_parts.COUNTS, "less"))
    assert set(found) == parts_of("H2")
    assert {one.interval.estimate for one in found.values()} == {1.0}


def test_only_wrong_sums_are_listed_and_all_of_them_counted():
    items = [Asked(f"sum {n}", f"{n}+1") for n in range(4)]
    made = replace(of_hits("sums", [1, 0, 0, 0]), details={})
    made = replace(made, details={"answers": {one: f"calc({one})" for one in made.ids}})
    said = combine_parts.wrong_sums(items, made, count=2)
    assert said.startswith("3 of 4 wrong") and "sum 0" not in said and "sum 2" in said and "sum 3" not in said


def test_the_example_shown_is_the_first_of_whole_lines_alone():
    rows = [("Part one. Part two.", (1,)), ("Call until 5 p.m.", (1,)), ("Fee: $3", ()), ("It is 38 days.", (1,))]
    lines = [SimpleNamespace(text=text) for text in ("Part one.", "Call until 5 p.m.", "Fee: $3", "It is 38 days.")]
    made = [SimpleNamespace(prompt=SimpleNamespace(used=[SimpleNamespace(text=t)]), places=p) for t, p in rows]
    index = SimpleNamespace(chunks=[None])
    crossing = SimpleNamespace(
        train=list("abcd"), examples=lambda some: made[: len(some)], search=SimpleNamespace(index=index)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(combine_parts.quotes, "quotes_of", lambda _: lines)
        assert combine_parts.one_of_lines(crossing) == ("d", made[3])
        assert combine_parts.one_of_lines(crossing, most=3) == ("a", made[0])


def test_what_is_compared_is_told_in_a_line_each():
    good, bad = of_hits("good", [1] * 20), of_hits("bad", [0] * 20)
    rows = {name: replace(one, gold=["right"] * 20) for name, one in (("both", good), ("tuning", bad))}
    assert combine_parts.against(rows, "both", ("tuning",)).startswith("both against tuning: better, 1.000")
    judged = {hit: (Judged("", hit, hit, hit, ()),) * 20 for hit in (True, False)}
    parts = {"whole": Apart(good, judged[True]), "less": Apart(bad, judged[False])}
    said = combine_parts.lost(parts, {"fact": "less"})
    assert said.startswith("the fact, less: lost in 1.000") and said.endswith("of the replies")
    called = {what: good if what == calculating.CALL else bad for what in (calculating.BARE, calculating.CALL)}
    ways = {(what, how): row for what, row in called.items() for how in (calculating.NEAREST, calculating.TUNED)}
    first, second = combine_parts.gained_by_calls(ways).splitlines()
    assert first.startswith(f"{calculating.NEAREST}: the call helps") and calculating.TUNED in second


def test_a_call_is_needless_only_where_none_was_needed():
    ways = {
        (what, how): of_hits(f"{what}, {how}", [what == calculating.CALL] * 4)
        for what in (calculating.BARE, calculating.CALL)
        for how in (calculating.NEAREST, calculating.TUNED)
    }
    either = of_hits("either", [1] * 4)
    found = combine_parts.of_calculator(ways, either, [True, True, False, True], [True, False, False, False])
    assert set(found) == parts_of("H4")
    assert found["needless"].counts == (2, 3)
    assert found["prompted"].interval.estimate == found["tuned"].interval.estimate == 1.0


def test_a_move_is_told_where_both_of_its_cases_are_there():
    cases = {"alone": of_hits("alone", [1] * 20), "1st of 3": of_hits("1st", [0] * 20)}
    (line,) = combine_parts.moved(cases).splitlines()
    assert "two passages more" in line and "hurts, -1.000" in line


def test_leaks_go_both_ways_and_silence_is_a_note():
    shared = answering("shared", [NOTE, REPLY, passages.ABSTENTION, "too long\nfor a note"])
    own, replies = answering("own", [NOTE] * 4), answering("replies", [REPLY, REPLY, NOTE, REPLY])
    found = combine_parts.of_core(own, shared, replies)
    assert set(found) == parts_of("H3")
    assert found["notes"].counts == (2, 4) and found["leaks"].counts == (2, 8)


def test_a_method_that_is_not_known_keeps_its_name():
    known, other = row("reader, one quote"), row("mine")
    first, second = rated_methods.in_words(known, other).splitlines()
    assert first.startswith("reader, one quote: ") and second == "mine"


def test_silence_counts_apart_where_a_policy_answers_and_where_none_does(monkeypatch):
    drawn = []
    monkeypatch.setattr(combine_parts, "stages", lambda *told: drawn.append(told))
    gold = ["right"] * 4 + ["abstained"] * 2
    told = ["right", "wrong", "abstained", "abstained", "abstained", "wrong"]
    some = replace(of_hits("a reader", [1, 0, 0, 0, 1, 0]), gold=gold, predictions=told)
    combine_parts.right_and_silent({"it": some}, "a title")
    shares, _, axis = drawn[0]
    assert [one.estimate for one in shares["it"].values()] == [0.25, 0.5, 0.5]
    assert axis == "share of 4 questions with an answer, of 2 without"
