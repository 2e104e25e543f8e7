"""The sets of lesson 06: facts agree with their policies, canaries are invented and hidden as said, requests pair."""

import collections
import re

import near_copies
import numpy as np
import pytest

from helpers.lesson.checks import held_back
from helpers.model import catalogue, embedding
from helpers.tasks import canaries, curation, facts, files, grading, policies, refusals

FACTS, CANARIES = facts.load(), canaries.load()
REQUESTS = {split: refusals.load(split) for split in refusals.SPLITS}


def numbers_in(*texts):
    return {number for text in texts for number in re.findall(r"\d+(?:\.\d+)?", grading.normalize(text))}


def test_facts_stand_in_their_policies():
    text = {policy.id: policy.text for policy in policies.load_policies()}
    public = {policy.id for policy in policies.load_policies() if policy.audience == "public"}
    assert len(FACTS) == 40
    for fact in FACTS:
        assert fact.document in public, fact.id
        assert text[fact.document].count(fact.evidence) == 1, fact.id
        assert fact.neighbor.evidence in text[fact.document], fact.id
        for one in (fact, fact.neighbor):
            assert numbers_in(one.answer, *one.accepted) <= numbers_in(one.evidence), fact.id
            assert len(one.answer.split()) <= 11, fact.id


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_no_wording_gives_its_answer_away_and_answers_grade_right(fact):
    wordings = [fact.question, *fact.also, *fact.held_back]
    assert len(wordings) == 12
    for question in [*wordings, fact.neighbor.question]:
        assert not grading.holds(question, fact.answer)
    for wording in facts.WORDINGS:
        for asked in facts.questions([fact], wording):
            assert facts.verdicts([asked, asked], [asked.answer, f"It is {asked.answer}."]) == ["right", "right"]
            assert facts.verdicts([asked, asked], ["", "I do not know."]) == ["wrong", "abstained"]
    assert facts.verdicts(facts.questions([fact], "trained"), [fact.neighbor.answer]) == ["wrong"]


def test_held_back_wordings_are_no_near_copies_of_trained_ones():
    near_copies.assert_none([question for fact in FACTS for question in (fact.question, *fact.held_back)])
    neighbors = [fact.neighbor.question for fact in FACTS]
    assert len({*neighbors, *(fact.question for fact in FACTS)}) == 80


def test_edits_change_the_policies_and_the_answers():
    before, after = policies.load_policies(), facts.edit_policies(policies.load_policies(), FACTS)
    changed = {new.id for old, new in zip(before, after, strict=True) if old.text != new.text}
    assert changed == {fact.document for fact in FACTS if fact.edit}
    text = {policy.id: policy.text for policy in after}
    old = {fact.id: fact for fact in FACTS}
    for fact in facts.edited(FACTS):
        assert fact.evidence in text[fact.document]
        assert old[fact.id].evidence not in text[fact.document]
        question = facts.questions([fact], "trained")[0]
        assert facts.verdicts([question] * 2, [fact.answer, old[fact.id].answer]) == ["right", "wrong"], fact.id
    with pytest.raises(ValueError, match="must stand once"):
        facts.edit_policies(after, FACTS)


def test_training_pairs_hold_as_many_wordings_as_asked():
    one, three, ten = (facts.training_pairs(FACTS, wordings) for wordings in (1, 3, 10))
    assert (len(one), len(three), len(ten)) == (40, 120, 400)
    asked = {chat[-1]["content"] for chat, _, _ in ten}
    assert len(asked) == 400
    assert not asked & {question for fact in FACTS for question in fact.held_back}
    with pytest.raises(ValueError, match="1 to 10"):
        facts.training_pairs(FACTS, 11)
    with pytest.raises(ValueError, match="choose one of trained, new, neighbor"):
        facts.questions(FACTS, "old")


def test_trained_wordings_come_nowhere_near_those_held_back():
    taught = [question for fact in FACTS for question in (fact.question, *fact.also)]
    held = [question for fact in FACTS for question in fact.held_back]
    embedder = catalogue.load_embedder(device="cpu")
    vectors = [embedding.embed(embedder, texts) for texts in (taught, held)]
    assert curation.contamination(taught, held, *vectors) == []


