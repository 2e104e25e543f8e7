"""Ways to ask a model for a label: a prompt, what each label is called in the answer, and the labels' own weight.

A prompt with one table of words is read once for two candidates of a search: as scored, and with the labels' own weight
taken away. Which is best is left to search.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from helpers import statistics
from helpers.methods import adapters, few_shot, recorded, structured
from helpers.methods.search import Candidate, Search
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.model.scoring import LabelScores
from helpers.results.ledger import Lab, compare
from helpers.results.rows import LedgerRow, digest
from helpers.statistics import Comparison, Interval
from helpers.tasks import intents
from helpers.tasks.pairs import label_scorer
from helpers.tasks.task import Task

THINKING = 120  # tokens: room to finish a thought
SO = "\n\nSo "  # between a thought and the words that are scored
SHIPPED = "tuned (shipped adapter)"  # what tables call the row of an adapter that comes with the course
HOWS = {"as scored": "", "calibrated": ", calibrated"}  # how the name of a way ends


@dataclass(frozen=True)
class Reading:
    """What a model made of n texts under one prompt and one table of words.

    plain: scores as they come. calibrated: with the labels' own weight taken away. own_weight: label -> its share on
    texts that say nothing; they sum to one.
    """

    plain: LabelScores
    calibrated: LabelScores
    own_weight: dict[str, float]


@dataclass(frozen=True)
class Way(Candidate):
    """A candidate of a search that is called by its prompt and its table of words; its settings hold all the words."""

    title: str = ""

    @property
    def name(self) -> str:
        """What tables and rows call it."""
        return self.title


def read(
    lm: LanguageModel, prompt: Prompt, words: Mapping[str, str], texts: Sequence[str], neutral: Sequence[str], **options
) -> Reading:
    """Return the scores of every label, under its words, for n texts.

    Args:
        prompt: with the place {text}.
        words: label -> what the model may answer for it.
        neutral: texts that say nothing, by which the labels' own weight is measured (see `few_shot.calibrate`).
        options: those of `LanguageModel.score`.
    """
    asked = prompt.of_each([*texts, *neutral])
    scores = lm.score(asked, list(words.values()), **{"progress": False, **options}).renamed(list(words))
    real, own = scores.log_probs[: len(texts)], scores.log_probs[len(texts) :]
    plain = replace(scores, log_probs=real, prompt_tokens=scores.prompt_tokens[: len(texts)])
    weight = softmax(own, axis=1).mean(axis=0)
    own_weight = {label: float(share) for label, share in zip(words, weight, strict=True)}
    return Reading(plain, replace(plain, log_probs=few_shot.calibrate(real, own)), own_weight)


def ways(
    lm: LanguageModel,
    prompt: Prompt,
    words: Mapping[str, str],
    called: str,
    neutral: Sequence[str],
    **options,
) -> tuple[Way, Way]:
    """Return two candidates, as scored and calibrated, that share one reading of the texts; arguments as for `read`.

    called: the name of the table of words.
    """
    kept: dict[tuple[str, ...], Reading] = {}

    def reading(texts: Sequence[str]) -> Reading:
        if tuple(texts) not in kept:
            kept[tuple(texts)] = read(lm, prompt, words, texts, neutral, **options)
        return kept[tuple(texts)]

    settings = {"prompt": prompt.name, "called": called, "words": list(words.values()), **options}
    told = {"prompts": prompt.of_each}
    title = f"{prompt.name}, {called}"
    plain = Way({**settings, "calibrated": False}, lambda texts: reading(texts).plain, told, title)
    again = {**settings, "calibrated": True, "neutral": digest(list(neutral))}
    return plain, Way(again, lambda texts: reading(texts).calibrated, told, f"{title}, calibrated")


def tries(
    lm: LanguageModel, prompts: Sequence[Prompt], words: Mapping[str, str], called: str, neutral: Sequence[str]
) -> list[Way]:
    """Return both ways of each prompt, as scored and then calibrated, one prompt after the other; see `ways`."""
    return [way for prompt in prompts for way in ways(lm, prompt, words, called, neutral)]


def measure(lab: Lab, method: str, way: Candidate, items: Sequence, **more) -> LedgerRow:
    """Measure one way as a row of its own, stored rows first; arguments as for `Lab.measure`."""
    told = {"approach": "prompt", "heavy": True, "settings": dict(way.settings), **way.more, **more}
    return lab.measure(method, items, way.predict, **told)


def measure_both(lab: Lab, method: str, pair: Sequence[Way], items: Sequence, **more) -> list[LedgerRow]:
    """Measure both ways of `ways`, under the method's name and, calibrated, with that after it; see `measure`."""
    return [measure(lab, method + end, way, items, **more) for end, way in zip(HOWS.values(), pair, strict=True)]


