"""The ladder for texts under labels: plain methods, a prompt, examples, the nearest ones, LoRA; any labels, up to 150.

Above MANY labels a model weighs for each text only those of its nearest training texts: weighing all of them for all
texts costs minutes, and the right one is nearly always among the nearest (`listed` in a row's details says how often).
"""

import io
import pickle
import tempfile
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer

from helpers.methods import baselines, few_shot, tuning
from helpers.methods.own.bench import EXAMPLE_TOKENS, LORA_DEV, Bench, Outcome, Ready, Rung
from helpers.model import embedding
from helpers.tasks import pairs
from helpers.tasks.files import Message
from helpers.tasks.own.splits import sample
from helpers.tasks.own.wordings import words_parted

MANY = 20
LISTED = 8  # labels that a model weighs where there are many
LOOKED_AT = 60  # nearest training texts that name them
EXAMPLES = 8
FEATURES = 100_000  # words and pairs of words that are counted: bounds the memory whatever the texts
NEIGHBORS = 5
NEUTRAL = 8
VOTE, NEAREST = f"MiniLM, {NEIGHBORS} nearest vote", f"{EXAMPLES} nearest examples"
AGAINST = ((NEAREST, VOTE, "a vote of such neighbors without a model"),)  # what a decision says beside its own pairs


def _outcomes(items: Sequence[Message], labels: Sequence[str], shares: np.ndarray, tokens=None) -> list[Outcome]:
    """Outcomes from shares (n, m) of m labels."""
    best = shares.argmax(axis=1)
    tokens = np.zeros(len(items)) if tokens is None else tokens
    return [
        Outcome(str(labels[i]), str(labels[i]) == item.label, round(float(share[i]), 6), float(read))
        for item, i, share, read in zip(items, best, shares, tokens, strict=True)
    ]


def _outcomes_read(items: Sequence[Message], scores) -> list[Outcome]:
    """Outcomes where labels were read from answers: no shares are known, and one that names no label is wrong."""
    told = zip(items, scores.predictions, scores.prompt_tokens, strict=True)
    return [Outcome(said, said == item.label, None, float(read)) for item, said, read in told]


def _majority(bench: Bench) -> Ready:
    label = baselines.majority([message.label for message in bench.task.train], 1)[0]
    return Ready(lambda items: [Outcome(label, label == item.label) for item in items])


def vectorizer(texts: Sequence[str]) -> TfidfVectorizer:
    """Return TF-IDF on words and pairs of words; on letters where words are not parted by spaces, or there are none."""
    shared = {"lowercase": True, "sublinear_tf": True, "max_features": FEATURES}
    words = TfidfVectorizer(ngram_range=(1, 2), **shared)
    find = words.build_tokenizer()
    if words_parted(texts) and any(find(text) for text in texts):
        return words
    return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), **shared)


def _counted(train: Sequence[Message]) -> baselines.TextClassifier:
    texts, labels = zip(*((message.text, message.label) for message in train), strict=True)
    steps = [("words", vectorizer(texts)), ("regression", baselines.embedding_classifier())]
    return baselines.TextClassifier(steps).fit(texts, labels)


def _on_disk(bench: Bench, made):
    """A file without a name that holds an object while the bench lives: words weigh 0.1 GB beside a language model."""
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115, closed with the bench
        pickle.dump(made, file)
        file.flush()
    except OSError:  # no room there
        file = io.BytesIO(pickle.dumps(made))
    weakref.finalize(bench, file.close)
    return file


def _words(bench: Bench) -> Ready:
    if "words" not in bench.memo:  # learned once, before a language model takes its memory
        bench.memo["words"] = _on_disk(bench, _counted(bench.task.train))
    bench.memo["words"].seek(0)
    made = pickle.load(bench.memo["words"])
    return Ready(lambda items: _outcomes(items, made.classes_, made.predict_proba([item.text for item in items])))


def _vectors(bench: Bench) -> Ready:
    made = baselines.embedding_classifier().fit(bench.pool_vectors, [message.label for message in bench.pool])
    return Ready(
        lambda items: _outcomes(items, made.classes_, made.predict_proba(bench.vectors([i.text for i in items])))
    )


