"""Retrieval crossed with tuning, ways to calculate, the assistant taken apart: what is learned, asked and counted."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from ledger_rows import of_hits, row

from helpers.lesson import scales
from helpers.methods import assistant, calculating, crossed, reader_choices, search
from helpers.methods.reader_choices import RECIPES
from helpers.methods.retrieval import chunking, contexts
from helpers.methods.retrieval.passages import ABSTENTION
from helpers.model.language_model import Generation
from helpers.results import ledger
from helpers.tasks import policies, refund_sums, voice


class Stand:
    """Stands for a model: counts words and says one thing."""

    name = "stand"

    def __init__(self, text="38 days [1]"):
        self.text = text

    def parameters(self):
        return [torch.zeros(1)]

    def count_tokens(self, messages):
        said = messages if isinstance(messages, str) else " ".join(message["content"] for message in messages)
        return len(said.split())

    def generate(self, prompts, max_new_tokens=0, **options):
        n = len(prompts)
        return Generation([self.text] * n, [[]] * n, [1] * n, [3] * n, [True] * n, 0.0)


@pytest.fixture
def crossing():
    made = crossed.Crossing(Stand())
    made.train, made.test = made.train[:2] + [q for q in made.train if not q.answerable][:1], made.test[20:26]
    cut = chunking.Chunker(chunking.word_spans, size=80)
    chunks = [chunk for document in made.documents for chunk in cut.split(document)]
    made.__dict__["search"] = SimpleNamespace(index=SimpleNamespace(chunks=chunks))
    made.found = lambda questions: [chunks[:2] for _ in questions]
    return made


def test_what_a_reader_learns_is_said_by_the_function_it_is_given(crossing):
    pairs = crossing.pairs(say=lambda answer, places: f"{answer}!{len(places)}")
    assert [pair.answer.partition("!")[0] for pair in pairs] == [question.answer for question in crossing.train]
    assert pairs[-1].answer.endswith("!0") and not pairs[0].answer.endswith("!0")
    assert all("[1]" in pair.prompt[-1]["content"] for pair in pairs)


def test_tuning_alone_reads_no_passage(crossing):
    pairs = crossing.pairs(crossed.CLOSED)
    assert [pair.answer for pair in pairs[:2]] == [question.answer for question in crossing.train[:2]]
    assert pairs[-1].answer == ABSTENTION
    assert not any("passage" in message["content"] for pair in pairs for message in pair.prompt)


def kept(crossing, method, right, seed=None, settings=None):
    labels = [q.label if hit else "wrong" for q, hit in zip(crossing.test, right, strict=True)]
    told = {"seed": seed, "token_limit": contexts.TOKEN_LIMIT, "model": "stand", "approach": "retrieve + tune"}
    return row(method, labels, task="policy_qa_plain", items=crossing.test, settings=settings or {}, **told)


def tried(name, right, tier="plain"):
    """Keep a row of all of dev on which the first `right` answerable questions are answered."""
    dev = policies.load_policy_questions("dev", tier=tier)
    able = [q for q in dev if q.answerable]
    labels = [q.label if q in able[:right] or not q.answerable else "wrong" for q in dev]
    return row(name, labels, task=policies.TIERS[tier], items=dev, split="dev", model="stand")


def recipe_names(context):
    return [
        f"{crossed.method(context)}: {search.Candidate(reader_choices.told_apart(one), print).name}"
        for one in RECIPES[context]
    ]


def test_gains_count_answerable_questions_and_all_seeds(crossing):
    assert crossed.gains(crossing) == {}
    able = [question.answerable for question in crossing.test]
    kept(crossing, "reader, one quote", [False] * 6)
    made = crossing.recipes[crossed.QUOTED][0]
    for seed in (0, 1):
        kept(crossing, crossed.method(crossed.QUOTED, seed=seed), able, seed, replace(made, seed=seed).as_dict())
    other = replace(made, seed=2, epochs=9).as_dict()  # of another recipe, so it does not count
    kept(crossing, crossed.method(crossed.QUOTED, seed=2), [False] * 6, 2, other)
    found = crossed.gains(crossing)
    assert list(found) == ["plain, than retrieval"]
    gain = found["plain, than retrieval"]
    assert (gain.interval.estimate, gain.n, gain.note) == (1.0, sum(able), "2 seeds")


def test_dev_chooses_the_recipe_and_the_cheapest_among_equals(capsys):
    assert reader_choices.recipes(Stand()) == {context: (reader_choices.USUAL, 0) for context in RECIPES}
    assert capsys.readouterr().out.count("no recipe was searched") == 2
    for context, rights in ((crossed.QUOTED, (3, 9, 9, 1, 2, 8)), (crossed.CLOSED, (0, 0, 0, 0, 0, 0))):
        for name, right in zip(recipe_names(context), rights, strict=True):
            tried(name, right)
    chosen = crossed.Crossing(Stand(), "hard").recipes  # the plain tier chose, for both
    assert chosen[crossed.QUOTED] == (RECIPES[crossed.QUOTED][1], 6)
    assert chosen[crossed.CLOSED] == (RECIPES[crossed.CLOSED][0], 6)
    assert not capsys.readouterr().out


def test_a_larger_model_may_try_the_recipes_that_the_default_one_did_best_with(monkeypatch, capsys):
    monkeypatch.setattr(reader_choices.catalogue, "DEFAULT", "stand")
    context = crossed.QUOTED
    names = recipe_names(context)
    with pytest.raises(ValueError, match="stand has tried 0 of 6 recipes for tuned reader, three quotes; try them all"):
        reader_choices.worth_trying(context, 2)
    for name, right in zip(names, (3, 9, 9, 1, 2, 8), strict=True):
        tried(name, right)
    assert reader_choices.worth_trying(context, 2) == [RECIPES[context][1], RECIPES[context][2]]
    assert reader_choices.worth_trying(context, 3) == [RECIPES[context][place] for place in (1, 2, 5)]
    assert reader_choices.worth_trying(context, 6) == RECIPES[context]


def test_dev_chooses_among_the_recipes_that_were_tried():
    names = recipe_names(crossed.QUOTED)
    tried(names[2], 4), tried(names[5], 7)
    assert reader_choices.recipes(Stand(), [crossed.QUOTED]) == {crossed.QUOTED: (RECIPES[crossed.QUOTED][5], 2)}


def test_recipes_are_searched_on_dev_before_test_is_measured(crossing, monkeypatch):
    trained = []

    def train(lm, pairs, recipe, **_):
        trained.append((len(pairs), recipe))
        return SimpleNamespace(lm=Stand("no form" if recipe.epochs == 2 else "38 days"), seconds=1.0, recipe=recipe)

    monkeypatch.setattr(crossed.loop, "train", train)
    crossing.dev = policies.load_policy_questions("dev", tier="plain")
    crossing.search_recipes(crossed.CLOSED)
    assert [recipe for _, recipe in trained] == RECIPES[crossed.CLOSED]
    chosen, tries = crossing.recipes[crossed.CLOSED]
    assert (chosen.epochs, tries) == (2, 6)  # "no form" is the right answer to one question of dev
    made = crossing.tuned(crossed.CLOSED, 1)
    assert (made.seed, made.tries, made.settings["seed"], made.method) == (1, 6, 1, "tuned reader, closed book, seed 1")
    count = len(trained)
    crossing.search_recipes(crossed.CLOSED)
    assert crossing.tuned(crossed.CLOSED, 1).method == made.method
    assert len(trained) == count  # what is kept is not trained again


def test_dev_chooses_what_the_untuned_reader_is_shown():
    assert reader_choices.best_context(Stand(), "plain") == "one quote"
    tried("reader, one quote: wording above", 8)
    tried("reader, best chunk: wording above", 3)
    tried("reader, best chunk: wording agent", 11)
    tried("reader, gold evidence: wording agent", 40)  # no search can fill that
    assert reader_choices.best_context(Stand(), "plain") == "best chunk"
    assert reader_choices.best_context(Stand(), "hard") == "one quote"


def test_a_question_is_searched_for_once():
    crossing, asked = crossed.Crossing(Stand()), []
    found = SimpleNamespace(retrieve=lambda texts: asked.extend(texts) or texts, quoted=lambda text: [])
    crossing.__dict__["search"] = found
    for _ in range(2):
        assert crossing.found(crossing.dev[:3]) == [[], [], []]
    assert asked == [question.question for question in crossing.dev[:3]]


def test_sizes_can_be_told_of_one_kind_of_items():
    of_hits("asked", [1, 0, 1, 1], model="SmolLM2-135M-Instruct", parameters=134_515_008)
    assert "0.750" in scales.side_by_side("toy", ["asked"], only="a")
    assert "0.750" not in scales.side_by_side("toy", ["asked"], only="none such")


def test_each_part_of_the_assistant_is_taken_out_once():
    served = policies.load_policy_questions("replies", tier="plain")[:2]
    cut = chunking.Chunker(chunking.word_spans, size=40)
    chunks = [cut.split(policies.load_policies()[0])[:1]] * 2
    lm, tuned = Stand("no"), Stand(assistant.reply("4 days", (1,), "call us."))
    lab = ledger.Lab("assistant", lm, show=False)
    parts = assistant.taken_apart(lab, tuned, served, chunks, ["call us."] * 2, seed=0)
    assert parts["whole"].hits("rule") == parts["whole"].hits("form") == [True, True]
    assert not any(parts["without adapter"].hits("rule"))
    assert parts["without index"].row.approach == "tune"
    prompts = [part.row.prompts[0] for part in parts.values()]
    assert len(set(prompts)) == 4 and prompts[0] == prompts[3]
    assert voice.IN_FULL.system.endswith(assistant.IN_WORDS.strip())
    assert all(f"\n{number}. " in assistant.IN_WORDS for number in range(1, 11))


def test_the_learners_prompt_is_the_assistants_own():
    question = policies.load_policy_questions("replies", tier="plain")[0]
    chunk = chunking.Chunker(chunking.word_spans, size=40).split(policies.load_policies()[0])[0]
    for chunks, rule in (([chunk], "call us."), ([], ""), ([chunk], ""), ([], "call us.")):
        made = assistant.write_prompts(Stand(), [question], [chunks], [rule])[0]
        texts = [f"{one.place}\n{one.text}" for one in made.used]
        assert assistant.messages(question.question, texts, rule) == made.messages


def test_only_who_may_choose_learns_from_questions_without_a_sum():
    kinds = {what: {item.kind for item in calculating.past(what)} for what in (calculating.CALL, calculating.EITHER)}
    assert refund_sums.NONE not in kinds[calculating.CALL] and refund_sums.NONE in kinds[calculating.EITHER]
    chat = refund_sums.chat("What was it?", True, refund_sums.load("none_train")[:1], either=True)
    assert chat[0]["content"] == refund_sums.EITHER and "calc(" not in chat[2]["content"]
