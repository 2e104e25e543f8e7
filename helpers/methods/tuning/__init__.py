# ruff: noqa: F401 -- these names are here for lessons
"""Fine-tuning with LoRA: prepare pairs, train a small adapter beside the frozen model, save, load and merge it.

The names below are what lessons use; helpers import the modules that hold them.

>>> from helpers.methods import tuning
>>> tuning.Recipe(rank=4).rank
4
"""

from helpers.methods.tuning.loop import Step, train
from helpers.methods.tuning.measured import SEEDS, measured, repeated, settings_of
from helpers.methods.tuning.prepare import prepare, read_pairs
from helpers.methods.tuning.recipe import ARTICLE_B, ARTICLE_C, RECIPE, Recipe, TuningError
from helpers.methods.tuning.rows import Kept
from helpers.methods.tuning.saved import base_sha256, count_parameters, load, merge, save
from helpers.tasks.pairs import Pair, label_scorer, prompt, prompts_of, training_pairs
