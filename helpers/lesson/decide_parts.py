"""What lesson 08 asks the articles' rules of thumb, and what rows say beside them, in one piece."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.results import decisions
from helpers.results.comparisons import Together
from helpers.results.decisions import Facts, Judgment, Measured


@dataclass(frozen=True)
class Ruled:
    """The facts of each task, what its rows say, a table of what each rule says, and how each came out.

    judgments: (task, letter of the article) -> how its advice came out.
    """

    facts: dict[str, Facts]
    best: dict[str, Measured]
    table: str
    judgments: dict[tuple[str, str], Judgment]

    @property
    def cases(self) -> dict[str, tuple[Facts, Measured]]:
        """Task -> its facts and what its rows say, as the playground takes them."""
        return {task: (self.facts[task], self.best[task]) for task in self.facts}

    def told(self) -> str:
        """How many answers of rules can be judged, where the rows name one approach alone, and how many mostly hold."""
        clear = [one for (task, _), one in self.judgments.items() if len(self.best[task].approaches) == 1]
        if not clear:
            return "The rows of no task name one approach alone, so no rule can be judged."
        ways, mostly = max(one.of for one in clear), sum(one.mostly for one in clear)
        return (
            f"Where the rows name one approach alone, rules give {len(clear)} answers;\n"
            f"{mostly} of these hold in more than half of the {ways} ways (what D4 counts)."
        )


def ask(together: Mapping[str, Together], true_of: Mapping[str, Sequence[str]], requests: int, target: float) -> Ruled:
    """Return what the rules say of each task, and its rows.

    true_of: task -> the facts that somebody judges to be true of it; see decisions.Facts. requests: a month's; target:
    the share right that would do.
    """
    facts = {task: decisions.facts_of(kept.rows, requests, target, *true_of[task]) for task, kept in together.items()}
    best = {task: decisions.measured(kept.rows) for task, kept in together.items()}
    return Ruled(facts, best, *decisions.board(facts, best))
