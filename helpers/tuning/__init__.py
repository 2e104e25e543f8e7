"""Fine-tuning with LoRA: prepare pairs, train a small adapter beside the frozen model, save, load and merge it.

>>> from helpers import tuning
>>> tuning.Recipe(rank=4).rank
4
"""

from helpers.tuning.adapters import adapted, base_sha256, load, merge, save, shipped
from helpers.tuning.loop import History, Step, Tuned, train
from helpers.tuning.prepare import Prepared, Report, prepare, read_pairs
from helpers.tuning.recipe import ARTICLE_B, ARTICLE_C, RECIPE, Pair, Recipe, TuningError, read_settings

__all__ = [
    "ARTICLE_B",
    "ARTICLE_C",
    "RECIPE",
    "History",
    "Pair",
    "Prepared",
    "Recipe",
    "Report",
    "Step",
    "Tuned",
    "TuningError",
    "adapted",
    "base_sha256",
    "load",
    "merge",
    "prepare",
    "read_pairs",
    "read_settings",
    "save",
    "shipped",
    "train",
]
