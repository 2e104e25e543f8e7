"""Getting a training set into shape, one job a module: copies, personal data, annotators and manifest.

duplicates finds exact and near copies, within a set and between splits; personal_data scans and redacts; labels
measures how far annotators agree, spoils labels on purpose, and writes a set's manifest. Each says what it misses.
"""

from helpers.tasks.curation.duplicates import Copy, contamination, copies, groups, plain, without_copies, word_overlap
from helpers.tasks.curation.labels import Agreement, agreement, kappa, manifest, with_wrong_labels
from helpers.tasks.curation.personal_data import (
    KINDS,
    Finding,
    ScanScore,
    measure_scan,
    redact,
    scan,
    valid_card,
    valid_iban,
)

__all__ = [
    "KINDS",
    "Agreement",
    "Copy",
    "Finding",
    "ScanScore",
    "agreement",
    "contamination",
    "copies",
    "groups",
    "kappa",
    "manifest",
    "measure_scan",
    "plain",
    "redact",
    "scan",
    "valid_card",
    "valid_iban",
    "with_wrong_labels",
    "without_copies",
    "word_overlap",
]
