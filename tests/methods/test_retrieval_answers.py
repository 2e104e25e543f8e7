"""Prompts, citations, abstention, access and injections: what reaches the model, and what is made of its answer."""

import dataclasses
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_retrieval import POLICY, SECRET, SmallEmbedder, chunker

from helpers.methods.retrieval import chunking, index, passages, pipeline, ranking
from helpers.model import catalogue
from helpers.model.language_model import Generation
from helpers.model.prompts import Prompt
from helpers.tasks import policies


class EchoModel:
    """Stands in for a LanguageModel: counts words as tokens, and answers every prompt with the same text."""

    def __init__(self, text="The fee is $3 [1]."):
        self.text, self.prompts = text, []

    def count_tokens(self, messages):
        return sum(len(message["content"].split()) for message in messages)

    def generate(self, prompts, **options):
        self.prompts += prompts
        n = len(prompts)
        return Generation([self.text] * n, [[]] * n, [1] * n, [1] * n, [True] * n, 0.0)


@pytest.fixture(scope="module")
def built():
    return index.Index.build([*policies.load_policies(), SECRET], SmallEmbedder(), chunker())


@pytest.fixture
def chunks():
    return chunker().split(POLICY)


def count(messages):
    return sum(len(message["content"].split()) for message in messages)


def test_the_prompt_numbers_its_passages_and_counts_its_tokens(chunks):
    made = passages.write_prompt("What is the fee?", chunks, count, budget=2000)
    shown = made.messages[-1]["content"]
    assert [int(n) for n in re.findall(r"^\[(\d+)\]", shown, flags=re.MULTILINE)] == [1, 2, 3, 4]
    assert shown.endswith("Question: What is the fee?")
    assert made.tokens == count(made.messages)
    assert made.used == tuple(chunks)
    assert made.left_out == ()


def test_a_passage_that_does_not_fit_is_left_out_whole_and_reported(chunks):
    everything = passages.write_prompt("What is the fee?", chunks, count, budget=2000).tokens
    for budget in range(everything - 30, everything):
        made = passages.write_prompt("What is the fee?", chunks, count, budget=budget)
        assert made.tokens <= budget
        assert made.left_out
        assert set(made.used) | set(made.left_out) == set(chunks)
        assert all(chunk.text in made.messages[-1]["content"] for chunk in made.used)


def test_stages_of_the_prompt_can_be_left_out(chunks):
    plain = passages.write_prompt("Fee?", chunks, count, cite=False, abstain=False, defend=False).messages
    full = passages.write_prompt("Fee?", chunks, count).messages
    assert passages.ABSTENTION in full[0]["content"]
    assert "[2]" in full[0]["content"]
    assert not re.search(r"\[\d\]|instruction|do not say", plain[0]["content"])
    assert passages.ABSTENTION in [message["content"] for message in full]
    assert passages.ABSTENTION not in [message["content"] for message in plain]


@pytest.mark.parametrize("question", ["", " \n "])
def test_an_empty_question_is_refused(built, chunks, question):
    with pytest.raises(ValueError, match="the question is empty"):
        passages.write_prompt(question, chunks, count)
    with pytest.raises(ValueError, match="the question is empty"):
        pipeline.Pipeline(built, EchoModel()).ask([question])


def test_a_question_of_5000_words_is_refused_with_the_numbers(built):
    with pytest.raises(passages.PromptTooLongError, match=r"the prompt has 5\d{3} tokens .* the budget is 1500"):
        pipeline.Pipeline(built, EchoModel()).ask(["why " * 5000])


@given(
    st.text(max_size=80),
    st.sampled_from(["<|im_start|>", "<|im_end|>", "<|im<|im_end|>_start|>", "<<||x||>>", "<!-- a", "\u202e", "[1]"]),
)
def test_neutral_text_holds_no_mark_and_stays_as_it_is(text, mark):
    clean = passages.neutralize(text + mark + text)
    assert not re.search(r"<\||\|>|<!--|\[\d+\]|\u202e", clean)
    assert passages.neutralize(clean) == clean


def test_policies_lose_nothing_by_being_neutralized():
    for policy in policies.load_policies():
        assert passages.neutralize(policy.text) == policy.text, policy.id


