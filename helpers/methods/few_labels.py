"""What a handful of labels buys: shown in the prompt, learned by a regression, or trained into the weights.

Every way gets the same messages, several draws of them, and what is chosen is chosen on dev. Pictures and verdicts are
left to the lessons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from helpers import statistics
from helpers.methods import baselines, few_shot, tuning
from helpers.methods.few_shot import FewShotPrompt
from helpers.methods.search import Candidate, grid
from helpers.model import embedding
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import pairs
from helpers.tasks.files import Message
from helpers.tasks.task import Task

SIZES, DRAWS, NEAREST = (6, 12, 24, 50), 5, 8
ORDERS: dict[str, Callable[[list], list]] = {
    "nearest last": lambda row: row,
    "nearest first": lambda row: row[::-1],
    "nearest in the middle": lambda row: [*row[::2], *row[1::2][::-1]],
}
ALL, NEAR, REGRESSION, LORA = "all shown", f"{NEAREST} nearest shown", "regression", "LoRA"


def asking(lab: Lab, prompt: FewShotPrompt, examples: Sequence, neutral: Sequence[str] = ()) -> tuple[Callable, dict]:
    """Return how texts are sorted with examples that all share, or one list for each; and what a row says of it.

    neutral: texts that say nothing; if there are some, the labels' own weight is taken away (see few_shot.calibrate).
    """
    if neutral:
        score = partial(prompt.score_calibrated, lab.model, examples, neutral=neutral, progress=False)
    else:
        score = partial(prompt.score, lab.model, examples, progress=False)
    told = {"words": list(prompt.names.values())} | ({"neutral": list(neutral)} if neutral else {})
    shared = not examples or isinstance(examples[0], Message)
    ids = {e.id for shown in ([examples] if shared else examples) for e in shown}
    return score, {"prompts": partial(prompt.prompts, examples), "settings": told, "labels_used": len(ids)}


def shown(
    lab: Lab,
    prompt: FewShotPrompt,
    name: str,
    examples: Sequence,
    items: Sequence[Message],
    neutral: Sequence[str] = (),
    **more,
) -> LedgerRow:
    """Measure a prompt with examples, shared or one list for each item; `more` goes to `ledger.measure`."""
    score, told = asking(lab, prompt, examples, neutral)
    return lab.measure(name, items, score, approach="prompt", **{**told, **more})


def draw(pool: Sequence[Message], k: int, seed: int) -> list[Message]:
    """Return k examples drawn at random, every label about as often as any other."""
    return [pool[i] for i in few_shot.balanced_examples(pool, k, seed)]


def draws(
    lab: Lab,
    prompt: FewShotPrompt,
    name: str,
    pool: Sequence[Message],
    k: int,
    count: int,
    items: Sequence[Message],
    neutral: Sequence[str] = (),
    **more,
) -> list[LedgerRow]:
    """Return the rows of several draws of k examples, `name, draw 1` first; heavy, and not printed."""
    told = {"heavy": True, "show": False, **more}
    return [
        shown(lab, prompt, f"{name}, draw {seed + 1}", draw(pool, k, seed), items, neutral, seed=seed, **told)
        for seed in range(count)
    ]


def candidates(
    lab: Lab, prompts: Mapping[str, FewShotPrompt], pool: Sequence[Message], neutral: Sequence[str], **options: Sequence
) -> list[Candidate]:
    """Return variants of a prompt with shared examples: words (a name in `prompts`), k, draw, calibrated.

    options: the values of k, draw and calibrated to be tried; see `search.grid` for their order.
    """
    found = []
    for settings in grid(words=list(prompts), **options):
        examples = draw(pool, settings["k"], settings["draw"] - 1)
        texts = neutral if settings["calibrated"] else ()
        score, told = asking(lab, prompts[settings["words"]], examples, texts)
        told.pop("settings")
        found.append(Candidate(settings, score, told))
    return found


def corrected(example: Message, wrong: str) -> list[Message]:
    """Return two examples that show a bad answer and its correction: the text with a wrong label, then "Wrong.".

    The answer's form stays that of every other example, so that what is scored afterwards is the same.

    >>> [(e.text, e.label) for e in corrected(Message("1", "It broke.", "bug"), "bill")]
    [('It broke.', 'bill'), ('Wrong.', 'bug')]
    """
    return [
        Message(f"{example.id}, wrong", example.text, wrong),
        Message(f"{example.id}, corrected", "Wrong.", example.label),
    ]


def nearest_candidates(
    lab: Lab, prompts: Mapping[str, FewShotPrompt], neighbors: Callable, **options: Sequence
) -> list[Candidate]:
    """Return variants of a prompt that shows each text its own neighbors: words, k, order (one of ORDERS).

    neighbors: takes n texts and k, and returns n lists of k messages, nearest last. options: values of k and order.
    """
    found = []
    for settings in grid(words=list(prompts), k=options["k"], order=options["order"]):
        prompt, k, order = prompts[settings["words"]], settings["k"], ORDERS[settings["order"]]

        def shown_to(texts: Sequence[str], k=k, order=order) -> list[list[Message]]:
            return [order(list(row)) for row in neighbors(texts, k)]

        def predict(texts: list[str], prompt=prompt, shown_to=shown_to):
            return prompt.score(lab.model, shown_to(texts), texts, progress=False)

        def read(texts: list[str], prompt=prompt, shown_to=shown_to) -> list:
            return prompt.prompts(shown_to(texts), texts)

        found.append(Candidate(settings, predict, {"prompts": read}))
    return found


def gain(first: Sequence[LedgerRow], second: Sequence[LedgerRow]) -> Interval:
    """Return by how much `second` is more often right, over draws and items: rows in pairs, of the same items.

    One row in `first` stands against every one of `second`.
    """
    first = list(first) * (len(second) if len(first) == 1 else 1)
    if len(first) != len(second) or any(a.ids != b.ids for a, b in zip(first, second, strict=False)):
        raise ValueError(f"give rows of the same items in pairs, or one against all; got {len(first)}, {len(second)}")
    gaps = [np.subtract(two.correct, one.correct) for one, two in zip(first, second, strict=True)]
    return statistics.crossed_interval(gaps)


def accuracy(rows: Sequence[LedgerRow]) -> Interval:
    """Return the share right of several draws on the same items, its interval over draws and items."""
    return statistics.crossed_interval([row.correct for row in rows])


@dataclass(frozen=True)
class Compared:
    """The ways to use n labels, each with its rows on test, one a draw.

    shown, rival: the best way to show them, and the better of regression and LoRA, both chosen on dev.
    """

    n: int
    rows: Mapping[str, Sequence[LedgerRow]]
    shown: str
    rival: str

    @property
    def everything(self) -> list[LedgerRow]:
        """The rows of all ways."""
        return [row for rows in self.rows.values() for row in rows]

    @property
    def lead(self) -> Interval:
        """By how much the prompt is ahead of its rival, over draws and messages."""
        return gain(self.rows[self.rival], self.rows[self.shown])

    def accuracy(self, way: str) -> Interval:
        """The share right of one way, over draws and messages."""
        return accuracy(self.rows[way])


@dataclass(frozen=True)
class SameLabels:
    """What the ways share: draws of one pool, one test.

    lab: its model is prompted and tuned. vectors: of the pool, (n, d), by `embedder`. task: labels as a tuned model
    answers them. recipe: for about 300 pairs and more; fewer are read more often.
    """

    lab: Lab
    prompt: FewShotPrompt
    pool: Sequence[Message]
    vectors: np.ndarray
    embedder: object
    task: Task
    neutral: Sequence[str] = ()
    draws: int = DRAWS
    recipe: tuning.Recipe = field(default=tuning.RECIPE)

    def compare(self, n: int, dev: Sequence[Message], test: Sequence[Message]) -> Compared:
        """Return all ways to use n labels; heavy, so taken from stored rows where they agree."""
        on_dev = {way: self.rows(way, n, dev, "dev") for way in self._ways(n)}

        def best(ways: Sequence[str]) -> str:
            return max(ways, key=lambda way: sum(sum(row.correct) for row in on_dev[way]))

        chosen = best([way for way in on_dev if way in (ALL, NEAR)])
        ways = (chosen, REGRESSION, LORA)
        on_test = {way: self.rows(way, n, test, "test") for way in ways}
        return Compared(n, on_test, chosen, best((REGRESSION, LORA)))

    def rows(self, way: str, n: int, items: Sequence[Message], split: str) -> list[LedgerRow]:
        """Return the rows of one way, one a draw of n labels."""
        measure = {REGRESSION: self._regression, LORA: self._lora}.get(way, partial(self._shown, way))
        return [measure(n, number, items, split) for number in range(self.draws)]

    def _ways(self, n: int) -> list[str]:
        return [ALL, *([NEAR] if n > NEAREST else []), REGRESSION, LORA]

    def _named(self, way: str, n: int, number: int, split: str) -> tuple[str, dict]:
        told = {"split": split, "labels_used": n, "seed": number, "heavy": True, "show": False}
        return f"{way}, {n} labels, draw {number + 1}", told

    def _shown(self, way: str, n: int, number: int, items: Sequence[Message], split: str) -> LedgerRow:
        examples: Sequence = draw(self.pool, n, number)
        name, told = self._named(f"few-shot, {way}", n, number, split)
        if way == ALL:
            return shown(self.lab, self.prompt, name, examples, items, self.neutral, **told)
        kept = self.vectors[few_shot.balanced_examples(self.pool, n, number)]
        near = few_shot.nearest_examples(kept, self._embed([m.text for m in items]), NEAREST)
        each = [[examples[i] for i in row] for row in near]
        return shown(self.lab, self.prompt, name, each, items, **told)

    def _regression(self, n: int, number: int, items: Sequence[Message], split: str) -> LedgerRow:
        kept = few_shot.balanced_examples(self.pool, n, number)
        name, told = self._named("MiniLM + logistic regression", n, number, split)
        model = baselines.embedding_classifier().fit(self.vectors[kept], [self.pool[i].label for i in kept])

        def predict(texts: list[str]):
            return model.predict(self._embed(texts))

        return self.lab.measure(name, items, predict, approach="plain", model=self.embedder, **told)

    def _lora(self, n: int, number: int, items: Sequence[Message], split: str) -> LedgerRow:
        recipe = replace(self.recipe, seed=number, epochs=max(self.recipe.epochs, -(-300 // n)))
        name, told = self._named("LoRA", n, number, split)
        told.pop("seed"), told.pop("heavy")
        learned = pairs.training_pairs(self.task, draw(self.pool, n, number))

        def asked(texts: list[str]) -> list[list[dict]]:
            return [pairs.prompt(self.task.system, text) for text in texts]

        score = pairs.label_scorer(self.task)
        return tuning.measured(self.lab, name, learned, recipe, items, score, prompts=asked, **told)

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        return embedding.embed(self.embedder, texts)
