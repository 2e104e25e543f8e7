"""The five articles' decision rules as code, as they print them, and what your own measurements say.

Each rule turns the facts of a task into one piece of advice with its reason. PRINTED holds each article's rule in our
words, and in one line where the code goes beyond it.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from helpers.results import comparisons, markdown
from helpers.results.rows import APPROACHES, LedgerRow

PROMPT, RETRIEVE, TUNE, BOTH, NONE = "prompt", "retrieve", "tune", "retrieve + tune", "none of these"
ENOUGH_LABELS = 500  # A and C: 500 or more
HUNDREDS = 200  # B: "hundreds", read as two or more of them
MANY_REQUESTS = 33_334  # D, E: what pays an outlay of 500 at a saving of 0.015 a request, counted over a month
PRINTED = {  # what each article prints, in our words, and where the code must go beyond it
    "A": (
        "Tree: if a prompt does it, keep it. If it lacks knowledge, retrieve. If form or style fails and there are 500 "
        "or more good examples, tune; with fewer, keep prompting.",
        "The tree has no branch for sorting; it takes the one of form and style.",
    ),
    "B": (
        "Checklist: facts to retrieval, behavior to tuning, rules of the day to the prompt. Tune where the task is "
        "stable and narrow, or a habit, and there are hundreds to tens of thousands of examples.",
        "Hundreds is read as 200.",
    ),
    "C": (
        "Three questions: are there 500 or more labels? Is the language specialized? Is cost or latency what hurts?",
        "Without the labels: prompt. With them, a yes to either of the others tunes.",
    ),
    "D": (
        "Three steps: prompt first; add retrieval where facts are missing or change; tune a narrow task whose volume "
        "is high enough to pay for it.",
        "High is read as E's break-even in one month.",
    ),
    "E": (
        "Matrix of six rows: prompting is best for quick change, retrieval for current information, tuning for style, "
        "expertise and latency; in cost prompting is cheapest to begin with, tuning at volume.",
        "The matrix adds nothing up; each row that matters to the task counts one point.",
    ),
}


@dataclass(frozen=True)
class Facts:
    """What the rules ask about a task.

    needs_facts: right answers stand in documents that the model has not seen.
    facts_change: these documents change from week to week.
    behavior: what is wrong with the prompt's answers is their form, tone or habit, not their knowledge.
    narrow: one task, the same each time, such as sorting into fixed labels.
    stable: the task itself stays as it is for months.
    labels: solved examples that could be trained on.
    documents: how many there are to search.
    requests: expected in a month.
    prompt_quality: share right of the best prompt, measured.
    target: share right that would do.
    special: it speaks a specialized language, or needs an expert's knowledge.
    costly: the dollars or the seconds of a request are the bottleneck.
    """

    needs_facts: bool
    facts_change: bool
    behavior: bool
    narrow: bool
    stable: bool
    labels: int
    documents: int
    requests: int
    prompt_quality: float
    target: float
    special: bool = False
    costly: bool = False

    def __post_init__(self):
        if not (0 <= self.prompt_quality <= 1 and 0 <= self.target <= 1):
            raise ValueError(f"shares lie between 0 and 1; got {self.prompt_quality} and {self.target}")
        if min(self.labels, self.documents, self.requests) < 0:
            raise ValueError("labels, documents and requests are counts, 0 or more")

    @property
    def short(self) -> float:
        """How far the best prompt falls short of the target; 0 where it does not."""
        return max(0.0, round(self.target - self.prompt_quality, 9))  # 0.8 - 0.7 is 0.1 here


@dataclass(frozen=True)
class Advice:
    """What a rule says: the article's letter, the kind of rule, one of the approaches or NONE, and the reason."""

    article: str
    kind: str
    approach: str
    because: str