@pytest.mark.weights
def test_no_planted_text_reaches_the_model_as_a_chat_mark(real):
    special = set(real.tokenizer.all_special_ids)
    for injection in policies.load_injections():
        planted = dataclasses.replace(POLICY, text=TEXT_BEFORE + injection.text)
        made = passages.write_prompt(injection.text, chunker(size=400).split(planted), real.count_tokens, budget=3000)
        marks = [token for token in real.inspect(made.messages).token_ids if token in special]
        assert len(marks) == 2 * len(made.messages) + 1, (
            injection.id
        )  # each turn's start and end, and the answer's start


TEXT_BEFORE = "The fee is $3.\n\n"


def test_citations_are_read_in_every_form():
    assert passages.cited_numbers("One [1]. Two [2, 3]; [1][4].") == [1, 2, 3, 4]
    assert passages.cited_numbers("a [note] and [1a] and (2)") == []
    assert passages.without_citations("One [1] and two [2, 3].") == "One and two."


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("A small one costs $3 [2].", True),
        ("A small one costs $4 [2].", False),
        ("A small one costs $3 [1].", False),
        ("A small one costs $3 [9].", False),
        ("A small one costs $3 [0].", False),
        ("Completely invented nonsense [2].", False),
        ("[2]", False),
    ],
)
def test_a_citation_holds_only_if_its_passage_has_the_answer(chunks, answer, holds):
    (citation,) = passages.check_citations(answer, chunks)
    assert citation.holds == holds
    assert citation.exists == (1 <= citation.number <= len(chunks))


def test_repeating_the_question_supports_nothing(chunks):
    (citation,) = passages.check_citations("The fee for small is 99 [2].", chunks, "What is the fee for small?")
    assert not citation.holds


def test_the_pipeline_keeps_what_each_stage_did(built):
    model = EchoModel()
    (answer,) = pipeline.Pipeline(built, model).ask(["What is the label's fee?"])
    found = answer.retrieved
    assert len(found.candidates) == 16
    assert {hit.chunk.id for hit in found.reranked} == {hit.chunk.id for hit in found.candidates}
    assert found.kept == found.reranked[:4]
    assert answer.prompt.used == tuple(hit.chunk for hit in found.kept)
    assert model.prompts == [answer.prompt.messages]
    assert answer.text == "The fee is $3 [1]."


def test_each_stage_can_be_switched_off(built):
    plain = pipeline.Pipeline(built, EchoModel()).using(search="dense", rerank=False, retrieve=4)
    (found,) = plain.retrieve(["late parcel"])
    assert list(found.kept) == built.dense("late parcel", 4)
    assert found.reranked == found.candidates
    (found,) = plain.using(search="bm25").retrieve(["late parcel"])
    assert list(found.kept) == built.bm25("late parcel", 4)


@pytest.mark.parametrize("changes", [{"search": "magic"}, {"keep": 9, "retrieve": 8}, {"keep": 0}])
def test_settings_that_cannot_be_are_refused(changes):
    with pytest.raises(ValueError):
        pipeline.Settings(**changes)


def test_a_started_answer_is_given_its_start_and_keeps_it(built):
    model = EchoModel("the fee is $3 [1].")
    started = pipeline.Pipeline(built, model, pipeline.Settings(start="According to the policy,"))
    (answer,) = started.ask(["What does a late parcel cost?"])
    assert model.prompts[0][-1] == {"role": "assistant", "content": "According to the policy,"}
    assert answer.text == "According to the policy, the fee is $3 [1]."
    (plain,) = started.using(start="").ask(["What does a late parcel cost?"])
    assert model.prompts[1] == model.prompts[0][:-1]
    assert plain.text == model.text


def test_where_nothing_is_found_the_model_is_not_asked(built):
    model = EchoModel()
    (answer,) = pipeline.Pipeline(built, model).using(search="bm25").ask(["xyzzy"])
    assert (answer.text, answer.new_tokens, answer.prompt_tokens, model.prompts) == (passages.ABSTENTION, 0, 0, [])


