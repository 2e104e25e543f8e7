"""Fine-tuning with LoRA: prepare pairs, train a small adapter beside the frozen model, save, load and merge it.

>>> from helpers.methods import tuning
>>> tuning.Recipe(rank=4).rank
4
"""

from helpers.methods.tuning.adapters import (
    adapted,
    base_sha256,
    count_parameters,
    load,
    merge,
    read_card,
    save,
    shipped,
)
from helpers.methods.tuning.loop import History, Step, Tuned, train
from helpers.methods.tuning.measured import measured, of_shipped, settings_of
from helpers.methods.tuning.prepare import Prepared, Report, prepare, read_pairs
from helpers.methods.tuning.recipe import ARTICLE_B, ARTICLE_C, RECIPE, Recipe, TuningError, read_settings
from helpers.methods.tuning.rows import Kept
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
    "adapted",
    "base_sha256",
    "count_parameters",
    "label_scorer",
    "load",
    "measured",
    "merge",
    "of_shipped",
    "prepare",
    "prompt",
    "read_card",
    "read_pairs",
    "read_settings",
    "save",
    "settings_of",
    "shipped",
    "train",
    "training_pairs",
]
