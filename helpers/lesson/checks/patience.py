"""What a learner is told whose check goes on and on, most often because of a loop in the answer that never ends."""

import contextlib
import threading
from collections.abc import Iterator

SECONDS = 60.0  # longer than any check takes of an answer that ends, on a slow machine


@contextlib.contextmanager
def told_if_long(exercise: str, seconds: float = SECONDS) -> Iterator[None]:
    """Print what to do if the block is not done after so many seconds; it goes on all the same."""
    said = (
        f"{exercise} is still being checked. If a loop in your answer may never end, stop this cell (its button ■; "
        "in Jupyter also Esc, then i twice), change it, and run it again. If it does not stop, restart the kernel."
    )
    timer = threading.Timer(seconds, print, [said])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
