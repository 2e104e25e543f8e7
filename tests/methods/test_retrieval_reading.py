"""Quotes, copying, measured rows, the large collection, the inspector, and broken input of every kind."""

import numpy as np
import pytest
from test_retrieval import POLICY, SECRET, SmallEmbedder, chunker, unit_rows
from test_retrieval_answers import EchoModel

from helpers.lesson.widgets import retrieval as inspector
from helpers.methods.retrieval import copying, graded, index, passages, pipeline, quotes, scale
from helpers.results import ledger, measuring
from helpers.tasks import files, policies


@pytest.fixture(scope="module")
def built():
    return index.Index.build([*policies.load_policies(), SECRET], SmallEmbedder(), chunker())


QUESTIONS = policies.load_policy_questions("dev")[:6]


def test_quotes_are_sentences_of_the_kept_chunks_ranked_as_by_the_obvious_loop(built):
    pipe = pipeline.Pipeline(built, EchoModel()).using(quotes=3)
    (found,) = pipe.retrieve(["late fee for a parcel"])
    best = pipe.quoted(found)
    small = [(quote, hit.score) for hit in found.kept for quote in quotes.quotes_of(hit.chunk)]
    own = [pipe.reranker(quotes=True).max_sim("late fee for a parcel", [quote])[0] for quote, _ in small]
    beside = [score for _, score in small]
    both = [
        (a - np.mean(own)) / np.std(own) + 0.3 * (b - np.mean(beside)) / np.std(beside)
        for a, b in zip(own, beside, strict=True)
    ]
    assert [quote.score for quote in best] == pytest.approx(sorted(both, reverse=True)[:3], abs=1e-4)
    assert len({quote.chunk.id for quote in best}) == 3


def test_a_quote_knows_where_it_stands_and_a_row_has_the_names_of_its_columns():
    assert "size: small; fee: $3" in [q.text for c in chunker().split(POLICY) for q in quotes.quotes_of(c)]
    for policy in policies.load_policies():
        for chunk in chunker().split(policy):
            for quote in quotes.quotes_of(chunk):
                line = policy.text[quote.start : quote.end]
                assert line == quote.text or line.startswith("|"), policy.id


def test_every_answerable_question_has_its_quote(built):
    documents = policies.load_policies()
    texts = {policy.id: policy.text for policy in documents}
    for question in [q for split in ("dev", "test") for q in policies.load_policy_questions(split) if q.answerable]:
        quote = quotes.evidence_quote(question, built.chunks, documents)
        line = texts[quote.document][quote.start : quote.end]
        assert quote.document in question.documents
        assert any(set(part.split()) & set(line.split()) for part in question.evidence), question.id
    with pytest.raises(ValueError, match="no chunk holds"):
        quotes.evidence_quote(question, [], documents)


@pytest.mark.weights
def test_a_copied_answer_stands_word_for_word_in_a_passage(small, built):
    asked = [question.question for question in QUESTIONS]
    pipe = pipeline.Pipeline(built, small).using(quotes=3, copy=True, rerank=False, max_new_tokens=12)
    for examples in (False, True):
        answers = pipe.using(examples=examples).ask(asked)
        assert any(answer.new_tokens > 2 for answer in answers)
        for answer in answers:
            (number,) = passages.cited_numbers(answer.text)
            assert passages.without_citations(answer.text) in passages.passage_text(
                answer.prompt.used[number - 1], number
            )
    free = pipe.using(copy=False).ask(asked)
    assert not all(any(a.text in passages.passage_text(c, i) for i, c in enumerate(a.prompt.used, 1)) for a in free), (
        "the test can fail"
    )


@pytest.mark.weights
def test_an_answer_never_copies_the_question_or_goes_over_a_line(small):
    chat = copying.COPY.messages("What is xylophone?", passages="[1] A: B\nThe fee is $3.\n\n[2] C: D\nOpen at nine.")
    out = small.generate([chat] * 2, 40, logits_processor=copying.copy_only(small), progress=False)
    assert out.texts[0] == out.texts[1]
    assert "xylophone" not in out.texts[0]
    assert "\n" not in out.texts[0]


