"""What the checks of lesson 99 must refuse: plausible wrong answers, and cheats."""

import numpy as np

WRONG = {
    "99.1": {"the share that is wrong": lambda gold, predicted: np.mean(np.array(gold) != predicted)},
}
CHEATS = {
    "99.1": {"a number for any answers": lambda gold, predicted: 0.5},
}
