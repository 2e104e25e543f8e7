"""Retrieval crossed with tuning, ways to calculate, the assistant taken apart: what is learned, asked and counted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from ledger_rows import of_hits, row

from helpers import statistics
from helpers.lesson import scales
from helpers.methods import assistant, calculating, crossed
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


def kept(crossing, method, right, seed=None):
    labels = [q.label if hit else "wrong" for q, hit in zip(crossing.test, right, strict=True)]
    told = {"seed": seed, "token_limit": contexts.TOKEN_LIMIT, "model": "stand", "approach": "retrieve + tune"}
    return row(method, labels, task="policy_qa_plain", items=crossing.test, **told)


def test_gains_count_answerable_questions_and_all_seeds(crossing):
    assert crossed.gains(crossing) == {}
    able = [question.answerable for question in crossing.test]
    kept(crossing, "reader, one quote", [False] * 6)
    for seed in (0, 1):
        kept(crossing, crossed.method(crossed.QUOTED, seed=seed), able, seed)
    found = crossed.gains(crossing)
    assert list(found) == ["plain, than retrieval"]
    gain = found["plain, than retrieval"]
    assert (gain.interval.estimate, gain.n, gain.note) == (1.0, sum(able), "2 seeds")
    own = kept(crossing, "mine", [False] * 6, 0)
    assert crossed.gains(crossing, own)["plain, than retrieval"].interval.estimate == 0.5


def test_an_interval_over_draws_is_wider_than_over_items_alone():
    rng = np.random.default_rng(0)
    first, second = rng.random((1, 100)) < 0.4, rng.random((3, 100)) < np.array([[0.3], [0.5], [0.8]])
    both = statistics.gap_over_draws(first, second)
    items = statistics.mean_interval(second.mean(axis=0) - first[0])
    assert both.estimate == pytest.approx(items.estimate)
    assert both.high - both.low > items.high - items.low
    assert statistics.gap_over_draws(first, first).estimate == 0
    with pytest.raises(ValueError, match="same items"):
        statistics.gap_over_draws(first, second[:, :50])


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
    assert voice.IN_WORDS not in assistant.ROLE


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
