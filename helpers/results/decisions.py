"""The five articles' decision rules as code, in our words and by their letters, and what your own measurements say.

Each rule turns the facts of a task into one piece of advice with its reason. The articles word their rules loosely;
where one gives no number, the number here is ours and stands as a named constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.results import comparisons
from helpers.results.rows import APPROACHES, LedgerRow

PROMPT, RETRIEVE, TUNE, BOTH, NONE = "prompt", "retrieve", "tune", "retrieve + tune", "none of these"
FEW_LABELS = 50  # C: below this, prompting is the only option
TONE_LABELS, ENOUGH_LABELS = 300, 500  # A: a few hundred for tone, 500 overall
CHECKLIST_LABELS = 1000  # B: 1,000 to 20,000
CLOSE, FAR = 0.10, 0.20  # C: up to 10 points short, tune; 20 or more, too hard
MANY_REQUESTS = 33_334  # D, E: what pays an outlay of 500 at a saving of 0.015 a request, counted over a month
LARGE_COLLECTION = 100_000  # E: documents from which retrieval is said to shine


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
    """A: ask what prompting cannot do, and branch: enough already, lacks facts, lacks a habit, else examples."""
    if not facts.short:
        return Advice("A", "tree", PROMPT, "the prompt reaches the target")
    if facts.needs_facts:
        return Advice("A", "tree", RETRIEVE, "what the model does not know belongs in retrieval, never in weights")
    if facts.behavior and facts.labels >= TONE_LABELS:
        because = f"form and tone can be learned from a few hundred examples; there are {facts.labels}"
        return Advice("A", "tree", TUNE, because)
    if facts.labels >= ENOUGH_LABELS:
        return Advice("A", "tree", TUNE, f"prompting does not get there, and {facts.labels} examples are enough")
    return Advice("A", "tree", PROMPT, "too few examples to tune; put some into the prompt")


def checklist(facts: Facts) -> Advice:
    """B: facts go to retrieval, behavior to tuning, policy to the prompt; tuning needs every box ticked."""
    boxes = {
        f"at least {CHECKLIST_LABELS} clean examples": facts.labels >= CHECKLIST_LABELS,
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
    """C: how many labels, how far from the target, how specialized? The article counts domain knowledge for tuning."""
    if facts.labels < FEW_LABELS:
        return Advice("C", "three questions", PROMPT, f"under {FEW_LABELS} labels prompting is the only option")
    if not facts.short:
        return Advice("C", "three questions", PROMPT, "the prompt reaches the target")
    if facts.short >= FAR:
        return Advice("C", "three questions", NONE, f"{facts.short:.2f} short: said to be too hard even for tuning")
    if facts.short <= CLOSE or facts.narrow or facts.needs_facts:
        return Advice("C", "three questions", TUNE, f"{facts.short:.2f} short, and {facts.labels} labels to close it")
    return Advice("C", "three questions", PROMPT, "between the thresholds, and nothing special about the task")


def three_steps(facts: Facts) -> Advice:
    """D: prompt first; add retrieval if facts are missing; tune only where a narrow task's volume pays for it."""
    if not facts.short:
        return Advice("D", "three steps", PROMPT, "step 1: the cheapest way reaches the target")
    if facts.needs_facts:
        return Advice("D", "three steps", RETRIEVE, "step 2: missing or changing facts are looked up")
    if (facts.narrow or facts.behavior) and facts.requests >= MANY_REQUESTS and facts.labels >= FEW_LABELS:
        return Advice("D", "three steps", TUNE, f"step 3: narrow, and {facts.requests:,} requests a month pay for it")
    return Advice("D", "three steps", PROMPT, "step 3 does not pay at this volume; stay with the prompt")


def matrix(facts: Facts) -> Advice:
    """E: the approach that is best in most rows of the matrix; retrieval and tuning together where both lead."""
    best_in = {
        PROMPT: (
            not facts.needs_facts and not facts.behavior,  # general tasks, classification among them
            not facts.stable,  # a change takes minutes
            facts.requests < MANY_REQUESTS,  # nothing to pay first
            facts.labels < FEW_LABELS,
        ),
        RETRIEVE: (facts.needs_facts, facts.facts_change, facts.documents >= LARGE_COLLECTION),
        TUNE: (
            facts.behavior,
            facts.needs_facts and not facts.facts_change,  # core domain knowledge
            facts.stable and facts.requests >= MANY_REQUESTS,  # cheaper and faster per request
        ),
    }
    points = {approach: sum(map(bool, rows)) for approach, rows in best_in.items()}
    said = ", ".join(f"{approach} {count}" for approach, count in points.items())
    top = [approach for approach, count in points.items() if count == max(points.values())]
    if RETRIEVE in top and TUNE in top:
        return Advice("E", "matrix", BOTH, f"points: {said}; the two together are said to beat either")
    tie = f"; a tie of {' and '.join(top)}, which the matrix does not break: the first is taken" * (len(top) > 1)
    return Advice("E", "matrix", top[0], f"points: {said}{tie}")


RULES = {"A": tree, "B": checklist, "C": three_questions, "D": three_steps, "E": matrix}


def ask_all(facts: Facts) -> list[Advice]:
    """Return what each of the five rules says about a task, A to E."""
    return [rule(facts) for rule in RULES.values()]


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
