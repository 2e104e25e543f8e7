"""What lesson 03 measures and judges without teaching it: answers in a form, and the parts of its verdicts.

Parts are as `claims.conclude` takes them. What was not measured is left out, or is an empty list, and its claim is not
tested then. The rules stand in data/claims.json.
"""

from collections.abc import Sequence

from helpers.methods import few_labels, forms, same_labels, solved_requests
from helpers.methods.same_labels import Compared
from helpers.results import evidence
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest

MANY = 30  # examples in the prompt that F4 speaks of


def forms_under(lab: Lab, requests: Sequence[ChangeRequest], counts: Sequence[int]) -> dict[int, LedgerRow]:
    """Return how many solved requests were shown -> the free answers to the fresh ones `requests`; heavy.

    lab: its model is asked. A count that cannot be had now is left out, which is said.
    """
    risks = change_requests.RISKS
    own = lab.using(task="changes", labels=risks, split="fresh", noun="requests", show=False)
    return {
        count: solved_requests.measured(own, count, requests)
        for count in counts
        if solved_requests.affordable(own, count, requests)
    }


def of_examples(best: LedgerRow, draws: Sequence[LedgerRow], form: LedgerRow | None) -> dict:
    """Return the parts of F1: what examples gain, how far their draws lie apart, and whether they teach a form.

    best: of the best prompt without examples; a stand-in for it is no ground for a verdict. draws: on the same items.
    form: answers to change requests after five solved ones; None where these were not measured.
    """
    gain = evidence.number(few_labels.gain([best], draws), best.n, of=[best, *draws])
    return {
        "gain": few_labels.when_best(best, gain),
        "alike": evidence.draws(draws),
        "format": evidence.share(forms.fits(form), of=form) if form else (),
    }


def of_few_labels(compared: Sequence[Compared]) -> dict:
    """Return the parts of F2: at each number of labels the lead of those shown over those learned."""
    return {f"{one.n} labels": same_labels.leads(one) for one in compared}


def of_many_shown(compared: Sequence[Compared], nearest: LedgerRow) -> dict[str, Evidence]:
    """Return the parts of F4: how far LoRA on MANY labels, and the nearest examples, are ahead of MANY shown.

    Raises ValueError if nothing was compared at MANY labels.
    """
    many = next((one for one in compared if one.n == MANY), None)
    if many is None:
        raise ValueError(f"F4 needs {MANY} labels; compared were {', '.join(str(one.n) for one in compared)}")
    rivals = {"tuning": many.rows.get(same_labels.LORA), "retrieval": [nearest]}
    return same_labels.ahead_of_shown(many, rivals)


def of_points(best: LedgerRow, fixed: LedgerRow, nearest: LedgerRow) -> dict:
    """Return the parts of F7: the points that fixed and nearest examples gain on the best prompt without any."""
    rows = {"fixed": fixed, "nearest": nearest}
    return {name: few_labels.when_best(best, evidence.difference(best, row)) for name, row in rows.items()}
