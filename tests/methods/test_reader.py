"""The reader's examples say what their passages hold, and its answers are judged on what they cite."""

import dataclasses
from types import SimpleNamespace

import pytest

from helpers import statistics
from helpers.methods import assistant, reader, reader_examples
from helpers.methods.retrieval import chunking, index, passages
from helpers.methods.retrieval.ranking import relevant
from helpers.model import catalogue
from helpers.model.language_model import Generation
from helpers.results import ledger, lookup
from helpers.tasks import grading, policies, voice
from helpers.tasks.policies import Policy, PolicyQuestion

KEYS = "## Lost\n\nA key is replaced in 9 days.\n\n## Cost\n\nIt costs $4."
DOORS = "## Paint\n\nDoors are green.\n\n## Locks\n\nLocks are oiled."
POLICY = Policy("a", "Keys", "public", "2026-01-01", KEYS)
OTHER = Policy("b", "Doors", "public", "2026-01-01", DOORS)
ASKED = PolicyQuestion("q1", "How long until I get it?", "9 days", ("nine days",), "numeric", ("a",), ("in 9 days.",))
TWO = PolicyQuestion("q2", "Color and price?", "green for four", (), "two_documents", ("a", "b"), ("$4", "green"))
NONE = PolicyQuestion("q3", "Do you sell windows?", "not stated", (), "unanswerable", (), ())