def by_prompt(found: Search) -> list[LedgerRow]:
    """Return the rows of a search, each under the name of its prompt alone."""
    pairs = zip(found.candidates, found.rows, strict=True)
    return [replace(row, method=way.settings["prompt"]) for way, row in pairs]


def effects(found: Search, changes: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Comparison]]:
    """Return change -> "as scored" or "calibrated" -> what the change does to accuracy, on what was searched on.

    changes: name -> the ways before and after, each as "prompt, table of words". KeyError if one was not tried.
    """
    row = {way.name: row for way, row in zip(found.candidates, found.rows, strict=True)}
    return {
        change: {how: compare(row[before + end], row[after + end]) for how, end in HOWS.items()}
        for change, (before, after) in changes.items()
    }


def by_rung(found: Search) -> dict[str, dict[str, list]]:
    """Return table of words -> number of the prompt -> intervals, of a search whose prompts are numbered."""
    series: dict[str, dict[str, list]] = {}
    for way, row in zip(found.candidates, found.rows, strict=True):
        table = f"{way.settings['called']}{', calibrated' * way.settings['calibrated']}"
        series.setdefault(table, {}).setdefault(way.settings["prompt"].split()[0], []).append(row.interval)
    return series


def better(found: Search, prompt: str, called: str) -> Candidate:
    """Return of a prompt under a table of words what did better on dev, as scored or calibrated; as scored if equal."""
    asked = {"prompt": prompt, "called": called}
    pairs = [
        (row.interval.estimate, way)
        for way, row in zip(found.candidates, found.rows, strict=True)
        if asked.items() <= dict(way.settings).items()
    ]
    if not pairs:
        raise ValueError(f"the search has no try of the prompt {prompt!r} under {called!r}")
    return max(pairs, key=lambda pair: pair[0])[1]


def measure_better(lab: Lab, found: Search, prompt: str, called: str, items: Sequence) -> LedgerRow:
    """Measure on further items what `better` finds, as a row that is called by the rung and its table of words."""
    return measure(lab, f"rung {prompt}, {called}", better(found, prompt, called), items)


def worth_elsewhere(hits: Sequence[Sequence[int]], halves: Sequence[Sequence[bool]]) -> float:
    """Return the mean accuracy of the best try of one half, judged on the other; hits: (tries, n), halves: (k, n).

    >>> worth_elsewhere([[1, 0], [0, 1]], [[True, False], [False, True]])
    0.0
    """
    table = np.asarray(hits, dtype=float)
    masks = np.asarray(halves, dtype=bool)
    return float(np.mean([table[table[:, half].sum(axis=1).argmax(), ~half].mean() for half in masks]))


def halves(n: int, count: int = 200) -> np.ndarray:
    """Return masks of random halves of n items, shape (count, n).

    >>> halves(4, 3).sum(axis=1)
    array([2, 2, 2])
    """
    return np.array([np.random.default_rng(seed).permutation(n) < n / 2 for seed in range(count)])


def losses(before: Mapping[str, int], after: Sequence[tuple[str, int]]) -> list[float]:
    """Return for each item its hit before minus the mean of its hits after; items without one after are left out.

    >>> losses({"a": 1, "b": 0}, [("a", 1), ("a", 0)])
    [0.5]
    """
    later: dict[str, list[int]] = {}
    for item, hit in after:
        later.setdefault(item, []).append(hit)
    return [float(hit - np.mean(later[item])) for item, hit in before.items() if item in later]


