"""What a handful of labels buys in a prompt: draws of them, candidates of a search, and intervals over draws.

Pictures and verdicts are left to the lessons; same_labels sets the same few labels against other ways to use them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from helpers import statistics
from helpers.methods import few_shot
from helpers.methods.few_shot import FewShotPrompt
from helpers.methods.search import Candidate, grid
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab, renamed
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks.files import Message

BEST, BARE = "best prompt", "few-shot, no example"  # rows: of a search over prompts, and what stands in for it
ORDERS: dict[str, Callable[[list], list]] = {
    "nearest last": lambda row: row,
    "nearest first": lambda row: row[::-1],
    "nearest in the middle": lambda row: [*row[::2], *row[1::2][::-1]],
}


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


def baseline(lab: Lab, prompt: FewShotPrompt, items: Sequence[Message]) -> LedgerRow:
    """Return the kept row of the best prompt without examples; where there is none, say so and measure the question.

    What is judged against the best prompt is not tested then: see `when_best`.
    """
    row = lab.stored(BEST, items)
    if row:
        print(f"{row.method}{row.mark}: accuracy {row.interval} on {row.n} {lab.noun}")
        return row
    print(f"No row of {BEST!r} is kept for this model: the bare question stands in, and is no ground for verdicts.")
    return shown(lab, prompt, BARE, [], items, heavy=True, show=True)


def when_best(row: LedgerRow, found: Evidence) -> list[Evidence]:
    """Return evidence that was held against a baseline as `claims.conclude` takes it: none if that is a stand-in."""
    return [] if row.method == BARE else [found]


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


def by_draw(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Return the rows of `draws` under the names `draw 1`, `draw 2` …, as a picture shows them."""
    return renamed({f"draw {number}": row for number, row in enumerate(rows, start=1)})


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
        found.append(Candidate(settings, score, told | {"settings": _all_settings(settings, told["settings"])}))
    return found


def _all_settings(settings: Mapping, told: Mapping) -> dict:
    """Join a candidate's settings with what a row tells of it, whose words would hide the name of their table."""
    return {**settings, **{f"all {key}": value for key, value in told.items()}}


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

        told = _all_settings(settings, {"words": list(prompt.names.values())})
        found.append(Candidate(settings, predict, {"prompts": read, "settings": told}))
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


def from_places(
    lab: Lab,
    prompt: FewShotPrompt,
    pool: Sequence[Message],
    fixed: Sequence[Sequence[int]],
    near: Sequence[Sequence[int]],
    name: str,
    items: Sequence[Message],
) -> tuple[list[LedgerRow], LedgerRow]:
    """Return rows on dev of examples at given places of a pool: one a draw in `fixed`, and one of each item's own.

    name: what is special about the pool, such as wrong labels.
    """
    told = {"split": "dev", "heavy": True, "show": False}
    each = [[pool[i] for i in row] for row in near]
    rows = [
        shown(lab, prompt, f"few-shot, {len(few)} fixed, {name}, draw {seed + 1}", few, items, seed=seed, **told)
        for seed, few in enumerate([pool[i] for i in places] for places in fixed)
    ]
    title = f"few-shot, {len(near[0])} nearest, {name}"
    return rows, shown(lab, prompt, title, each, items, **{**told, "labels_used": len(pool)})


def gain(first: Sequence[LedgerRow], second: Sequence[LedgerRow]) -> Interval:
    """Return by how much `second` is more often right, over draws and items: rows in pairs, of the same items.

    One row on either side stands against every one of the other.
    """
    first, second = list(first), list(second)
    first, second = first * (len(second) if len(first) == 1 else 1), second * (len(first) if len(second) == 1 else 1)
    if len(first) != len(second) or any(a.ids != b.ids for a, b in zip(first, second, strict=False)):
        raise ValueError(f"give rows of the same items in pairs, or one against all; got {len(first)}, {len(second)}")
    gaps = np.array([np.subtract(two.correct, one.correct) for one, two in zip(first, second, strict=True)])
    return statistics.runs_interval(gaps) if np.ptp(gaps) else statistics.gap_interval(gaps[0])


def accuracy(rows: Sequence[LedgerRow]) -> Interval:
    """Return the share right of several draws on the same items, its interval over draws and items."""
    return statistics.runs_interval([row.correct for row in rows])
