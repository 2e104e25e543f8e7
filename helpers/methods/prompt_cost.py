"""What a longer prompt costs: seconds on this machine, each prompt read whole or with its shared start kept.

The same messages are timed both ways and at every length, several times over. Dollars are results.costs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from helpers.methods.few_shot import FewShotPrompt
from helpers.model.language_model import LanguageModel
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.statistics import LEVEL, Interval
from helpers.tasks.files import Message

WHOLE, KEPT = "every prompt read whole", "shared start kept"
REPEATS = 8  # with three, the interval itself is chance: from 0.004 to 0.09 on each side, seen on one machine


@dataclass(frozen=True)
class Timed:
    """One way of reading: tokens a prompt at each length, (sizes,), and seconds a message, (repeats, sizes)."""

    tokens: np.ndarray
    seconds: np.ndarray

    @property
    def points(self) -> list[tuple[float, float]]:
        """Tokens and the median of the repeats' seconds, shortest prompt first."""
        return list(zip(self.tokens.tolist(), np.median(self.seconds, axis=0).tolist(), strict=True))

    @property
    def exponent(self) -> Interval:
        """By which power of the tokens the seconds grow: 1 is in proportion, 0 not at all, 2 with the square.

        The slope of logarithm over logarithm, one for each repeat; the interval is Student's, over the repeats.
        """
        slopes = [np.polyfit(np.log(self.tokens), np.log(each), 1)[0] for each in self.seconds]
        reach = stats.t.ppf((1 + LEVEL) / 2, len(slopes) - 1) * np.std(slopes, ddof=1) / np.sqrt(len(slopes))
        middle = float(np.mean(slopes))
        return Interval(middle, middle - float(reach), middle + float(reach))


def timed(
    lm: LanguageModel,
    prompt: FewShotPrompt,
    examples: Mapping[int, Sequence[Message]],
    texts: Sequence[str],
    repeats: int = REPEATS,
) -> dict[str, Timed]:
    """Return for WHOLE and KEPT how long a text takes with each number of examples.

    The two ways take turns, so that a busy moment of the machine hits both; two texts are read beforehand, to warm up.

    examples: number -> examples that all texts share. texts: the same ones are timed everywhere.

    Raises ValueError for fewer than two lengths or two repeats, which have no slope or no interval.
    """
    if len(examples) < 2 or repeats < 2:
        raise ValueError(f"time at least two lengths, twice each; got {len(examples)} lengths and {repeats} repeats")

    def read(shown: Sequence[Message], some: Sequence[str], way: str):
        return prompt.score(lm, shown, some, share_start=way == KEPT, progress=False)

    for shown in examples.values():
        for way in (WHOLE, KEPT):
            read(shown, texts[:2], way)
    runs: dict[str, list] = {WHOLE: [], KEPT: []}
    for _ in range(repeats):
        rows: dict[str, list] = {WHOLE: [], KEPT: []}
        for shown in examples.values():
            for way, row in rows.items():
                row.append(read(shown, texts, way))
        for way, row in rows.items():
            runs[way].append(row)
    tokens = np.array([run.prompt_tokens.mean() for run in runs[WHOLE][0]])
    seconds = {way: [[run.seconds / len(texts) for run in row] for row in rows] for way, rows in runs.items()}
    return {way: Timed(tokens, np.array(seconds[way])) for way in runs}


def exponents(found: Mapping[str, Timed], model: str) -> dict[str, Evidence]:
    """Return way of reading -> the power by which its seconds grow, as evidence measured here; model: its name."""
    return {way: evidence.number(one.exponent, len(one.seconds), model=model) for way, one in found.items()}


def short(messages: Sequence[Message], count: Callable[[str], int], most: int = 20) -> list[Message]:
    """Return the messages of at most `most` tokens, or of what a fifth of them have where a tokenizer cuts finer."""
    tokens = [count(message.text) for message in messages]
    most = max(most, np.quantile(tokens, 0.2))
    return [message for message, n in zip(messages, tokens, strict=True) if n <= most]
