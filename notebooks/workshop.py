"""Writes the plans of docs/workshop.toml into docs/workshop.md, with their sums of minutes, and CITATION.cff.

`python notebooks/workshop.py` writes these and the handouts; every build does so too.
"""

import json
import tomllib

import handouts
import sources
from sources import MEASURED, ROOT, number_of, title_of

GUIDE = ROOT / "docs" / "workshop.md"
PLANS = ROOT / "docs" / "workshop.toml"
CITATION = ROOT / "CITATION.cff"
OPEN, CLOSE = "<!-- plans, written by notebooks/workshop.py -->", "<!-- end of plans -->"


def stated() -> dict:
    """Return what docs/workshop.toml holds: minutes of people, and the plans."""
    return tomllib.loads(PLANS.read_text(encoding="utf-8"))


def measured() -> dict[str, dict]:
    """Return minutes and gigabytes of each lesson that was built."""
    return json.loads(MEASURED.read_text(encoding="utf-8"))


def people(step: dict) -> float:
    """Return the minutes that a step takes of people's time."""
    if "lesson" not in step:
        return step["minutes"]
    rates, shown = stated()["minutes"][step["lesson"]], stated()["shown"]
    counted = [len(step.get(kind, [])) for kind in ("live", "exercises", "shown")]
    return sum(n * each for n, each in zip(counted, (rates["live"], rates["exercise"], shown), strict=True))


def machine(step: dict) -> float:
    """Return the minutes that a step's machine takes: the whole lesson's where a section is live, else none.

    A lesson that was not measured yet counts as 0; `unmeasured` names it.
    """
    live = step.get("live") or step.get("exercises")
    return measured().get(step["lesson"], {"minutes": 0})["minutes"] if live else 0


def unmeasured(plan: dict) -> list[str]:
    """Return the numbers of a plan's live lessons that have no measured minutes."""
    lessons = [step["lesson"] for step in plan["steps"] if step.get("live")]
    return [number_of(name) for name in lessons if name not in measured()]


def total(plan: dict) -> float:
    """Return all minutes of a plan, as if nobody talked while the machine works."""
    return sum(people(step) + machine(step) for step in plan["steps"])


def link(name: str, heading: str = "") -> str:
    """Return a link to a lesson, or to a section of it, as Jupyter names sections."""
    anchor = f"#{heading.replace(' ', '-')}" if heading else ""
    return f"[{heading or f'{number_of(name)} {title_of(name)}'}](../notebooks/{name}.ipynb{anchor})"


def table(plan: dict) -> str:
    """Return a plan's steps in Markdown, with their minutes and the sum."""
    lines = ["| step | live | shown | your turn | people | machine |", "|---|---|---|---|---|---|"]
    for step in plan["steps"]:
        name = step.get("lesson", "")
        live, shown = ("; ".join(link(name, one) for one in step.get(kind, [])) for kind in ("live", "shown"))
        what = link(name) if name else f"*{step['what']}*"
        cells = (what, live, shown, ", ".join(step.get("exercises", [])), f"{people(step):g}")
        works = f"{machine(step):g}" if step.get("live") else ""
        lines.append(f"| {' | '.join(cells)} | {works if works != '0' else '?'} |")
    sums = [f"{sum(map(of, plan['steps'])):g}" for of in (people, machine)]
    return "\n".join([*lines, f"| **sum** | | | | **{sums[0]}** | **{sums[1]}** |"])


def aloud(plan: dict) -> str:
    """Return the predictions of a plan's live sections, lesson by lesson."""
    lines = []
    for step in plan["steps"]:
        asked = handouts.predictions(step["lesson"]) if step.get("live") else []
        lines += [f"- {number_of(step['lesson'])}, {a} · {q}" for a, q in asked if a in step["live"]]
    return "\n".join(lines)


def section(plan: dict) -> str:
    """Return one plan in Markdown."""
    taken = [step["lesson"] for step in plan["steps"] if "lesson" in step]
    live = [step["lesson"] for step in plan["steps"] if step.get("live")]
    most = max(entry["gigabytes"] for name, entry in measured().items() if name in live)
    left = ", ".join(link(name) for name in sources.lessons() if name not in taken) or "nothing but the labs"
    print_ = ", ".join(f"[{number_of(name)}](handouts/{name}.html)" for name in live)
    missing = (
        f" Not in the sum: the machine's minutes of {', '.join(m)}, not measured yet."
        if (m := unmeasured(plan))
        else ""
    )
    return (
        f"### {plan['name']}\n\n{plan['for']} **{total(plan):g} of {plan['length']} minutes** are planned; the rest is "
        f"air. No more than {most:g} GB of memory at a time.{missing}\n\n{table(plan)}\n\n"
        f"Ask aloud, before the cell runs:\n\n{aloud(plan)}\n\n"
        f"Print the handouts {print_}. Left for home: {left}."
    )


def guide() -> str:
    """Return docs/workshop.md with today's plans; raises ValueError if it has no place for them."""
    text = GUIDE.read_text(encoding="utf-8")
    plans = "\n\n".join(section(plan) for plan in stated()["plan"])
    return sources.placed("docs/workshop.md", text, "the plans", OPEN, CLOSE, plans)


def citation() -> str:
    """Return CITATION.cff with the course's version and address, in version 1.2.0 of that format."""
    course = sources.course()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"""# Written by notebooks/workshop.py from pyproject.toml.
cff-version: 1.2.0
message: If you use this course, please cite it as below.
type: software
title: "Prompt, retrieve or fine-tune? A course of experiments"
authors:
  - name: The course's authors
version: "{course["version"]}"
repository-code: {course["address"]}
license: {project["license"]}
abstract: "{project["description"]} Code under {project["license"]}; text and data under CC BY 4.0."
"""


def write() -> None:
    """Write plans, citation and handouts."""
    GUIDE.write_text(guide(), encoding="utf-8")
    CITATION.write_text(citation(), encoding="utf-8")
    handouts.write()


if __name__ == "__main__":
    write()
