"""Fine-tuning with LoRA: prepare pairs, train a small adapter beside the frozen model, save, load and merge it.

The names below are what lessons use; helpers import the modules that hold them.

>>> from helpers.methods import tuning
>>> tuning.Recipe(rank=4).rank
4
"""

from helpers.methods.tuning.loop import History, Step, Tuned, train
from helpers.methods.tuning.measured import measured, settings_of
from helpers.methods.tuning.prepare import Prepared, Report, prepare, read_pairs
from helpers.methods.tuning.recipe import ARTICLE_B, ARTICLE_C, RECIPE, Recipe, TuningError
from helpers.methods.tuning.rows import Kept
from helpers.methods.tuning.saved import (
    base_sha256,
    count_parameters,
    load,
    merge,
    read_card,
    save,
)
from helpers.tasks.pairs import Pair, label_scorer, prompt, training_pairs

__all__ = [
    "ARTICLE_B",
    "ARTICLE_C",
    "RECIPE",
    "History",
    "Kept",
    "Pair",
    "Prepared",
    "Recipe",
    "Report",
    "Step",
    "Tuned",
    "TuningError",
    "base_sha256",
    "count_parameters",
    "label_scorer",
    "load",
    "measured",
    "merge",
    "prepare",
    "prompt",
    "read_card",
    "read_pairs",
    "save",
    "settings_of",
    "train",
    "training_pairs",
]
