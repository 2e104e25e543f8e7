"""Getting a training set into shape, one job a module: copies, personal data, annotators and manifest.

duplicates finds exact and near copies, within a set and between splits; personal_data scans and redacts; labels
measures how far annotators agree, spoils labels on purpose, and writes a set's manifest. Each says what it misses.
"""

from helpers.tasks.curation.duplicates import contamination, copies
from helpers.tasks.curation.labels import agreement, kappa, manifest, with_wrong_labels
from helpers.tasks.curation.personal_data import measure_scan, redact, scan

__all__ = [
    "agreement",
    "contamination",
    "copies",
    "kappa",
    "manifest",
    "measure_scan",
    "redact",
    "scan",
    "with_wrong_labels",
]
