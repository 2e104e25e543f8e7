"""The claims that the larger models were measured for, with a verdict for each size, as one table.

Verdicts of the default model are those that the course ships; those of a larger one lie beside its rows, where the
lessons that ran on it left them. `python notebooks/scale_verdicts.py` prints the table.
"""

import sys
from collections.abc import Sequence

import scale_jobs

from helpers.machine import runtime
from helpers.model import catalogue
from helpers.results import claims, markdown, rules, store, verdicts
from helpers.results.claims import Verdict

NONE = "–"


def of(model: str) -> dict[str, Verdict]:
    """Return claim -> the newest verdict of a model, in the profile that is set now."""
    if model == catalogue.DEFAULT:
        return {verdict.id: verdict for verdict in verdicts.shipped()}
    kept = store.read(scale_jobs.folder_of(model) / "verdicts.jsonl", Verdict, "a verdict")
    return claims.current(kept, runtime.profile().value)


def table(models: Sequence[str] = catalogue.SCALES) -> str:
    """Return a Markdown table: a line for each claim that a job is for, a column for each model, a dash for none."""
    wanted = {claim for job in scale_jobs.JOBS for claim in job.claims}
    found = {model: of(model) for model in models}

    def cell(model: str, claim: str) -> str:
        verdict = found[model].get(claim)
        return f"{verdict.outcome}: {verdict.numbers}" if verdict else NONE

    lines = [
        [claim.id, claim.claim, *(cell(model, claim.id) for model in models)]
        for claim in rules.everything()
        if claim.id in wanted
    ]
    return markdown.table(["", "claim", *models], lines)


if __name__ == "__main__":
    print(table())
    sys.exit(0)