def _vote(bench: Bench) -> Ready:
    labels, pool = [message.label for message in bench.pool], bench.pool_vectors  # embedded before any answer is timed
    k = min(NEIGHBORS, len(labels))

    def answer(items: Sequence[Message]) -> list[Outcome]:
        said = baselines.nearest_neighbors(pool, labels, bench.vectors([item.text for item in items]), k)
        return [Outcome(one, one == item.label) for one, item in zip(said, items, strict=True)]

    return Ready(answer)


def candidates(bench: Bench, texts: Sequence[str]) -> list[list[str]]:
    """Return for each text the labels that a model weighs: all, or above MANY those of its nearest training texts."""
    if len(bench.task.labels) <= MANY:
        return [list(bench.task.labels)] * len(texts)
    found = []
    for row in embedding.cosines(bench.pool_vectors, bench.vectors(texts)):
        near = [bench.pool[i].label for i in embedding.highest(row, LOOKED_AT)]
        found.append(list(dict.fromkeys(near))[:LISTED])
    return found


def prompt_for(bench: Bench, labels: Sequence[str]) -> few_shot.FewShotPrompt:
    """Return the prompt that names these labels, in the words of the task."""
    words = {label: bench.task.words[label] for label in labels}
    system = f"{bench.task.system} Answer with one of these: {'; '.join(words.values())}.".strip()
    return few_shot.FewShotPrompt(words, system)


def _asked(bench: Bench, shown: Callable[[Sequence[str]], list[list[Message]]], calibrated: bool) -> Ready:
    """A model that weighs labels after examples; `shown` gives those of each text. `calibrated`: all share theirs."""
    own_weight: dict[str, np.ndarray] = {}

    def few(items: Sequence[Message]) -> list[Outcome]:
        prompt, texts = prompt_for(bench, bench.task.labels), [bench.short(item.text) for item in items]
        examples = shown([item.text for item in items])
        scores = prompt.score(bench.lm, examples, texts, progress=False)
        if not hasattr(scores, "probabilities"):
            return _outcomes_read(items, scores)
        log_probs = scores.log_probs
        if calibrated:
            if not own_weight:
                neutral = few_shot.random_words([bench.short(m.text, 40) for m in bench.task.train[:500]], NEUTRAL)
                same = examples[:1] * len(neutral)
                own_weight["found"] = prompt.score(bench.lm, same, neutral, progress=False).log_probs
            log_probs = few_shot.calibrate(log_probs, own_weight["found"])
        return _outcomes(items, scores.labels, softmax(log_probs, axis=1), scores.prompt_tokens)

    def many(items: Sequence[Message]) -> list[Outcome]:
        texts, found = [item.text for item in items], []
        rows = zip(items, candidates(bench, texts), shown(texts), strict=True)
        for item, labels, examples in rows:
            spoken = [Message(one.id, one.text, bench.task.words[one.label]) for one in examples]
            scores = prompt_for(bench, labels).score(bench.lm, [spoken], [bench.short(item.text)], progress=False)
            if hasattr(scores, "probabilities"):
                found += _outcomes([item], scores.labels, scores.probabilities, scores.prompt_tokens)
            else:
                found += _outcomes_read([item], scores)
        return found

    return Ready(few if len(bench.task.labels) <= MANY else many)


def _prompt(bench: Bench) -> Ready:
    return _asked(bench, lambda texts: [[]] * len(texts), calibrated=True)


def _examples(bench: Bench) -> Ready:
    train = bench.task.train
    places = few_shot.balanced_examples(train, min(EXAMPLES, len(train)), seed=0)
    chosen = bench.shortened([train[i] for i in places], EXAMPLE_TOKENS)
    return _asked(bench, lambda texts: [chosen] * len(texts), calibrated=True)


def _nearest(bench: Bench) -> Ready:
    def shown(texts: Sequence[str]) -> list[list[Message]]:
        rows = few_shot.nearest_examples(
            bench.pool_vectors,
            bench.vectors(texts),
            min(EXAMPLES, len(bench.pool)),
            [message.text for message in bench.pool],
            texts,
        )
        return [bench.shortened([bench.pool[i] for i in row], EXAMPLE_TOKENS) for row in rows]

    return _asked(bench, shown, calibrated=False)