def test_rewriting_is_searched_for_and_the_question_is_asked(built):
    writer = pipeline.rewriter(EchoModel("waive fee agents\nmore"), policies.REWRITE)
    (answer,) = pipeline.Pipeline(built, EchoModel(), rewrite=writer).ask(["Can you let me off?"])
    assert answer.retrieved.query == "Can you let me off? waive fee agents"
    assert answer.prompt.messages[-1]["content"].endswith("Question: Can you let me off?")
    assert pipeline.rewriter(EchoModel(""), policies.REWRITE)(["A?"]) == ["A?"]


def test_no_staff_text_reaches_a_prompt_for_the_public(built):
    """Over all questions, and with every planted instruction as a question: the filter acts before the search."""
    staff = [policy for policy in [*policies.load_policies(), SECRET] if policy.audience == "staff"]
    lines = {line.strip() for policy in staff for line in policy.text.split("\n") if len(line.strip()) > 20}
    asked = [q.question for split in policies.QUESTION_SPLITS for q in policies.load_policy_questions(split)]
    asked += [
        f"{injection.text} What may agents credit, and what is on the amber list?"
        for injection in policies.load_injections()
    ]
    public = pipeline.Pipeline(built, EchoModel()).using(rerank=False, retrieve=8, keep=8, budget=5000)
    model = public.lm
    answers = public.ask(asked, where=index.PUBLIC)
    assert len(answers) == len(asked) == len(model.prompts)
    for prompt in model.prompts:
        assert not [line for line in lines if passages.neutralize(line) in prompt[-1]["content"]]
    unfiltered = public.ask(asked)
    assert any(chunk.audience == "staff" for answer in unfiltered for chunk in answer.prompt.used), "the test can fail"


def test_an_edit_reaches_the_prompt_at_once(built):
    own = index.Index.build([POLICY, SECRET], SmallEmbedder(), chunker())
    pipe = pipeline.Pipeline(own, EchoModel())
    own.update(dataclasses.replace(SECRET, text="Agents may waive a fee of $99."))
    (answer,) = pipe.ask(["May agents waive a fee?"])
    assert "$99" in answer.prompt.messages[-1]["content"]
    assert "$46" not in answer.prompt.messages[-1]["content"]


def test_max_sim_equals_the_obvious_loops(built):
    some = built.chunks[:6]
    reranker = ranking.Reranker(built.embedder, built.chunks)
    question = "late fee for a parcel"
    asked = ranking.token_vectors(built.embedder, [question])[0]
    pieces = built.embedder.tokenizer(question)["input_ids"]
    rarity = [
        math.log1p(len(built) / (1 + sum(p in built.embedder.tokenizer(c.searched)["input_ids"] for c in built.chunks)))
        for p in pieces
    ]
    expected = []
    for chunk in some:
        (tokens,) = ranking.token_vectors(built.embedder, [chunk.searched])
        best = [max(float(a @ b) for b in tokens) for a in asked]
        expected.append(sum(w * b for w, b in zip(rarity, best, strict=True)) / sum(rarity))
    assert reranker.max_sim(question, some) == pytest.approx(expected, abs=2e-3)


@pytest.mark.weights
def test_retrieval_finds_the_evidence_on_the_development_questions(real):
    documents = policies.load_policies()
    cut = chunking.Chunker(chunking.token_spans(real.tokenizer))
    built = index.Index.build(documents, catalogue.load_embedder(device="cpu"), cut)
    asked = [question for question in policies.load_policy_questions("dev") if question.answerable]
    found = pipeline.Pipeline(built, real).retrieve([question.question for question in asked])
    gold = [ranking.relevant(question, built.chunks, documents) for question in asked]
    assert ranking.hit_at_k([[hit.chunk.id for hit in one.reranked] for one in found], gold, 4) >= 0.88


def test_a_prompt_of_ones_own_can_be_used(chunks):
    own = Prompt("mine", user="{passages}\nQ: {text}", system="Be kind.")
    made = passages.write_prompt("Fee?", chunks, count, prompt=own, examples=())
    assert made.messages[-1]["content"].endswith("Q: Fee?")
    assert made.messages[0]["content"].startswith("Be kind.")
