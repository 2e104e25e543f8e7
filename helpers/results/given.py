"""Numbers as a function gives them that a learner wrote: plain, a fraction, or alone in an array."""

import numpy as np


def alone(found):
    """Return a number in one of Python's own kinds, also where it stands alone in an array.

    >>> alone(np.array([0.5])), alone(3)
    (0.5, 3)
    """
    return np.asarray(found).item()
