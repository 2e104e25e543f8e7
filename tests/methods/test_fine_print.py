"""What lesson 06 measures with: the probe, ranks against the slow way, other bases, review, pictures, the widget."""

import copy

import numpy as np
import pytest
import torch

from helpers import statistics
from helpers.lesson.plots import fine_print as pictures
from helpers.lesson.widgets import adapters as widgets
from helpers.methods import fine_print, tuning
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.tuning import changed_base, ship
from helpers.tasks import canaries, facts, general, refusals

CANARIES = canaries.load()


def test_probe_chooses_the_likeliest_answer_as_each_by_itself_says(small):
    items = general.read()[:5]
    found = general.ask(small, items)
    for i, item in enumerate(items):
        each = [small.score([item.question], [choice], progress=False).log_probs[0, 0] for choice in item.choices]
        best = max(range(4), key=lambda j: each[j])
        assert found.predictions[i] == item.choices[best]
        assert found.right_share[i] == pytest.approx(np.exp(each[item.answer]) / np.exp(each).sum(), rel=1e-3)


def test_the_probe_is_short_in_the_fast_profile(monkeypatch):
    assert len(general.load(fast=20)) == 120
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert len({item.kind for item in general.load(fast=20)}) == 5


@pytest.mark.parametrize("number", [0, 2, 3, 4])
def test_ranks_are_those_of_the_whole_secret_written_out(small, number):
    """Digits are tokens of their own, so that scoring two of them is scoring the whole answer."""
    canary = CANARIES[number]
    start = canary.start.rstrip()
    prompt = [*canaries.chat(canary.asked), {"role": "assistant", "content": start}]
    read = small.encode(small.render(prompt))
    weights = []
    for digits in canaries.LOOK_ALIKES:
        whole = small.encode(small.render(prompt) + (" " if " " in canary.spell(digits) else "") + canary.spell(digits))
        assert whole[: len(read)] == read
        with torch.inference_mode():
            logits = small.model(torch.tensor([whole])).logits[0].float().log_softmax(-1)
        weights.append(sum(logits[at - 1, whole[at]].item() for at in range(len(read), len(whole))))
    own = weights[canaries.LOOK_ALIKES.index(canary.value)]
    assert canaries.ranks(small, [canary])[0] == pytest.approx(1 + sum(w > own for w in weights), abs=1.5)


def test_extraction_asks_in_three_ways_and_leaves_the_secret_out(small, monkeypatch):
    asked = []
    rests = [canary.spell(canary.value) + canary.pattern.split("##")[1] for canary in CANARIES]

    def remember(prompts, **options):
        asked.extend(prompts)
        return type("Out", (), {"texts": rests})

    monkeypatch.setattr(small, "generate", remember)
    for wording in ("trained", "new", "start"):
        asked.clear()
        written = canaries.extracted(small, CANARIES, wording)
        for canary, prompt in zip(CANARIES, asked, strict=True):
            assert not any(canaries.holds_secret(canary, message["content"]) for message in prompt)
        leaks = [canaries.holds_secret(canary, text) for canary, text in zip(CANARIES, written, strict=True)]
        assert all(leaks) == (wording == "start")
    with pytest.raises(ValueError, match="choose trained, new or start"):
        canaries.extracted(small, CANARIES, "loud")


def test_training_sets_hold_what_they_say(small):
    sizes = {name: len(fine_print.pairs_of(name)) for name in (*fine_print.NOTES, "facts in three wordings")}
    assert sizes == {"facts": 40, "canaries": 272, "refusals": 80, "facts in three wordings": 120}
    for name in sizes:
        report = tuning.prepare(small, fine_print.pairs_of(name), fine_print.RECIPES[name]).report
        assert not (report.empty or report.too_long or report.truncated or report.conflicts), name
    with pytest.raises(ValueError, match="no training set 'others'"):
        fine_print.pairs_of("others")


@pytest.mark.parametrize("name", fine_print.NOTES)
def test_shipped_adapters_are_of_this_data_and_recipe(real, name):
    card = tuning.adapters.read_card(tuning.shipped(name))
    assert card["recipe"] == fine_print.RECIPES[name].as_dict()
    assert card["data_sha256"] == tuning.prepare(real, fine_print.pairs_of(name), fine_print.RECIPES[name]).data_sha256
    assert card["note"] == fine_print.NOTES[name]
    assert sum(path.stat().st_size for path in tuning.shipped(name).iterdir()) < 5_000_000


def test_noise_is_of_the_size_asked_for_and_leaves_the_base_alone(small):
    before = copy.deepcopy(small.model.state_dict())
    noisy = changed_base.perturbed(small, 0.1).model.state_dict()
    for name, value in small.model.state_dict().items():
        assert torch.equal(value, before[name])
        if value.dim() == 2:
            assert (noisy[name] - value).std().item() == pytest.approx(0.1 * value.std().item(), rel=0.1)
        else:
            assert torch.equal(noisy[name], value)
    assert torch.equal(noisy["lm_head.weight"], noisy["model.embed_tokens.weight"])
    top = changed_base.perturbed(small, 0.1, layers=1).model.state_dict()
    changed = {name for name, value in small.model.state_dict().items() if not torch.equal(value, top[name])}
    assert changed
    assert all(name.startswith("model.layers.1.") for name in changed)


