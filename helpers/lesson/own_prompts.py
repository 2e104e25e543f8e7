"""Times the rows of other lessons one request at a time, on the prompts that these rows were measured with.

Prompts are built again as their lessons build them; results.latency refuses one that is not its row's own.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from helpers import statistics
from helpers.lesson.main_rows import LONG, QUESTIONS, SHORT, SHOTS, TUNED
from helpers.machine import runtime
from helpers.methods import adapters, baselines, few_shot, tuning
from helpers.methods.few_shot import FewShotPrompt
from helpers.methods.retrieval import chunking, contexts, index
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import evidence, latency
from helpers.results.comparisons import Together
from helpers.results.evidence import Evidence
from helpers.results.latency import Timed
from helpers.results.rows import LedgerRow
from helpers.tasks import intents, policies
from helpers.tasks.files import Message

REQUESTS = 12  # of each method; the long prompt takes some eight seconds on two cores
SHOWN_TOKENS = 20  # of a message that may be shown as an example
ZERO_SHOT = (
    f"You sort customer messages into one of six labels: {', '.join(intents.LABELS)}. Answer with the label only."
)
ORDERS: dict[str, Callable[[list], list]] = {
    "nearest last": lambda row: row,
    "nearest first": lambda row: row[::-1],
    "nearest in the middle": lambda row: [*row[::2], *row[1::2][::-1]],
}
ASKED, START = "{text}\n\nWhat kind of message is this?", "This is"


def time_all(together: Mapping[str, Together], count: int = REQUESTS) -> dict[tuple[str, str], Timed]:
    """Return (task, method) -> seconds of single requests, for what can be asked here; three of each in a quick run."""
    count = 3 if runtime.profile().value == "fast" else count
    lm, embedder = LanguageModel.load(), catalogue.load_embedder()
    return time_messages(together, lm, embedder, count) | time_questions(together, lm, embedder, count)


def time_messages(
    together: Mapping[str, Together], lm: LanguageModel, embedder, count: int = REQUESTS
) -> dict[tuple[str, str], Timed]:
    """Return (task, method) -> seconds for the customer messages' methods that can be asked here, `count` messages."""
    rows = {row.method: row for row in together["intents"].rows} if "intents" in together else {}
    if not rows:
        return {}
    known = set(next(iter(rows.values())).ids)
    items = [message for message in intents.read("test") if message.id in known][:count]
    train = intents.read("train")
    labels = [message.label for message in train]
    vectors = embedding.embed(embedder, [message.text for message in train])
    minilm = baselines.embedding_classifier().fit(vectors, labels)
    tfidf = baselines.tfidf_classifier().fit([message.text for message in train], labels)
    ways = {
        "TF-IDF + logistic regression": lambda row: (lambda m: tfidf.predict([m.text]), None),
        "MiniLM + logistic regression": lambda row: (
            lambda m: minilm.predict(embedding.embed(embedder, [m.text])),
            None,
        ),
        "zero-shot prompt": lambda row: _zero_shot(lm, items),
        SHOTS: lambda row: _nearest(row, lm, embedder, items),
        TUNED: lambda row: _tuned(lm, items),
    }
    found = {}
    for method, row in rows.items():
        if method in ways:
            answer, prompts = ways[method](row)
            timed = latency.alone(row, items, answer, prompts, lambda chat: lm.encode(lm.render(chat)))
            if timed:
                found[row.task, method] = timed
    return found


def _zero_shot(lm: LanguageModel, items: Sequence[Message]) -> tuple[Callable, list]:
    prompts = {m.id: [{"role": "system", "content": ZERO_SHOT}, {"role": "user", "content": m.text}] for m in items}
    return lambda m: lm.score([prompts[m.id]], intents.LABELS, progress=False), list(prompts.values())


def _forms() -> Iterator[FewShotPrompt]:
    """The ways in which a prompt with examples may ask; which one a row chose on dev, its hashes tell."""
    task = intents.load()
    named = task.with_words(intents.NAMES, intents.SYSTEM)
    yield from (few_shot.prompt_for(task), few_shot.prompt_for(named))
    for words in (intents.WORDS, intents.NAMES):
        for template, start, space in itertools.product((ASKED, "{text}"), (START, ""), (" ", "")):
            yield FewShotPrompt(
                {label: space * bool(start) + word for label, word in words.items()}, "", template, start
            )