def mean_loss(before: LedgerRow, after: LedgerRow, losses: Callable = losses) -> Interval:
    """Return how much is lost when messages are rewritten, averaged message by message.

    Args:
        before, after: a method's rows of the originals and of `intents.read_rewritten`.
        losses: what pairs the two, such as a learner's own function.
    """
    hits = dict(zip(before.ids, before.correct, strict=True))
    again = [(intents.id_before(item), hit) for item, hit in zip(after.ids, after.correct, strict=True)]
    return statistics.mean_interval([*losses(hits, again)])


def by_adapter(lab: Lab, task: Task, items: Sequence, **more) -> LedgerRow:
    """Measure the adapter of the task's name on the lab's model, by the words of every label; stored rows first."""
    score, told = (
        label_scorer(task),
        {"approach": "tune", "heavy": True, **adapters.row_of(lab.model, task.name), **more},
    )
    return lab.measure(SHIPPED, items, lambda texts: score(adapters.get(lab.model, task.name), texts), **told)


def minutes(rows: Sequence[LedgerRow]) -> float:
    """Return how long it took to train, if so, and to measure all rows, in minutes on the machine that did it."""
    return sum(row.training_seconds + sum(row.seconds) for row in rows) / 60


def steady(runs: Sequence[Sequence[str]]) -> float:
    """Return the share of items that get the same label in all runs.

    >>> steady([["a", "b"], ["a", "a"]])
    0.5
    """
    return sum(len(set(labels)) == 1 for labels in zip(*runs, strict=True)) / len(runs[0])


def told_apart(row: LedgerRow, label: str, marks: Sequence[bool]) -> tuple[list[bool], list[bool]]:
    """Return where a row says `label`: for the items that are not marked, and for those that are."""
    said = [(bool(mark), guess == label) for guess, mark in zip(row.predictions, marks, strict=True)]
    unmarked, marked = ([hit for mark, hit in said if mark == wanted] for wanted in (False, True))
    return unmarked, marked


def written(lab: Lab, method: str, prompt: Prompt, items: Sequence, most: int) -> LedgerRow:
    """Measure free answers of at most so many tokens, in which a label of the lab must be found."""

    def predict(texts: list[str]) -> list[str]:
        said = lab.model.generate(prompt.of_each(texts), max_new_tokens=most).texts
        return [structured.find_label(text, lab.labels) or recorded.UNREADABLE for text in said]

    told = {"approach": "prompt", "heavy": True, "token_limit": most}
    return lab.measure(method, items, predict, prompts=prompt.of_each, **told)


def thinking(
    lab: Lab, method: str, prompt: Prompt, words: Mapping[str, str], items: Sequence, start: str, most: int = THINKING
) -> LedgerRow:
    """Measure labels that are scored after a thought; arguments as for `after_thinking`."""

    def predict(texts: list[str]) -> LabelScores:
        return after_thinking(lab.model, prompt, words, texts, start, most)[0]

    told = {"approach": "prompt", "heavy": True, "token_limit": most}
    settings = {"words": list(words.values()), "start": SO + start}
    return lab.measure(method, items, predict, prompts=prompt.of_each, settings=settings, **told)


def after_thinking(
    lm: LanguageModel, prompt: Prompt, words: Mapping[str, str], texts: Sequence[str], start: str, most: int = THINKING
) -> tuple[LabelScores, list[str]]:
    """Let the model write up to `most` tokens first, then weigh the words; return scores and what it wrote.

    start: how the answer goes on after the thought, before the words.
    """
    asked = prompt.of_each(texts)
    thoughts = lm.generate(asked, max_new_tokens=most).texts
    talks = [
        [*chat, {"role": "assistant", "content": f"{thought}{SO}{start}"}]
        for chat, thought in zip(asked, thoughts, strict=True)
    ]
    return lm.score(talks, list(words.values()), progress=False).renamed(list(words)), thoughts