def tree(facts: Facts) -> Advice:
    """A, as PRINTED: enough already, lacks knowledge, else 500 examples or keep prompting."""
    if not facts.short:
        return Advice("A", "tree", PROMPT, "the prompt reaches the target")
    if facts.needs_facts:
        return Advice("A", "tree", RETRIEVE, "what the model does not know belongs in retrieval, never in weights")
    if facts.labels >= ENOUGH_LABELS:
        return Advice("A", "tree", TUNE, f"the prompt does not get there, and {facts.labels} examples are enough")
    return Advice("A", "tree", PROMPT, f"{facts.labels} examples, fewer than {ENOUGH_LABELS}: keep prompting")


def checklist(facts: Facts) -> Advice:
    """B, as PRINTED: facts to retrieval, behavior to tuning; tuning needs every box ticked."""
    boxes = {
        "hundreds of clean examples": facts.labels >= HUNDREDS,
        "a stable task": facts.stable,
        "a fault of behavior, or one narrow task": facts.behavior or facts.narrow,
        "a prompt that falls short": facts.short > 0,
    }
    missing = [box for box, ticked in boxes.items() if not ticked]
    if facts.needs_facts:
        if missing:
            return Advice("B", "checklist", RETRIEVE, f"facts go to retrieval; for tuning it lacks {missing[0]}")
        return Advice("B", "checklist", BOTH, "facts go to retrieval, behavior to tuning, and all boxes are ticked")
    if missing:
        return Advice("B", "checklist", PROMPT, f"for tuning it lacks {missing[0]}")
    return Advice("B", "checklist", TUNE, "all boxes for tuning are ticked")


def three_questions(facts: Facts) -> Advice:
    """C, as PRINTED: 500 labels? A specialized language? Cost or latency the bottleneck?"""
    if facts.labels < ENOUGH_LABELS:
        return Advice("C", "three questions", PROMPT, f"{facts.labels} labels, fewer than {ENOUGH_LABELS}")
    reasons = [
        word for word, yes in (("specialized language", facts.special), ("cost or latency", facts.costly)) if yes
    ]
    if reasons:
        return Advice("C", "three questions", TUNE, f"{facts.labels} labels, and {' and '.join(reasons)}")
    return Advice("C", "three questions", PROMPT, "labels, but neither a specialized language nor a bottleneck")


def three_steps(facts: Facts) -> Advice:
    """D, as PRINTED: prompt first; add retrieval if facts are missing; tune only where a narrow task's volume pays."""
    if not facts.short:
        return Advice("D", "three steps", PROMPT, "step 1: the cheapest way reaches the target")
    if facts.needs_facts:
        return Advice("D", "three steps", RETRIEVE, "step 2: missing or changing facts are looked up")
    if facts.narrow and facts.requests >= MANY_REQUESTS:
        return Advice("D", "three steps", TUNE, f"step 3: narrow, and {facts.requests:,} requests a month pay for it")
    return Advice("D", "three steps", PROMPT, "step 3 does not pay at this volume; stay with the prompt")


def matrix(facts: Facts) -> Advice:
    """E, as PRINTED: a point for each of six rows that matters; retrieval and tuning together where both lead."""
    rows = {
        "quick change": (not facts.stable, PROMPT),
        "current information": (facts.needs_facts and facts.facts_change, RETRIEVE),
        "style": (facts.behavior, TUNE),
        "expertise": (facts.special, TUNE),
        "latency": (facts.costly, TUNE),
        "cost": (True, TUNE if facts.requests >= MANY_REQUESTS else PROMPT),
    }
    points = {way: sum(matters for matters, best in rows.values() if best == way) for way in (PROMPT, RETRIEVE, TUNE)}
    said = ", ".join(f"{way} {count}" for way, count in points.items())
    top = [way for way, count in points.items() if count == max(points.values())]
    if RETRIEVE in top and TUNE in top:
        return Advice("E", "matrix", BOTH, f"points: {said}; the two together are said to beat either")
    tie = f"; a tie of {' and '.join(top)}, which the matrix does not break: the first is taken" * (len(top) > 1)
    return Advice("E", "matrix", top[0], f"points: {said}{tie}")