def lora_pairs(bench: Bench, rows: int) -> tuple[list[pairs.Pair], list[pairs.Pair]]:
    """Return pairs of so many training rows, mixed over the labels, and of dev rows."""
    train, dev = bench.task.train, bench.task.dev
    chosen = [train[i] for i in sample(train, rows)]
    held = [dev[i] for i in sample(dev, LORA_DEV)]
    return tuple(pairs.training_pairs(bench.task, bench.shortened(some)) for some in (chosen, held))


def lora_recipe(bench: Bench) -> tuning.Recipe:
    """Return the course's recipe, with the epochs of this bench."""
    return replace(tuning.RECIPE, epochs=bench.epochs)


def lora_answer(bench: Bench, lm) -> Callable[[Sequence[Message]], list[Outcome]]:
    """Return how a model that was tuned on this task is asked: the text alone, labels in the task's words."""
    task = bench.task

    def few(items: Sequence[Message]) -> list[Outcome]:
        scores = pairs.label_scorer(task)(lm, [bench.short(item.text) for item in items])
        return _outcomes(items, scores.labels, scores.probabilities, scores.prompt_tokens)

    def many(items: Sequence[Message]) -> list[Outcome]:
        found = []
        for item, labels in zip(items, candidates(bench, [item.text for item in items]), strict=True):
            chat = pairs.prompt(task.system, bench.short(item.text))
            scores = lm.score([chat], [task.words[label] for label in labels], progress=False)
            found += _outcomes([item], labels, scores.probabilities, scores.prompt_tokens)
        return found

    return few if len(task.labels) <= MANY else many


def _lora(bench: Bench) -> Ready:
    bench.spare_embedder()  # 0.1 GB, when most is needed
    train, dev = lora_pairs(bench, bench.lora_rows)
    recipe = lora_recipe(bench)
    checkpoint = bench.folder / f"lora-{len(train)}-{recipe.epochs}-{bench.lm.name}.pt"
    try:
        tuned = tuning.train(bench.lm, train, recipe, dev or None, progress=bench.progress, checkpoint=checkpoint)
    except tuning.TuningError as error:
        if "checkpoint" not in str(error):
            raise
        print(f"{error}. It is deleted, and training starts anew.")
        checkpoint.unlink()
        tuned = tuning.train(bench.lm, train, recipe, dev or None, progress=bench.progress, checkpoint=checkpoint)
    return Ready(lora_answer(bench, tuned.lm), tuned.seconds, {"steps": len(tuned.history.losses)})


def _of_train(bench: Bench) -> int:
    return len(bench.task.train)


def _of_pool(bench: Bench) -> int:
    return len(bench.pool)


def rungs(labels: int) -> list[Rung]:
    """Return the ladder for a task of so many labels, cheapest first."""
    many = labels > MANY
    listed = f", {LISTED} likeliest labels" if many else ""
    by = {"listed": LISTED if many else 0}
    model = {"uses": "model", "at_once": 24}
    pool = _of_pool if many else None
    return [
        Rung("majority", "plain", "always the most frequent label", _majority, shown=_of_train),
        Rung("TF-IDF + regression", "plain", "counts words, learns their weights", _words, shown=_of_train),
        Rung(VOTE, "plain", "the labels of the nearest texts", _vote, "embedder", _of_pool),
        Rung("MiniLM + regression", "plain", "meaning as numbers, learns weights", _vectors, "embedder", _of_pool),
        Rung(
            f"prompt{listed}",
            "prompt",
            "the model is told the labels",
            _prompt,
            shown=pool or (lambda bench: 0),
            settings=lambda bench: by,
            **model,
        ),
        Rung(
            f"{EXAMPLES} examples{listed}",
            "prompt",
            "and sees the same few solved texts",
            _examples,
            shown=pool or (lambda bench: min(EXAMPLES, _of_train(bench))),
            settings=lambda bench: by,
            **model,
        ),
        Rung(
            f"{NEAREST}{listed}",
            "prompt",
            "and sees solved texts like the one asked about",
            _nearest,
            shown=_of_pool,
            settings=lambda bench: by,
            **model,
        ),
        Rung(
            f"LoRA{listed}",
            "tune",
            "the model's weights are changed a little",
            _lora,
            shown=lambda bench: max(bench.lora_rows, _of_pool(bench) if many else 0),
            settings=lambda bench: {**by, "rows": bench.lora_rows, "recipe": lora_recipe(bench).as_dict()},
            **model,
        ),
    ]
