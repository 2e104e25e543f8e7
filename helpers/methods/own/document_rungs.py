"""The ladder for questions on documents: the best sentence, the model from memory, the model with what was found."""

from collections.abc import Callable, Sequence

from helpers.methods.own.bench import Bench, Outcome, Ready, Rung
from helpers.methods.retrieval import chunking, contexts, passages
from helpers.methods.retrieval.index import Index
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.methods.retrieval.quotes import quotes_of
from helpers.model.prompts import Prompt
from helpers.tasks import grading
from helpers.tasks.policies import PolicyQuestion

CLOSED_BOOK = Prompt("closed book", "Question: {text}", "You answer questions in one short sentence.")
TOKEN_LIMIT = 28  # of an answer, room for one short sentence
QUESTION_TOKENS = 200
FORM = contexts.Form("twice", "", False)


def _graded(
    questions: Sequence[PolicyQuestion], texts: Sequence[str], read: Sequence[int] = (), written: Sequence[int] = ()
) -> list[Outcome]:
    found = []
    tokens = zip(read or [0] * len(texts), written or [0] * len(texts), strict=True)
    for question, text, (before, after) in zip(questions, texts, tokens, strict=True):
        verdict = grading.grade(question, passages.without_citations(text)).verdict
        right = grading.correct(question, verdict)
        found.append(Outcome(verdict, right, None, float(before), float(after), text))
    return found


def _pipeline(bench: Bench) -> Pipeline:
    """The documents, cut and indexed once for all rungs of a bench."""
    if "pipeline" in bench.memo:
        return bench.memo["pipeline"]
    by_tokens = hasattr(bench.lm, "tokenizer")  # a model behind an address has none to give
    chunker = chunking.Chunker(chunking.token_spans(bench.lm.tokenizer) if by_tokens else chunking.word_spans)
    index = Index.build(bench.own.documents, bench.embedder, chunker)
    return bench.memo.setdefault("pipeline", Pipeline(index, bench.lm))


def _by_words(bench: Bench) -> Ready:
    """The sentence that shares most words with the question, of the first chunk that BM25 finds."""
    index = _pipeline(bench).index

    def best(question: str) -> str:
        hits = index.bm25(question, 1)
        quotes = quotes_of(hits[0].chunk) if hits else []
        asked = set(grading.content_words(question))
        overlap = [len(asked & set(grading.content_words(quote.text))) for quote in quotes]
        return quotes[overlap.index(max(overlap))].text if quotes else ""

    return Ready(lambda items: _graded(items, [best(item.question) for item in items]))


def _by_meaning(bench: Bench) -> Ready:
    pipe = _pipeline(bench).using(quotes=1)

    def answer(items: Sequence[PolicyQuestion]) -> list[Outcome]:
        found = pipe.retrieve([bench.short(item.question, QUESTION_TOKENS) for item in items])
        quotes = [pipe.quoted(one) for one in found]
        return _graded(items, [some[0].chunk.text if some else "" for some in quotes])

    return Ready(answer)


def _closed_book(bench: Bench) -> Ready:
    def answer(items: Sequence[PolicyQuestion]) -> list[Outcome]:
        chats = [CLOSED_BOOK.messages(bench.short(item.question, QUESTION_TOKENS)) for item in items]
        made = bench.lm.generate(chats, TOKEN_LIMIT, progress=False)
        return _graded(items, made.texts, made.prompt_tokens, made.new_tokens)

    return Ready(answer)


def _reads(quotes: int) -> Callable[[Bench], Ready]:
    def begin(bench: Bench) -> Ready:
        pipe = _pipeline(bench).using(quotes=quotes)

        def answer(items: Sequence[PolicyQuestion]) -> list[Outcome]:
            asked = [bench.short(item.question, QUESTION_TOKENS) for item in items]
            given = [[hit.chunk for hit in pipe.quoted(one)] for one in pipe.retrieve(asked)]
            prompts = [FORM.prompt(bench.lm, one, some) for one, some in zip(asked, given, strict=True)]
            made = bench.lm.generate(prompts, TOKEN_LIMIT, progress=False)
            return _graded(items, made.texts, made.prompt_tokens, made.new_tokens)

        return Ready(answer)

    return begin


def _may_abstain(bench: Bench) -> Ready:
    pipe = _pipeline(bench).using(quotes=3, cite=False, abstain=True, max_new_tokens=TOKEN_LIMIT)

    def answer(items: Sequence[PolicyQuestion]) -> list[Outcome]:
        made = pipe.ask([bench.short(item.question, QUESTION_TOKENS) for item in items])
        read, written = [one.prompt_tokens for one in made], [one.new_tokens for one in made]
        return _graded(items, [one.text for one in made], read, written)

    return Ready(answer)


def rungs() -> list[Rung]:
    """Return the ladder for questions on documents, cheapest first."""
    model = {"uses": "model", "at_once": 12}
    return [
        Rung("best sentence, by words", "plain", "BM25; no model reads it", _by_words, "model", at_once=50),
        Rung(
            "best sentence, by meaning too",
            "plain",
            "words and meaning; no model reads it",
            _by_meaning,
            "model",
            at_once=50,
        ),
        Rung("closed book", "prompt", "the model from memory", _closed_book, **model),
        Rung("reads one quote", "retrieve", "the model and the best sentence", _reads(1), **model),
        Rung("reads three quotes", "retrieve", "the model and the three best", _reads(3), **model),
        Rung("reads three quotes, may abstain", "retrieve", "and may say that nothing answers", _may_abstain, **model),
    ]
