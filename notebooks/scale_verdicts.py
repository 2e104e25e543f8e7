"""The claims that the larger models were measured for, with a verdict for each size, as one table.

Verdicts of the default model are those that the course ships. Those of a larger one lie beside its rows, where the
lessons that ran on it left them, and, once kept, in data/scale_verdicts.

    python notebooks/scale_verdicts.py               print the table
    python notebooks/scale_verdicts.py keep MODEL    take a model's rows and verdicts into those that the course ships
"""

import sys
from collections.abc import Collection, Sequence

import scale_jobs

from helpers.machine import runtime
from helpers.model import catalogue
from helpers.results import claims, evidence, lookup, markdown, rules, store, verdicts
from helpers.results.claims import Verdict
from helpers.tasks import files

NONE = "–"
WANTED = {claim for job in scale_jobs.JOBS for claim in job.claims}  # what a job of the larger models is for


def shipped(model: str) -> dict[str, Verdict]:
    """Return claim -> the verdict of a model that the course ships, of the rules as they stand."""
    if model == catalogue.DEFAULT:
        return {verdict.id: verdict for verdict in verdicts.shipped()}
    return verdicts.of_model(model)


def of(model: str) -> dict[str, Verdict]:
    """Return claim -> the newest verdict of a model, your own in the profile that is set now, else the course's."""
    if model == catalogue.DEFAULT:
        return shipped(model)
    own = store.read(scale_jobs.folder_of(model) / "verdicts.jsonl", Verdict, "a verdict")
    return shipped(model) | claims.current(own, runtime.profile().value)


def keep(model: str) -> int:
    """Take a model's own verdicts of the full profile into those that the course ships; return how many it now has.

    Of claims that a job is for, and only what was measured: *not tested* is left out.
    """
    own = claims.current(store.read(scale_jobs.folder_of(model) / "verdicts.jsonl", Verdict, "a verdict"))
    found = {id: one for id, one in (shipped(model) | own).items() if id in WANTED and one.outcome != evidence.MISSING}
    if not found:
        return 0
    verdicts.OTHERS.mkdir(parents=True, exist_ok=True)
    store.write(
        [found[claim.id] for claim in rules.everything() if claim.id in found], verdicts.OTHERS / f"{model}.jsonl"
    )
    return len(found)


def table(models: Sequence[str] = catalogue.SCALES, source=of, ids: Collection[str] = WANTED) -> str:
    """Return a Markdown table: a line for each claim that a job is for, a column for each model, a dash for none.

    source: model -> its verdicts by claim; `of` or `shipped`. ids: other claims than those.
    """
    found = {model: source(model) for model in models}

    def cell(model: str, claim: str) -> str:
        verdict = found[model].get(claim)
        return f"{verdict.outcome}: {verdict.numbers}" if verdict else NONE

    lines = [
        [claim.id, claim.claim, *(cell(model, claim.id) for model in models)]
        for claim in rules.everything()
        if claim.id in ids
    ]
    return markdown.table(["", "claim", *models], lines)


def main(arguments: list[str]) -> int:
    """Run the command line."""
    if arguments and (len(arguments) != 2 or arguments[0] != "keep" or arguments[1] not in catalogue.SCALES):
        print(
            f"usage: python notebooks/scale_verdicts.py [keep MODEL], of {', '.join(catalogue.SCALES)}", file=sys.stderr
        )
        return 1
    if arguments:
        model = arguments[1]
        rows = lookup.keep(scale_jobs.folder_of(model) / "ledger.jsonl", model)
        print(f"{lookup.REFERENCE.name} now holds {rows} rows")
        print(f"{verdicts.OTHERS.name} now holds {keep(model)} verdicts of {model}")
        files.main(["--write"])  # the manifest names each file of verdicts
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