RULES = {"A": tree, "B": checklist, "C": three_questions, "D": three_steps, "E": matrix}
KINDS = {"A": "tree", "B": "checklist", "C": "three questions", "D": "three steps", "E": "matrix"}
JUDGED = ("behavior", "narrow", "stable", "special", "costly")  # facts that no row can tell: somebody has to judge


def ask_all(facts: Facts) -> list[Advice]:
    """Return what each of the five rules says about a task, A to E."""
    return [rule(facts) for rule in RULES.values()]


def facts_of(rows: Sequence[LedgerRow], requests: int, target: float, *yes: str, documents: int = 0) -> Facts:
    """Return the facts of a task: its labels and its best prompt from rows, the rest as told.

    yes: names of the facts that are true; the other ones are taken to be false. The best prompt is the highest share
    right among the rows without training and search, 0 where there is none.
    """
    unknown = sorted(set(yes) - {*JUDGED, "needs_facts", "facts_change"})
    if unknown:
        known = ", ".join(("needs_facts", "facts_change", *JUDGED))
        raise ValueError(f"there are no such facts: {', '.join(unknown)}; use some of {known}")
    prompts = [row.interval.estimate for row in rows if row.approach == "prompt"]
    return Facts(
        **{name: name in yes for name in ("needs_facts", "facts_change", *JUDGED)},
        labels=max(row.labels_used for row in rows),
        documents=documents,
        requests=requests,
        prompt_quality=max(prompts, default=0.0),
        target=target,
    )


@dataclass(frozen=True)
class Measured:
    """What the ledger says about a task: the methods' standing, and which approaches are not measurably behind."""

    standing: comparisons.Standing
    approaches: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def judge(self, advice: Advice) -> str:
        """Return whether advice names the winner: held, did not hold, or too close to call where others tie with it."""
        if advice.approach not in self.approaches:
            return "did not hold"
        return "held" if len(self.approaches) == 1 else "too close to call"


def measured(rows: Sequence[LedgerRow], plain: bool = False) -> Measured:
    """Return what rows of one task and split say about the approaches, on the items that the rows share.

    plain: let the plain baselines take part. The articles know none, so no rule can name them.
    """
    wanted = [row for row in rows if plain or row.approach != "plain"]
    if not wanted:
        raise ValueError("no method of a language model has been measured on this task")
    together = comparisons.on_same_items(wanted)
    standing = comparisons.standing(together.rows)
    way = {row.method: row.approach for row in together.rows}
    tied = {way[method] for method in standing.tied}
    return Measured(standing, tuple(a for a in APPROACHES if a in tied), together.left_out)


def ways_held(rule, facts: Facts, found: Measured) -> tuple[int, int]:
    """Return in how many of the ways to answer JUDGED a rule names the winner, and how many ways there are."""
    ways = [dict(zip(JUDGED, some, strict=True)) for some in itertools.product((False, True), repeat=len(JUDGED))]
    return sum(found.judge(rule(replace(facts, **some))) == "held" for some in ways), len(ways)


@dataclass(frozen=True)
class Judgment:
    """How a rule's advice on a task came out: in words, and in how many of the `of` ways to answer JUDGED it holds."""

    outcome: str
    held: int
    of: int

    @property
    def mostly(self) -> bool:
        """Whether it names the winner in more than half of the ways, whatever somebody judged."""
        return 2 * self.held > self.of


def board(facts: Mapping[str, Facts], found: Mapping[str, Measured]) -> tuple[str, dict[tuple[str, str], Judgment]]:
    """Return what each rule says of each task as Markdown, and (task, letter) -> how its advice came out."""
    judged, lines = {}, []
    for letter, rule in RULES.items():
        cells = []
        for task, known in facts.items():
            advice = rule(known)
            one = Judgment(found[task].judge(advice), *ways_held(rule, known, found[task]))
            judged[task, letter] = one
            cells.append(f"{advice.approach}: {one.outcome} ({one.held} of {one.of})")
        lines.append([f"{letter}, {KINDS[letter]}", *cells])
    best = ["the rows", *(" or ".join(found[task].approaches) for task in facts)]
    return markdown.table(["rule", *facts], [*lines, best]), judged
