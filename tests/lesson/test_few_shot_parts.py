"""The parts of lesson 03's verdicts come out of its rows, and what was not measured is missing from them."""

from types import SimpleNamespace

import numpy as np
import pytest
from ledger_rows import of_hits, row

from helpers.lesson import few_shot_parts, own_02
from helpers.methods import few_shot, same_labels
from helpers.methods.few_labels import BARE, BEST
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import costs, ledger
from helpers.tasks import change_requests
from helpers.tasks.files import Message

WORSE, BETTER = [1, 0, 0, 0, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1, 0, 1]


@pytest.fixture(autouse=True)
def own_ledger(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "path", lambda: tmp_path / "ledger.jsonl")


def compared(n, **ways):
    return same_labels.Compared(n, {way: [of_hits(f"{way}, {n}", hits)] for way, hits in ways.items()})


@pytest.mark.parametrize(("method", "judged"), [(BEST, True), (BARE, False)])
def test_a_gain_counts_against_the_best_prompt_alone(method, judged):
    best, draws = of_hits(method, WORSE), [of_hits(f"draw {n}", BETTER) for n in (1, 2)]
    for found in (
        few_shot_parts.of_examples(best, draws, None)["gain"],
        *few_shot_parts.of_points(best, *draws).values(),
    ):
        assert len(found) == judged
        assert all(one.interval.estimate == pytest.approx(0.5) for one in found)


@pytest.mark.parametrize(("courses", "chosen"), [(WORSE, BEST), (BETTER, few_shot_parts.COURSES), (None, BEST)])
def test_dev_chooses_the_prompt_without_examples(courses, chosen, monkeypatch, capsys):
    middle = [1, 1, 0, 0, 1, 0, 0, 0]
    dev = [of_hits(f"{BEST}: {n}", hits, split="dev") for n, hits in enumerate((WORSE, middle))]
    dev += [of_hits(few_shot_parts.COURSES, courses, split="dev")] if courses else []
    monkeypatch.setattr(few_shot_parts.lookup, "rows", lambda *_, **__: dev)
    lab = SimpleNamespace(task="intents", model=SimpleNamespace(name="m"), noun="messages")
    lab.stored = lambda method, _: of_hits(method, WORSE if method == BEST else BETTER)
    assert few_shot_parts.liked_by_dev(lab, []).method == chosen
    assert f"{BEST}: accuracy" in capsys.readouterr().out
    lab.stored = lambda method, _: None
    assert few_shot_parts.liked_by_dev(lab, []) is None


def test_words_are_asked_of_the_model_that_they_were_chosen_with(small, capsys):
    pool, test = ([Message(f"{n}{i}", f"text {i}", label) for i, label in enumerate(own_02.MY_WORDS)] for n in "ab")
    lm = LanguageModel(small.model, small.tokenizer, "another")
    lab = ledger.Lab("intents", lm, labels=list(own_02.MY_WORDS), noun="messages")
    asked = few_shot.FewShotPrompt({label: f" {label}" for label in own_02.MY_WORDS}), pool, 6, test, ["N/A"]
    assert few_shot_parts.under_its_words(lab, *asked) == []
    assert "were chosen with" in capsys.readouterr().out
    lm.name = catalogue.DEFAULT
    found = few_shot_parts.under_its_words(lab, *asked)
    assert [row.settings["words"] for row in found] == [list(own_02.MY_WORDS.values())] * 10


def test_a_form_is_judged_by_what_fits_and_not_by_what_is_right():
    said = [change_requests.RISKS[0]] * 5 + ["no JSON"]
    draws = [of_hits(f"draw {n}", BETTER) for n in (1, 2)]
    best, form = of_hits(BEST, WORSE), row("form", said)
    found = few_shot_parts.of_examples(best, draws, form)["format"]
    assert found.counts == (5, 6) and sum(form.correct) == 0
    assert few_shot_parts.of_examples(best, draws, None)["format"] == ()


def test_many_shown_are_held_against_what_was_measured_at_their_number():
    nearest, shown, lora = of_hits("nearest", BETTER), same_labels.SHOWN, same_labels.LORA
    few, many = (compared(n, **{shown: WORSE, lora: BETTER}) for n in (6, few_shot_parts.MANY))
    assert set(few_shot_parts.of_many_shown([few, many], nearest)) == {"tuning", "retrieval"}
    without = compared(few_shot_parts.MANY, **{shown: WORSE})
    assert set(few_shot_parts.of_many_shown([without], nearest)) == {"retrieval"}
    assert few_shot_parts.of_few_labels([without]) == {f"{few_shot_parts.MANY} labels": []}
    with pytest.raises(ValueError, match="compared were 6"):
        few_shot_parts.of_many_shown([few], nearest)


def test_forms_are_told_with_what_fits_what_is_right_and_what_is_named():
    low, _, high = change_requests.RISKS
    form = {5: row("form", [low, high, high, "no JSON"], items=change_requests.load("fresh")[:4])}
    said = few_shot_parts.forms_told(form)
    assert said.startswith(f"5 examples: 3 of 4 fit, {sum(form[5].correct)} right; named: {{'{low}': 1, ")
    assert few_shot_parts.forms_told({}) == ""


def test_without_a_model_the_pool_votes_or_is_learned(monkeypatch):
    class Lab:
        def measure(self, method, items, predict, **told):
            return method, list(predict([item.text for item in items])), told

    pool = [Message("1", "pay", "billing"), Message("2", "broken", "other")]
    where = {"pay": [1.0, 0.0], "broken": [0.0, 1.0]}
    monkeypatch.setattr(embedding, "embed", lambda embedder, texts: np.array([where[text] for text in texts]))
    vectors = np.array([where[message.text] for message in pool])
    vote, learned = few_shot_parts.without_model(Lab(), pool, vectors, "embedder", lambda texts: ["x"] * 2, pool)
    assert vote[:2] == ("vote of 8 nearest, short messages", ["x", "x"])
    assert learned[:2] == ("MiniLM + logistic regression, short messages", ["billing", "other"])
    assert vote[2] == learned[2] == {"approach": "plain", "model": "embedder", "labels_used": 2}


def test_a_point_is_the_course_s_where_all_its_draws_are():
    mine, theirs = of_hits("a", BETTER), of_hits("b", BETTER, reference=True)
    found = same_labels.Compared(6, {same_labels.SHOWN: [theirs, theirs], same_labels.LORA: [theirs, mine]})
    assert same_labels.reference_points([found]) == [(same_labels.SHOWN, 6)]


def test_a_bill_counts_kept_tokens_at_their_price():
    prices = costs.Prices(1.0, 0.1, 2.0, "made up")  # dollars per million tokens: read, kept, written
    assert few_shot_parts.bill([100, 300], 100, prices) == (
        "200 tokens, 100 shared at the start; 1,000 messages: $0.2000, with a cache $0.1100"
    )