class Words:
    """Stands for a model: counts words, and answers with what it was told to say."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def count_tokens(self, messages):
        return sum(len(message["content"].split()) for message in messages)

    def generate(self, prompts, **options):
        self.asked += prompts
        count = len(prompts)
        return Generation(self.answers[:count], [[]] * count, [1] * count, [3] * count, [True] * count, 0.0)


@pytest.fixture(scope="module")
def chunks():
    cut = chunking.Chunker(chunking.word_spans, size=50)
    return [*cut.split(POLICY), *cut.split(OTHER)]


def test_holders_name_the_passage_that_holds_the_answer(chunks):
    documents = [POLICY, OTHER]
    assert reader.holders(ASKED, chunks, documents) == (1,)
    assert reader.holders(ASKED, chunks[::-1], documents) == (4,)
    assert reader.holders(ASKED, chunks[1:], documents) == ()
    assert reader.holders(TWO, chunks, documents) == (2, 3)
    assert reader.holders(TWO, chunks[:2], documents) == ()
    assert reader.holders(NONE, chunks, documents) == ()


def test_an_example_answers_from_its_passages_or_abstains(chunks):
    lm, documents = Words(), [POLICY, OTHER]
    found = [chunks[:2], chunks[1:3], chunks[2:]]
    kinds = set()
    for seed in range(20):
        made = reader.examples(lm, [ASKED, TWO, NONE], found, chunks, documents, 400, seed)
        for question, one in zip((ASKED, TWO, NONE), made, strict=True):
            assert one.places == (reader.holders(question, one.prompt.used, documents) if question.answerable else ())
            assert (one.answer == passages.ABSTENTION) == (not one.places)
            said = reader.judge(question, one.prompt, one.answer)
            assert not one.places or said.verdict == "right"
            kinds.add((one.id, one.places))
        assert made[2].answer == passages.ABSTENTION
    assert {("q1", (1,)), ("q1", (2,))} <= kinds, "the right passage stands now here, now there"


def test_a_missed_passage_is_put_in_now_first_now_second(chunks):
    found = [chunks[2:]] * 30
    many = [PolicyQuestion(f"q{i}", *list(vars(ASKED).values())[1:]) for i in range(30)]
    made = reader.examples(Words(), many, found, chunks, [POLICY, OTHER], 400, seed=1)
    assert {one.places for one in made} == {(1,), (2,)}
    assert all(relevant(ASKED, one.prompt.used, [POLICY]) for one in made)


def test_a_question_is_learned_in_views_and_never_without_a_passage(chunks):
    questions = [ASKED, NONE]
    found = [chunks[1:4], chunks[:3]]
    made = reader_examples.in_views(Words(), questions, found, chunks, [POLICY, OTHER])
    assert [one.id for one in made] == ["q1", "q3"] * len(reader_examples.VIEWS)
    assert all(one.prompt.used for one in made)
    assert [one.answer == passages.ABSTENTION for one in made] == [False, True] * len(reader_examples.VIEWS)
    assert len(made[0].prompt.used) == 1 < len(made[-2].prompt.used)


def test_the_readers_search_has_small_passages(monkeypatch):
    monkeypatch.setattr(chunking, "token_spans", lambda _: chunking.word_spans)
    monkeypatch.setattr(catalogue, "load_embedder", lambda: None)
    monkeypatch.setattr(index.Index, "build", lambda documents, _, cut: [cut.split(one) for one in documents])
    found = reader_examples.search_of(SimpleNamespace(tokenizer=None, name="words"), [POLICY, OTHER]).index
    small = chunking.Chunker(chunking.word_spans, size=reader_examples.CHUNK_TOKENS)
    assert found == [small.split(POLICY), small.split(OTHER)]


def test_the_same_seed_gives_the_same_examples(chunks):
    arguments = [ASKED, TWO], [chunks[:3], chunks[1:]], chunks, [POLICY, OTHER], 400
    assert reader.examples(Words(), *arguments, seed=3) == reader.examples(Words(), *arguments, seed=3)


def test_reading_grades_what_was_asked(chunks):
    lm = Words("9 days [1]", "9 days [2]", passages.ABSTENTION)
    questions = [ASKED, ASKED, NONE]
    prompts = reader.write_prompts(lm, questions, [chunks[:2]] * 3)
    read = reader.read(lm, questions, prompts)
    assert [one.right for one in read] == [True, True, True]


def test_without_passages_the_prompt_says_so():
    prompt = reader.write_prompts(Words(), [ASKED], [[]])[0]
    assert "(no passages)" in prompt.messages[-1]["content"]
    assert prompt.used == ()


def test_every_reply_to_learn_from_keeps_the_voice(chunks):
    lm = Words()
    learned = reader.examples(lm, [ASKED, TWO, NONE], [chunks[:3]] * 3, chunks, [POLICY, OTHER], 400)
    rules = assistant.load_next_steps("train")
    made = assistant.examples(lm, [ASKED, TWO, NONE], learned, rules)
    assert made
    for (name, messages, text), rule in zip(made, rules, strict=False):
        assert not voice.broken(passages.without_citations(text)), name
        assert rule in messages[0]["content"] or any(r in messages[0]["content"] for r in rules)
        assert any(r in text and r in messages[0]["content"] for r in rules)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_next_steps_keep_the_voice_and_differ(split):
    steps = assistant.load_next_steps(split)
    others = [step for other in {"train", "dev", "test"} - {split} for step in assistant.load_next_steps(other)]
    assert len(set(steps)) == len(steps)
    assert not set(steps) & set(others)
    for step in steps:
        assert not voice.broken(assistant.reply("38 days", (), step)), step


def test_a_reply_is_judged_on_three_counts():
    rule = "open the app."
    good = assistant.reply("9 days", (1,), rule)
    assert assistant.judge(ASKED, rule, good).right
    assert not assistant.judge(ASKED, "call us.", good).rule
    assert not assistant.judge(ASKED, rule, good.replace("9 days", "8 days")).fact
    loud = assistant.judge(ASKED, rule, good.replace("Hi there,", "Hello!"))
    assert (loud.fact, loud.form, loud.rule) == (True, False, True)
    assert loud.broken == ("opening", "calm")
    assert assistant.judge(NONE, rule, assistant.reply("", (), rule)).right
    assert not assistant.judge(ASKED, rule, "").right


def test_a_number_in_the_next_step_is_no_second_answer():
    rule = "call within 2 days."
    assert assistant.judge(ASKED, rule, assistant.reply("9 days", (1,), rule)).fact


def test_without_a_rule_or_an_index_the_prompt_says_nothing_of_them(chunks):
    bare = assistant.write_prompts(Words(), [ASKED], [[]], [""])[0]
    whole = assistant.write_prompts(Words(), [ASKED], [chunks[:1]], ["open the app."])[0]
    assert assistant.TODAY not in bare.messages[0]["content"]
    assert assistant.TODAY + "open the app." in whole.messages[0]["content"]
    assert whole.messages[0]["content"].replace(assistant.TODAY + "open the app.", "") == bare.messages[0]["content"]
    assert passages.DEFEND in whole.messages[0]["content"]


def test_the_sentence_for_no_answer_is_graded_as_one():
    assert grading.abstains(voice.NOT_FOUND)
    assert grading.abstains(passages.ABSTENTION)


def test_questions_of_the_test_set_are_taught_nowhere():
    splits = {split: {q.question for q in policies.load_policy_questions(split)} for split in ("train", "test")}
    assert not splits["train"] & splits["test"]


def test_the_right_passage_stands_where_it_should(chunks):
    documents = [POLICY, OTHER]
    found = [chunks[::-1]]
    for count, place, wanted in ((0, 1, ["a#1"]), (2, 1, ["a#1", "b#2", "b#1"]), (2, 9, ["b#2", "b#1", "a#1"])):
        made = reader.placed([ASKED], found, chunks, documents, count, place)
        assert [chunk.id for chunk in made[0]] == wanted
    with pytest.raises(ValueError, match="q2: no single passage"):
        reader.placed([TWO], [chunks], chunks, documents, 1, 1)


def test_a_row_is_measured_once_then_recalled(chunks, tmp_path, monkeypatch):
    monkeypatch.setattr(lookup, "REFERENCE", tmp_path / "reference.jsonl")
    lm, times = Words("9 days [1]", passages.ABSTENTION), []
    lab = ledger.Lab("policy_qa", "words")

    def measured(items, chunk=chunks[0], lab=lab):
        prompts = reader.write_prompts(lm, items, [[chunk]] * len(items))

        def run(_texts):
            times.append(len(items))
            return reader.read(lm, items, prompts)

        return lab.measure("a method", items, run, approach="retrieve", prompts=prompts, heavy=True)

    first = measured([ASKED, NONE])
    assert (first.correct, first.predictions, first.new_tokens) == ([1, 1], ["right", "abstained"], [3, 3])
    assert first.gold == ["right", "abstained"]
    assert first.answers == ["9 days [1]", passages.ABSTENTION]
    ledger.keep(ledger.path())
    ledger.path().unlink()
    again = measured([NONE])
    assert (again.ids, again.reference, times) == (["q3"], True, [2])
    assert again.answers == [passages.ABSTENTION]
    measured([ASKED], dataclasses.replace(chunks[0], text="Another passage."))
    measured([ASKED, NONE], lab=dataclasses.replace(lab, rerun=True))
    assert times == [2, 1, 2]


class Rendering(Words):
    """The same, for what shows a prompt."""

    def render(self, messages):
        return "\n".join(message["content"] for message in messages)


def test_the_explorer_shows_prompt_reply_and_verdict_escaped(chunks):
    from helpers.lesson.widgets import combine

    rule = "open the app."
    shown = combine.assistant_html(Rendering(assistant.reply("9 days", (1,), rule)), ASKED, chunks[:1], rule)
    assert "fact: <b>yes</b>" in shown
    assert "form: <b>yes</b>" in shown
    assert "rule: <b>yes</b>" in shown
    hostile = combine.assistant_html(Rendering("<script>alert(1)</script>"), ASKED, [], rule, "")
    assert "<script>" not in hostile
    assert "&lt;script&gt;" in hostile
    assert "fact: <b>no</b>" in hostile
    assert rule not in hostile, "a rule that is taken out of the prompt is not shown there"


def test_the_explorer_answers_to_its_controls(chunks, monkeypatch):
    from helpers.lesson.widgets import combine

    kept = {}
    monkeypatch.setattr(combine, "show", lambda controls, render: kept.update(controls=controls, render=render))
    models = {"plain": Rendering("plain " * 3), "tuned": Rendering("tuned")}
    combine.assistant_explorer(models, [ASKED], lambda question: chunks[:1], "open the app.")
    _, model, index, *_ = kept["controls"]
    assert "tuned" in kept["render"]()
    assert "1 passages" in kept["render"]()
    model.value, index.value = "plain", False
    assert "plain plain" in kept["render"]()
    assert "0 passages" in kept["render"]()


def test_the_picture_of_parts_says_every_share(capsys):
    from helpers.lesson.plots import retrieval

    share = statistics.wilson_interval
    rows = {"whole": {"fact": share(5, 10), "form": share(9, 10)}, "without index": {"fact": share(0, 10)}}
    retrieval.stages(rows, "One part removed", "share of replies")
    said = capsys.readouterr().out
    assert "whole: fact 0.50, form 0.90; without index: fact 0.00." in said