def test_rows_hold_verdicts_answers_and_citations(built, capsys):
    lab = ledger.Lab("policy_qa", "echo", noun="questions")
    echo = pipeline.Pipeline(built, EchoModel())
    answer = graded.graded(QUESTIONS, lambda qs: echo.ask([q.text for q in qs]))
    row = lab.measure("echo", QUESTIONS, answer, approach="retrieve")
    assert row.gold == ["right" if q.answerable else "abstained" for q in QUESTIONS]
    assert set(row.details["answers"]) == {q.id for q in QUESTIONS}
    assert min(row.prompt_tokens) > 100
    assert row.prompts == measuring.hash_prompts(echo.prompts([q.text for q in QUESTIONS]))
    silent = graded.graded(QUESTIONS, lambda qs: [passages.ABSTENTION] * len(qs))
    other = lab.measure("silent", QUESTIONS, silent, approach="plain", show=False)
    assert sum(other.correct) == sum(not q.answerable for q in QUESTIONS)
    assert all(graded.abstained(other))
    assert not any(graded.answerable(other))
    assert ledger.compare(row, other).difference.estimate > 0
    assert "echo: good" in capsys.readouterr().out


def test_a_large_collection_is_measured_once_and_then_taken_from_what_is_stored(monkeypatch):
    real, queries = unit_rows(50), unit_rows(5)
    first = scale.row("exact", 200, real, queries)
    assert first.predictions == ["10 of 10"] * 5
    assert first.details["recall"] == 1
    monkeypatch.setattr(scale, "measure", None)
    assert scale.row("exact", 200, real, queries) == first
    monkeypatch.setattr(scale, "NOISE", 0.1)
    with pytest.raises(TypeError):
        scale.row("exact", 200, real, queries)


def test_a_large_collection_is_measured_against_exact_search():
    vectors = scale.many_vectors(unit_rows(50), 3000)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
    found = {kind: scale.measure(kind, vectors, scale.many_vectors(unit_rows(50), 20, seed=1)) for kind in scale.KINDS}
    assert found["exact"].recall == 1
    assert 0.9 <= found["approximate"].recall <= 1
    assert 3000 * 32 * 2 < 1e6 * found["approximate"].megabytes < 3000 * (32 * 2 + 400), (
        "vectors in half precision, and a small graph"
    )
    assert all(0 < one.p50 <= one.p95 for one in found.values())
    with pytest.raises(ValueError, match="no index of the kind"):
        scale.measure("magic", vectors, vectors[:1])


def test_the_inspector_escapes_and_shows_every_step(built):
    pipe = pipeline.Pipeline(built, EchoModel("<b>$3</b> [1] [9]"))
    seen = inspector.inspector_html(pipe, "Why <script>?", index.PUBLIC)
    assert "<script>" not in seen
    assert "<b>$3</b>" not in seen
    assert "[9] names no passage" in seen
    assert seen.count("<tr>") == 9
    for step in ("Searched for", "Candidates", "Passages in the prompt", "the prompt,", "Answer"):
        assert step in seen
    with pytest.raises(ValueError, match="the question is empty"):
        inspector.inspector_html(pipe, " ")


FRONT = "---\nid: {}\ntitle: A\naudience: public\neffective: 2026-01-31\n---\n"


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ({}, "holds no .md file"),
        ({"a.md": b"\x00\x01\x02\xff\xfe" * 50}, "a.md"),
        ({"a.md": FRONT.format("a").encode() + b"word " * 2_100_000}, r"a.md holds 10.5 MB; split it"),
        ({"a.md": (FRONT.format("a") + "caf\u00e9").encode("latin-1")}, "a.md"),
        ({"a.md": b"No front matter."}, "a.md has no front matter"),
        (
            {"a.md": (FRONT.format("x") + "A.").encode(), "b.md": (FRONT.format("x") + "B.").encode()},
            "b.md has the id 'x'",
        ),
    ],
    ids=["empty folder", "binary file", "10 MB", "wrong encoding", "no front matter", "same id twice"],
)
def test_broken_folders_are_refused_with_the_file_named(tmp_path, contents, says):
    for name, raw in contents.items():
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(files.DataError, match=says) as refused:
        policies.load_policies(tmp_path)
    assert len(str(refused.value)) > 30


@pytest.mark.weights
def test_the_real_embedder_searches_a_question_of_5000_words(real):
    from helpers.methods.retrieval import chunking
    from helpers.model import catalogue

    own = index.Index.build(
        [POLICY, SECRET], catalogue.load_embedder(device="cpu"), chunking.Chunker(chunking.token_spans(real.tokenizer))
    )
    pipe = pipeline.Pipeline(own, real)
    assert pipe.retrieve(["late parcel fee " * 1700])[0].kept
    with pytest.raises(passages.PromptTooLongError, match="the budget is 1500"):
        pipe.ask(["late parcel fee " * 1700])