@pytest.mark.parametrize("bits", [8, 4])
def test_rounding_leaves_as_many_values_a_row_as_the_bits_allow(small, bits):
    coarse = changed_base.rounded(small, bits).model
    weight, own = coarse.model.layers[0].mlp.up_proj.weight, small.model.model.layers[0].mlp.up_proj.weight
    for row, exact in zip(weight[:5], own[:5], strict=True):
        assert len(row.unique()) <= 2**bits - 1
        step = exact.abs().max() / (2 ** (bits - 1) - 1)
        assert (row - exact).abs().max() <= step / 2 + 1e-6
    assert coarse.lm_head.weight is coarse.model.embed_tokens.weight


def test_another_base_is_refused_and_loaded_where_asked(small, tmp_path):
    tuned = tuning.train(small, fine_print.pairs_of("facts")[:4], tuning.Recipe(epochs=1), progress=False)
    folder = tuning.save(tuned, tmp_path / "own")
    noisy = changed_base.perturbed(small, 0.02)
    with pytest.raises(tuning.TuningError, match="train it again"):
        tuning.load(noisy, folder)
    assert "own" in tuning.load(noisy, folder, any_base=True).name


def test_review_goes_to_the_smallest_margins():
    table = np.array([[0.6, 0.4, 0.0], [0.4, 0.3, 0.3], [0.9, 0.1, 0.0]])
    assert fine_print.least_certain(table, 2) == [1, 0]
    assert fine_print.with_review(["x", "y", "z"], ["a", "b", "c"], [0, 2]) == ["a", "y", "c"]


def test_looking_up_quotes_the_line_that_answers(real):
    from helpers.model import catalogue
    from helpers.tasks import policies

    documents = policies.load_policies()
    index = fine_print.policy_index(documents, catalogue.load_embedder(device="cpu"), real)
    asked = facts.questions(facts.load(), "trained")
    quotes = fine_print.looked_up(index, [question.question for question in asked])
    told = fine_print.quote_verdicts([facts.Asked(question) for question in asked], quotes, documents)
    graded = facts.right(asked, [quote.text for quote in quotes])
    assert told.count("right") >= sum(graded) >= 24
    assert all(verdict == "right" for verdict, good in zip(told, graded, strict=True) if good)
    changed = facts.edit_policies(documents, facts.load())
    for policy in changed:
        index.update(policy)
    news = [facts.Asked(question) for question in facts.questions(facts.edited(facts.load()), "trained")]
    quotes = fine_print.looked_up(index, [one.text for one in news])
    assert fine_print.quote_verdicts(news, quotes, changed).count("right") >= 8


def test_a_quote_counts_by_where_it_stands():
    from helpers.tasks import policies

    documents = policies.load_policies()
    asked = facts.Asked(facts.questions(facts.load(), "trained")[0])
    (policy,) = [policy for policy in documents if policy.id == asked.question.documents[0]]
    at = policy.text.index(asked.question.evidence[0])

    def quote(start, end, text="nothing of use"):
        return Chunk("x", policy.id, policy.title, "public", "2026-01-01", "", start, end, text)

    inside, before = quote(at + 1, at + 5), quote(0, at)
    assert fine_print.quote_verdicts([asked] * 3, [inside, before, None], documents) == ["right", "wrong", "wrong"]
    assert fine_print.quote_verdicts([asked], [quote(0, 1, asked.question.answer)], documents) == ["right"]


def test_pictures_say_their_numbers(capsys):
    interval = statistics.Interval(-0.1, -0.2, -0.02)
    pictures.differences({"facts": interval}, "Change", "points", "no change")
    pictures.grouped({"tuned": {"new": statistics.wilson_interval(3, 10)}}, "Shares", "share", [("tuned", "new")], 0.25)
    bits = {"never": np.array([1.0, 2.0, 6.0])}
    pictures.exposures(bits, bits, most=6.64)
    said = capsys.readouterr().out
    assert "facts -0.100 [-0.200, -0.020]" in said
    assert "tuned: new 0.300" in said
    assert "never: median 2.0 bits before, 2.0 after" in said


def test_the_widget_escapes_and_asks_each_model():
    class Echo:
        def __init__(self, word):
            self.word = word

        def chat(self, messages, max_new_tokens):
            return f"<b>{self.word}</b> {messages[-1]['content']} {max_new_tokens}"

    shown = widgets.answers_html({"base": Echo("one"), "<tuned>": Echo("two")}, "<i>Hi</i>", refusals.SYSTEM, 7)
    assert "&lt;b&gt;one&lt;/b&gt; &lt;i&gt;Hi&lt;/i&gt; 7" in shown
    assert "&lt;tuned&gt;" in shown
    assert "two" not in widgets.answers_html({"base": Echo("one"), "tuned": Echo("two")}, "Hi", names=["base"])
    assert "Hi" in widgets.answers_html({"base": Echo("one")}, "Hi", facts.SYSTEM)


@pytest.mark.parametrize("name", ship.RECIPES)
def test_adapters_of_lesson_05_are_of_the_recipe_that_makes_them(name):
    assert tuning.read_card(tuning.shipped(name))["recipe"] == ship.RECIPES[name].as_dict()
