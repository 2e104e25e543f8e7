"""Positions of rows, as checks judge them: rows that are alike may come in any order, but each has its own place."""

import numpy as np

from helpers.lesson.exercises import NotYet, compare, shown


def need_places(case: str, found: list[int], rows: int, k: int) -> None:
    """Raise NotYet unless k different positions of so many rows were found."""
    if odd := [place for place in found if not 0 <= place < rows]:
        raise NotYet(f"{case}: you return {odd[0]}; positions go from 0 to {rows - 1}")
    if len(found) != k:
        raise NotYet(f"{case}: you return {len(found)} positions, not {k}")
    if twice := [place for place in found if found.count(place) > 1]:
        raise NotYet(
            f"{case}: you return {twice[0]} more than once; each position counts once, and two rows "
            "that are alike have one each"
        )


def compare_nearest(case: str, found: list[int], cosines: np.ndarray, k: int, turned: str, last: bool = False) -> None:
    """Raise NotYet unless the k positions of the highest cosines were found, nearest first, or nearest `last`.

    turned: what to say of the right rows in the opposite order.
    """
    need_places(case, found, len(cosines), k)
    wanted = np.argsort(-cosines, kind="stable")[:k]
    wanted = wanted[::-1] if last else wanted
    if _alike(cosines[found], cosines[wanted]):
        return
    if _alike(cosines[found], cosines[wanted[::-1]]):
        raise NotYet(f"{case}: {turned}; you return {shown(found)}")
    compare(case, found, wanted.tolist())


def _alike(some: np.ndarray, others: np.ndarray) -> bool:
    return np.allclose(some, others, rtol=0, atol=1e-9)