def _nearest(row: LedgerRow, lm: LanguageModel, embedder, items: Sequence[Message]) -> tuple[Callable, list]:
    """Each message with its nearest short examples, as the row's settings and hashes say; the search takes part."""
    pool = [message for message in intents.read("train") if lm.count_tokens(message.text) <= SHOWN_TOKENS]
    vectors = embedding.embed(embedder, [message.text for message in pool])
    count = int(row.settings.get("k", 8))

    def search(texts: list[str]) -> list[list[Message]]:
        found = few_shot.nearest_examples(vectors, embedding.embed(embedder, texts), count)
        return [[pool[i] for i in one] for one in found]

    near = search([message.text for message in items])
    order = ORDERS.get(row.settings.get("order", ""), ORDERS["nearest last"])
    shown = {message.id: order(some) for message, some in zip(items, near, strict=True)}

    def prompts(form: FewShotPrompt) -> list:
        return [form.messages(shown[message.id], message.text) for message in items]

    forms = list(_forms())
    own = next((form for form in forms if latency.same_prompts(row, items, prompts(form))), forms[0])

    def answer(message: Message):
        search([message.text])
        return own.score(lm, [shown[message.id]], [message.text], progress=False)

    return answer, prompts(own)


def _tuned(lm: LanguageModel, items: Sequence[Message]) -> tuple[Callable, list]:
    task = intents.for_tuning()
    tuned, score = adapters.get(lm, "intents"), tuning.label_scorer(task)
    return lambda m: score(tuned, [m.text]), [tuning.prompt(task.system, m.text) for m in items]


def time_questions(
    together: Mapping[str, Together], lm: LanguageModel, embedder, count: int = REQUESTS
) -> dict[tuple[str, str], Timed]:
    """Return (task, method) -> seconds of the readers SHORT and LONG for `count` plain questions.

    Both search while a customer waits, so the search is part of the time; so is choosing the quote.
    """
    rows = {row.method: row for row in together[QUESTIONS].rows} if QUESTIONS in together else {}
    rows = {name: rows[name] for name in (SHORT, LONG) if name in rows}
    if not rows:
        return {}
    documents, known = policies.load_policies(), set(next(iter(rows.values())).ids)
    every = policies.load_policy_questions("test", tier="plain")
    asked = [question for question in every if question.id in known][:count]
    cut = chunking.Chunker(chunking.token_spans(lm.tokenizer))
    pipe = Pipeline(index.Index.build(documents, embedder, cut), lm)
    given = contexts.contexts(pipe, asked, documents)
    found: dict[tuple[str, str], Timed] = {}
    for name, row in rows.items():
        if not {"wording", "start", "shown"} <= set(row.settings):
            continue
        form = contexts.Form(*(row.settings[part] for part in ("wording", "start", "shown")))
        each = zip(asked, given[name.removeprefix("reader, ")], strict=True)
        chats = {one.id: form.prompt(lm, one.question, some) for one, some in each}
        answer = _reading(lm, pipe, chats, quoting=name == SHORT)
        timed = latency.alone(row, asked, answer, list(chats.values()), lambda chat: lm.encode(lm.render(chat)))
        if timed:
            found[row.task, name] = timed
    return found


def _reading(lm: LanguageModel, pipe: Pipeline, chats: Mapping[str, list], quoting: bool) -> Callable:
    def answer(question):
        (found,) = pipe.retrieve([question.question])
        if quoting:
            pipe.using(quotes=3).quoted(found)
        return lm.generate([chats[question.id]], contexts.TOKEN_LIMIT, progress=False)

    return answer


def latency_parts(together: Mapping[str, Together], timed: Mapping[tuple[str, str], Timed]) -> dict[str, Evidence]:
    """Return the evidence for the claim on latency: ratios of p95, and whether as much is right.

    Parts: `short`, one retrieved quote over all that fits into the prompt; `as right`, the two on the same questions;
    `tuned`, the tuned model over the prompt with examples.
    """
    rows = {(task, row.method): row for task, kept in together.items() for row in kept.rows}
    long, short = (QUESTIONS, LONG), (QUESTIONS, SHORT)
    pairs = {"short": (long, short), "tuned": (("intents", SHOTS), ("intents", TUNED))}
    parts = {}
    for name, (one, two) in pairs.items():
        if one in timed and two in timed:
            ratio = statistics.ratio_interval(timed[one].seconds, timed[two].seconds, _p95)
            parts[name] = evidence.number(ratio, n=len(timed[one].seconds), of=[rows[one], rows[two]])
    if long in rows and short in rows:
        parts["as right"] = evidence.difference(rows[long], rows[short])
    return parts


def _p95(values: np.ndarray, axis: int) -> np.ndarray:
    return np.quantile(values, 0.95, axis=axis)
