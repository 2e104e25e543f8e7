"""What lesson 02 measures and judges without teaching it: a plain rival, risks under prompts, parts of its verdicts.

Parts are as `claims.conclude` takes them; the rules stand in data/claims.json.
"""

from collections.abc import Mapping, Sequence

from helpers.methods import baselines, few_shot, recorded, wording
from helpers.methods.search import Search
from helpers.model.prompts import Prompt
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest
from helpers.tasks.files import Message


def plain_rival(
    lab: Lab, train: Sequence[Message], test: Sequence[Message]
) -> tuple[baselines.TextClassifier, LedgerRow]:
    """Return TF-IDF with logistic regression, learned from `train`, and its row on `test`."""
    tfidf = baselines.tfidf_classifier().fit([m.text for m in train], [m.label for m in train])
    told = {"approach": "plain", "labels_used": len(train)}
    return tfidf, lab.measure("TF-IDF + logistic regression", test, tfidf.predict, **told)


def reference_points(tried: Search) -> list[tuple[str, str]]:
    """Return which points of `wording.by_rung` the course measured: (table of words, number of the prompt)."""
    points = []
    for way, row in zip(tried.candidates, tried.rows, strict=True):
        alone = Search(tried.method, tried.approach, (way,), (row,))
        ((table, rungs),) = wording.by_rung(alone).items()
        points += [(table, rung) for rung in rungs if row.reference]
    return points


def risks_under(lab: Lab, prompts: Mapping[str, Prompt], requests: Sequence[ChangeRequest]) -> dict[str, LedgerRow]:
    """Return name -> the risks that the lab's model names under a prompt, calibrated; heavy.

    prompts: each begins the answer up to the risk. The JSON would go on after it, so no end of the answer is scored.
    """
    risks = {risk: risk for risk in change_requests.RISKS}
    own = lab.using(task="changes", labels=change_requests.RISKS, split="test and fresh")
    empty = few_shot.random_words([request.request for request in change_requests.load("train")], 8)
    ways = {
        name: wording.ways(lab.model, prompt, risks, "risks", empty, end_of_turn=False)[1]
        for name, prompt in prompts.items()
    }
    return {name: wording.measure(own, prompts[name].name, way, requests) for name, way in ways.items()}


def readable(written: LedgerRow) -> list[bool]:
    """Return of which free answers a label could be read off."""
    return [guess != recorded.UNREADABLE for guess in written.predictions]


def of_ladder(best: LedgerRow, bare: LedgerRow, full: LedgerRow) -> dict[str, Evidence]:
    """Return the parts of P1: what the best prompt gets right, and what rung 4 gains on the bare question."""
    return {"target": evidence.share(best), "ladder": evidence.difference(bare, full)}


def of_medium(said: tuple[Sequence[bool], Sequence[bool]], row: LedgerRow) -> dict[str, Evidence]:
    """Return the part of P4; said: for each clear request, and for each unclear one, whether `medium` was said."""
    return {"medium": evidence.independent(*said, of=row)}


def of_loss(loss: Interval, before: LedgerRow, after: LedgerRow, n: int) -> dict[str, Evidence]:
    """Return the part of P6: what the best prompt loses when n messages are rewritten."""
    return {"drop": evidence.number(loss, n, of=[before, after])}


def of_readable(written: LedgerRow) -> dict[str, Evidence]:
    """Return the part of P7: the share of free answers in which a label is found."""
    return {"readable": evidence.share(readable(written), of=written)}


def of_additions(direct: LedgerRow, role: LedgerRow, reasoning: LedgerRow) -> dict[str, Evidence]:
    """Return the parts of P8: what a role, and what reasoning, gain on the direct answer."""
    return {"role": evidence.difference(direct, role), "reasoning": evidence.difference(direct, reasoning)}
