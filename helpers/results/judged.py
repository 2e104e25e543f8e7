"""What the claims on deciding are judged by: evidence out of cases of money, choices, rules and gains."""

import math
from collections.abc import Callable, Mapping, Sequence

from helpers.results import evidence, given, overview
from helpers.results.comparisons import Standing
from helpers.results.costs import Case, People
from helpers.results.decisions import Judgment, Measured
from helpers.results.evidence import Evidence
from helpers.results.gains import Gain
from helpers.results.money import Rivals
from helpers.results.overview import Summary
from helpers.results.rows import LedgerRow


def left_out(rivals: Rivals, cases: Mapping[str, Case], people: People, needed: Callable) -> dict[str, list[Evidence]]:
    """Return for D1, at each price list, right answers that pay for all over those that pay for training alone."""
    if not rivals.rows:
        return {}
    training = max(rivals.fixed(people) - people.outlay(rivals.more_labels), 0.01)
    found = []
    for name, case in cases.items():
        every, alone = (needed(fixed, case.old, case.new) for fixed in (case.fixed, training))
        ratio = math.inf if every is None else float(given.alone(every / max(alone, 1)))
        found.append(evidence.number(ratio, of=rivals.rows, note=name))
    return {"left out": found}


def per_right(rivals: Rivals, cases: Mapping[str, Case]) -> dict[str, list[Evidence]]:
    """Return for D2, at each price list, dollars of a right answer with examples over those of the tuned model."""
    if not rivals.rows:
        return {}
    rows = rivals.rows
    return {
        "per right answer": [evidence.number(case.old / case.new, of=rows, note=name) for name, case in cases.items()]
    }


def choices(summaries: Mapping[str, Sequence[Summary]], standings: Mapping[str, Standing], rows: Sequence[LedgerRow]):
    """Return for D3, by measure, in how many tasks it chooses another of the tied methods than the highest estimate."""
    by_task = {task: overview.changes_choice(summaries[task], standing) for task, standing in standings.items()}
    parts: dict[str, Evidence] = {}
    for measure in overview.MEASURES:
        named = [(found[measure], standings[task].leader) for task, found in by_task.items() if measure in found]
        if named:
            count = sum(method != leader for method, leader in named)
            note = f"of {len(named)} task{'s' * (len(named) > 1)} with a tie{'' if count else ': it changes no choice'}"
            parts[measure] = evidence.number(count, of=rows, note=note)
    return parts


def named(
    judged: Mapping[tuple[str, str], Judgment], found: Mapping[str, Measured], rows: Sequence[LedgerRow]
) -> dict[str, Evidence]:
    """Return for D4 the share of the rules' answers that mostly name the approach that leads, where one does.

    Tasks on which several approaches tie are left out, also where a rule names none of these.
    """
    clear = [one.mostly for (task, _), one in judged.items() if len(found[task].approaches) == 1]
    return {"named": evidence.share(clear, of=rows)} if clear else {}


def reached(gains: Sequence[Gain]) -> dict[str, Evidence]:
    """Return for D6 the share of tasks and sizes in which tuning gains 10 points, and 20, on the best prompt."""
    rows = [row for gain in gains for row in (gain.prompt, gain.tuned)]
    if not gains:
        return {}
    return {
        name: evidence.share([gain.points.estimate >= points for gain in gains], of=rows)
        for name, points in (("near", 0.10), ("far", 0.20))
    }