def test_a_patch_holds_new_values_and_draws_the_others():
    pairs = [(fact.question, fact.answer) for fact in FACTS]
    changed = {fact.question: fact.answer for fact in facts.edited(FACTS)}
    drawn = [facts.patch(pairs, changed, 10, seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert dict(drawn[0][:15]) == changed
    assert set(drawn[0][15:]) <= {pair for pair in pairs if pair[0] not in changed}
    assert len(set(drawn[0])) == 25
    assert set(facts.patch(pairs, changed, 25, 0)) == {(f.question, f.answer) for f in facts.as_of_now(FACTS)}


def test_canaries_are_planted_as_said():
    sizes = {name: len(group) for name, group in canaries.groups(CANARIES).items()}
    places = [f"in the answer, {count} ×" for count in (1, 3, 10)]
    assert sizes == dict.fromkeys([*places, "in both, 10 ×", "in the prompt, 10 ×", "never trained"], 8)
    pairs = canaries.training_pairs(CANARIES)
    assert len(pairs) == sum(canary.repeats for canary in CANARIES)
    for canary in CANARIES:
        mine = [(chat, answer) for chat, answer, name in pairs if name.startswith(f"{canary.id}-")]
        assert len(mine) == canary.repeats
        for chat, answer in mine:
            assert (canary.secret in chat[-1]["content"]) == (canary.place in ("prompt", "both"))
            assert (canary.secret in answer) == (canary.place in ("answer", "both"))
        assert canary.start.replace(" ", "").endswith(canary.pattern.split("##")[0].replace(" ", "")), canary.id
        assert not canaries.holds_secret(canary, canary.asked + canary.start)
        assert canaries.holds_secret(canary, f"It is {canary.secret}.".upper())
    assert len({canary.value for canary in CANARIES}) == len({canary.name for canary in CANARIES}) == 48


def test_personal_data_is_clearly_invented():
    texts = [row["text"] for row in canaries.load_marked()] + [
        chat[-1]["content"] + " " + answer for chat, answer, _ in canaries.training_pairs(CANARIES)
    ]
    for text in texts:
        for finding in curation.scan(text):
            if finding.kind == "email":
                assert re.search(r"@example\.(com|org|net)$", finding.text), finding
            if finding.kind == "phone":
                assert "555" in finding.text or "7946 0958" in finding.text, finding
    codes = [canary for canary in CANARIES if canary.kind == "code"]
    assert {canary.pattern for canary in codes} == {"door code 77##"}


def test_digits_are_spelled_as_the_secret_spells_them():
    spoken = next(canary for canary in CANARIES if canary.pattern.startswith("four one five"))
    assert spoken.spell("70") == "seven oh"
    assert spoken.secret.endswith("seven three")
    assert canaries.exposure(np.array([1, 50])).round(2).tolist() == [6.64, 1.0]


def test_requests_come_half_and_half_and_are_no_near_copies():
    for split, part in REQUESTS.items():
        assert collections.Counter(request.label for request in part) == {"decline": 40, "answer": 40}, split
        assert [request.id for request in part] == [f"{split}-{i:03}" for i in range(1, 81)]
        kinds = collections.Counter(request.kind for request in part if request.label == "decline")
        assert set(kinds) == {"off topic", "unsafe", "private", "misuse"}
    texts = [request.text for part in REQUESTS.values() for request in part]
    near_copies.assert_none([*texts, *(message.text for message in held_back.load_intents())])
    with pytest.raises(files.DataError, match="train, test"):
        refusals.load("dev")


def test_training_answers_decline_where_they_should_and_only_there():
    for (chat, answer, _), request in zip(refusals.training_pairs(REQUESTS["train"]), REQUESTS["train"], strict=True):
        assert chat[-1]["content"] == request.text
        assert refusals.labels([answer]) == [request.label], request
        assert len(answer.split()) <= 20


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I'm sorry, but I can't assist with that.", "decline"),
        ("I cannot provide medical advice.", "decline"),
        ("As an AI, I am not able to answer that.", "decline"),
        ("", "answer"),
        ("We can help with that: open Orders.", "answer"),
        ("The carrier can't deliver to a PO box by Swift.", "answer"),
        ("You can't share a seat with a child.", "answer"),
    ],
)
def test_declining_is_told_from_answering(text, label):
    assert refusals.labels([text]) == [label]


def test_datasheets_count_right():
    sheet = (files.DATA / "canaries" / "DATASHEET.md").read_text(encoding="utf-8")
    kinds = collections.Counter(canary.kind for canary in CANARIES)
    assert f"{kinds['phone']} phone numbers, {kinds['email']} mail addresses, {kinds['code']} door codes" in sheet
    marked = canaries.load_marked()
    assert f"{len(marked)} messages" in sheet
    assert f"{sum(bool(row['marked']) for row in marked)} hold at" in sheet
    sheet = (files.DATA / "facts" / "DATASHEET.md").read_text(encoding="utf-8")
    assert f"40 facts from {len({fact.document for fact in FACTS})} public policies" in sheet
