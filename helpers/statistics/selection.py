"""How much the best of several tries flatters itself: the winner's curse."""

from dataclasses import dataclass

import numpy as np

from helpers.statistics.intervals import RESAMPLES


@dataclass(frozen=True)
class Winner:
    """The best of several tries. `seen`: its share right where it was chosen; `honest`: what to expect elsewhere."""

    place: int
    tries: int
    seen: float
    honest: float

    def __str__(self) -> str:
        return f"best of {self.tries}: {self.seen:.3f} where it was chosen, about {self.honest:.3f} elsewhere"


def winner(hits, resamples: int = RESAMPLES, seed: int = 0) -> Winner:
    """Return the try with the most hits, the first among equals, and what its figure is worth.

    The items are drawn with replacement, the best try is chosen on those drawn and judged on those that were not
    drawn; `honest` is the mean of that (Tsamardinos et al., 2018, https://doi.org/10.1007/s10994-018-5714-4). It says
    how well choosing works, and errs a little to the low side, since a draw holds two thirds of the items.

    Args:
        hits: 0 or 1 of each try for each item, shape (tries, n).
        resamples: how often items are drawn.
        seed: of the drawing.

    >>> alike = np.random.default_rng(1).random((24, 60)) < 0.5
    >>> print(winner(alike))
    best of 24: 0.617 where it was chosen, about 0.482 elsewhere
    """
    hits = np.asarray(hits, dtype=float)
    if hits.ndim != 2 or not hits.size:
        raise ValueError(f"give hits of shape (tries, items), at least one of each; got {hits.shape}")
    tries, n = hits.shape
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    drawn = drawn[(drawn == 0).any(axis=1)]
    means = hits.mean(axis=1)
    place = int(means.argmax())
    if tries == 1 or not len(drawn):
        return Winner(place, tries, float(means[place]), float(means[place]))
    chosen = (drawn @ hits.T).argmax(axis=1)
    left = drawn == 0
    honest = (hits[chosen] * left).sum(axis=1) / left.sum(axis=1)
    return Winner(place, tries, float(means[place]), float(honest.mean()))
