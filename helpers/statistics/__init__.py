"""Metrics, intervals, paired tests and decisions: how good, how sure, and is the difference real?

Plain functions on sequences of labels, hits and numbers. Intervals are of LEVEL, 95 %. Nothing here knows a model or a
task.
"""

# ruff: noqa: F401  (the room's names, for those who import it)

from helpers.statistics.decisions import (
    ABOVE,
    BELOW,
    LITTLE_ABOVE,
    LITTLE_BELOW,
    OPEN,
    WORTHWHILE,
    Comparison,
    compare,
    compare_hits,
    decide,
    detectable_difference,
)
from helpers.statistics.intervals import (
    LEVEL,
    RESAMPLES,
    Interval,
    accuracy_interval,
    bootstrap_interval,
    difference_of_intervals,
    difference_of_shares,
    gap_interval,
    interaction,
    mean_interval,
    percentiles,
    ratio_interval,
    resampled_means,
    runs_interval,
    wilson_interval,
)
from helpers.statistics.metrics import ClassScore, accuracy, confusion, correct, macro_f1, per_class, recall_and_alarms
from helpers.statistics.paired import McNemar, Spread, mcnemar, paired_p_value, rank_test, spread
