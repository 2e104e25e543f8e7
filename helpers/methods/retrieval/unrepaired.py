"""What the right passage does not repair: the form that was asked for, and words that only Larkfield uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers import statistics
from helpers.methods.retrieval import reading
from helpers.methods.retrieval.pipeline import Pipeline
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import files, policies
from helpers.tasks.policies import Policy, PolicyQuestion


@dataclass(frozen=True)
class Read:
    """How the questions of one tier were answered from the gold evidence, those with an answer.

    with_word, without: which were right, of those that hang on a word of Larkfield's own, and of the others.
    """

    row: LedgerRow
    with_word: list[bool]
    without: list[bool]

    def __str__(self) -> str:
        told = [f"{sum(hits)} of {len(hits)} right" for hits in (self.with_word, self.without)]
        change = statistics.difference_of_shares(self.without, self.with_word) if all(self.both) else "not to be had"
        return f"with such a word {told[0]}, without {told[1]}, difference {change}"

    @property
    def both(self) -> tuple[int, int]:
        """How many questions there are with such a word, and without."""
        return len(self.with_word), len(self.without)


def by_tier(lm, pipe: Pipeline, documents: Sequence[Policy]) -> dict[str, Read]:
    """Return tier -> how its test questions are read from the gold evidence; kept rows where they agree."""
    found = {}
    for tier, task in policies.TIERS.items():
        questions = files.for_profile(policies.load_policy_questions("test", tier=tier), fast=10)
        (row,) = reading.by_context(Lab(task, lm), pipe, questions, documents, ["gold evidence"]).values()
        found[tier] = split(row, questions)
    return found


def split(row: LedgerRow, questions: Sequence[PolicyQuestion]) -> Read:
    """Return a row's answerable questions apart: those that hang on a word of Larkfield's own, and the others."""
    hit = dict(zip(row.ids, map(bool, row.correct), strict=True))
    asked = [one for one in questions if one.answerable and one.id in hit]
    hits = ([hit[one.id] for one in asked if one.jargon is own] for own in (True, False))
    return Read(row, *hits)


def joined(found: Mapping[str, Read]) -> list[Evidence]:
    """Return, over the questions of all tiers, share right with such a word minus that without; [] where one has none.

    R9's rule, written beforehand, joins the tiers, though more of such questions are hard ones: look at each tier, too.
    """
    without, with_word = (
        [hit for read in found.values() for hit in getattr(read, of)] for of in ("without", "with_word")
    )
    if not (without and with_word):
        return []
    return [evidence.independent(without, with_word, of=[read.row for read in found.values()])]


def in_full(row: LedgerRow, questions: Sequence[PolicyQuestion], most: int = 3) -> str:
    """Return the first answers of a row of `reading.in_form`: question, an answer in the form wanted, what was written.

    What took as many tokens as an answer may have is marked: it was probably cut there.
    """
    asked = {one.id: one for one in questions}
    taken = row.new_tokens or [0] * row.n
    told = []
    for item, text, tokens in list(zip(row.ids, row.answers, taken, strict=True))[:most]:
        cut = " (reached the token limit)" if tokens and tokens >= row.token_limit else ""
        told.append(f"{asked[item].question}\n  wanted:  {asked[item].answer} [1]\n  written: {text}{cut}\n")
    return "\n".join(told)
