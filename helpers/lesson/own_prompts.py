"""Times the rows of other lessons one request at a time, on the prompts that these rows were measured with.

Prompts are built again as their lessons build them; results.latency refuses one that is not its row's own.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from helpers import statistics
from helpers.methods import adapters, baselines, few_shot, tuning
from helpers.methods.retrieval import contexts
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.model import embedding
from helpers.model.language_model import LanguageModel
from helpers.results import evidence, latency
from helpers.results.comparisons import Together
from helpers.results.latency import Timed
from helpers.tasks import intents, policies

SHORT = 20  # tokens of a message that is shown as an example
ZERO_SHOT = (
    f"You sort customer messages into one of six labels: {', '.join(intents.LABELS)}. Answer with the label only."
)
QUESTIONS = policies.TIERS["plain"]
FROM_MEMORY = ("closed book", "all that fits")  # contexts that need no search while a customer waits


def time_messages(together: Mapping[str, Together], lm: LanguageModel, embedder, count: int = 24) -> dict[tuple, Timed]:
    """Return (task, method) -> seconds for the customer messages' methods that can be asked here, `count` messages."""
    test = intents.read("test")
    train = intents.read("train")
    texts, labels = [message.text for message in train], [message.label for message in train]
    vectors = embedding.embed(embedder, texts)
    minilm = baselines.embedding_classifier().fit(vectors, labels)
    tfidf = baselines.tfidf_classifier().fit(texts, labels)
    ways = {
        "TF-IDF + logistic regression": (lambda m: tfidf.predict([m.text]), None),
        "MiniLM + logistic regression": (lambda m: minilm.predict(embedding.embed(embedder, [m.text])), None),
        "zero-shot prompt": _zero_shot(lm, test[:count]),
        "few-shot, 8 nearest": _nearest(lm, embedder, test, count),
        "LoRA, 600 messages": _tuned(lm, test[:count]),
    }
    found = {}
    for row in together["intents"].rows if "intents" in together else ():
        if row.method in ways:
            answer, prompts = ways[row.method]
            timed = latency.alone(row, test[:count], answer, prompts, lambda chat: lm.encode(lm.render(chat)))
            if timed:
                found[row.task, row.method] = timed
    return found


def _zero_shot(lm: LanguageModel, items: Sequence) -> tuple[Callable, list]:
    prompts = {m.id: [{"role": "system", "content": ZERO_SHOT}, {"role": "user", "content": m.text}] for m in items}
    return lambda m: lm.score([prompts[m.id]], intents.LABELS, progress=False), list(prompts.values())


def _nearest(lm: LanguageModel, embedder, test: Sequence, count: int) -> tuple[Callable, list]:
    """Each message with its eight nearest short examples, the shared ones in front; the search is part of the time."""
    pool = [message for message in intents.read("train") if lm.count_tokens(message.text) <= SHORT]
    texts, asked = [m.text for m in pool], [m.text for m in test]
    vectors = embedding.embed(embedder, texts)
    rows = few_shot.nearest_examples(vectors, embedding.embed(embedder, asked), 8, texts, asked)
    rows = few_shot.common_first(rows, [lm.count_tokens(text) for text in texts])
    prompt = few_shot.prompt_for(intents.load())
    shown = {m.id: [pool[i] for i in row] for m, row in zip(test[:count], rows[:count], strict=True)}

    def answer(message):
        few_shot.nearest_examples(vectors, embedding.embed(embedder, [message.text]), 8)
        return prompt.score(lm, [shown[message.id]], [message.text], progress=False)

    return answer, [prompt.messages(shown[m.id], m.text) for m in test[:count]]


def _tuned(lm: LanguageModel, items: Sequence) -> tuple[Callable, list]:
    task = intents.for_tuning()
    tuned, score = adapters.get(lm, "intents"), tuning.label_scorer(task)
    return lambda m: score(tuned, [m.text]), [tuning.prompt(task.system, m.text) for m in items]


def time_questions(
    together: Mapping[str, Together], lm: LanguageModel, pipe: Pipeline, documents: Sequence, count: int = 20
) -> dict[tuple, Timed]:
    """Return (task, method) -> seconds for readers of `count` plain questions, each with the prompt of its row.

    Whatever a context needs while a customer waits is part of the time: the search, where there is one.
    """
    found: dict[tuple, Timed] = {}
    if QUESTIONS not in together:
        return found
    asked = policies.load_policy_questions("test", tier="plain")[:count]
    given = contexts.contexts(pipe, asked, documents)
    for row in together[QUESTIONS].rows:
        context = row.method.removeprefix("reader, ")
        if context not in given or not {"wording", "start", "shown"} <= set(row.settings):
            continue
        form = contexts.Form(*(row.settings[name] for name in ("wording", "start", "shown")))
        chats = [form.prompt(lm, one.question, some) for one, some in zip(asked, given[context], strict=True)]
        answer = _reading(lm, pipe, dict(zip((one.id for one in asked), chats, strict=True)), context)
        timed = latency.alone(row, asked, answer, chats, lambda chat: lm.encode(lm.render(chat)))
        if timed:
            found[row.task, row.method] = timed
    return found


def _reading(lm: LanguageModel, pipe: Pipeline, chats: dict, context: str) -> Callable:
    def answer(question):
        if context not in FROM_MEMORY:
            pipe.retrieve([question.question])
        return lm.generate([chats[question.id]], contexts.TOKEN_LIMIT, progress=False)

    return answer


def latency_parts(together: Mapping[str, Together], timed: Mapping[tuple, Timed], shots: str, tuned: str) -> dict:
    """Return the evidence that was timed here for the claim on latency: ratios of p95, and whether as much is right.

    Parts: `search`, one retrieved quote over all that fits into the prompt; `as right`, the two on the same questions;
    `tuned`, the tuned model over the prompt with examples.
    """
    long, short = (QUESTIONS, "reader, all that fits"), (QUESTIONS, "reader, one quote")
    rows = {(task, row.method): row for task, kept in together.items() for row in kept.rows}
    pairs = {"search": (long, short), "tuned": (("intents", shots), ("intents", tuned))}
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
