"""What lesson 03 reckons, measures and judges without teaching it: bills, answers in a form, parts of its verdicts.

Parts are as `claims.conclude` takes them. What was not measured is left out, or is an empty list, and its claim is not
tested then. The rules stand in data/claims.json.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from helpers.lesson import own_02
from helpers.methods import few_labels, forms, rivals, same_labels, solved_requests
from helpers.methods.few_shot import FewShotPrompt
from helpers.methods.same_labels import Compared
from helpers.model import catalogue
from helpers.results import costs, evidence, lookup
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest
from helpers.tasks.files import Message

MANY = 30  # examples in the prompt that F4 speaks of
COURSES = "answer to 02.3, the course's"  # chosen on dev among 4,096 tables of words, the best prompt among 24 tries


def liked_by_dev(lab: Lab, items: Sequence[Message]) -> LedgerRow | None:
    """Return the kept row, on items, of the prompt without examples that did best on dev; None where none is kept.

    That is the best of lesson 02's 24 tries or, with the model that it was written for, the course's answer to 02.3.
    """
    rows = {row.method: row for row in (lab.stored(few_labels.BEST, items), lab.stored(COURSES, items)) if row}
    tried = {row.method: row for row in lookup.rows(lab.task, "dev", reference=True, model=lab.model.name)}
    searched = [row for name, row in tried.items() if name.startswith(f"{few_labels.BEST}: ")]
    known = {
        few_labels.BEST: max(searched, key=lambda row: sum(row.correct), default=None),
        COURSES: tried.get(COURSES),
    }
    shares = {name: sum(row.correct) / row.n for name, row in known.items() if row and name in rows}
    for name in rows:
        told = f", {shares[name]:.3f} on dev" if name in shares else ""
        print(f"{name}{rows[name].mark}: accuracy {rows[name].interval} on {rows[name].n} {lab.noun}{told}")
    return rows[max(shares, key=shares.get)] if shares else rows.get(few_labels.BEST)


def under_its_words(
    lab: Lab, prompt: FewShotPrompt, pool: Sequence[Message], k: int, items: Sequence[Message], neutral: Sequence[str]
) -> list[LedgerRow]:
    """Return ten draws of k examples under the words of the course's answer to 02.3, calibrated.

    On dev, three draws of eight were better so than not calibrated (0.300 right against 0.261). The words were chosen
    with the default model; with another none are asked, and that is said.
    """
    if lab.model.name != catalogue.DEFAULT:
        print(f"The words of 02.3 were chosen with {catalogue.DEFAULT}, so {lab.model.name} is not asked under them.")
        return []
    prompt = replace(prompt, names=own_02.MY_WORDS, template=own_02.MINE.user, start=own_02.MINE.start)
    name = f"few-shot, {k} calibrated, words of the answer to 02.3"
    return few_labels.draws(lab, prompt, name, pool, k, 10, items, neutral)


def bill(lengths: Sequence[int], kept: int, prices: costs.Prices) -> str:
    """Return what 1,000 prompts cost, of such lengths in tokens, all read anew and with `kept` of each in a cache."""
    each = np.mean(lengths)
    anew, cached = (costs.by_tokens(each, 0, prices, cached_tokens=tokens) for tokens in (0, kept))
    return f"{each:.0f} tokens, {kept} shared at the start; 1,000 messages: ${anew:.4f}, with a cache ${cached:.4f}"


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


def forms_told(form: Mapping[int, LedgerRow]) -> str:
    """Return a line for each number of solved requests: answers that fit, those that are right, and the risks named."""
    lines = []
    for count, row in form.items():
        risks = {risk: row.predictions.count(risk) for risk in change_requests.RISKS}
        fit = f"{sum(risks.values())} of {row.n} fit, {sum(row.correct)} right"
        lines.append(f"{count} examples: {fit}; named: {risks}")
    return "\n".join(lines)


def without_model(
    lab: Lab, pool: Sequence[Message], vectors: np.ndarray, embedder, vote: Callable, items: Sequence[Message]
) -> tuple[LedgerRow, LedgerRow]:
    """Return what the nearest of the pool get right by a vote, and what a regression on the pool's labels does.

    vectors: of the pool, (n, d), by `embedder`. vote: texts -> the labels that their eight nearest vote for.
    """
    told = {"approach": "plain", "model": embedder, "labels_used": len(pool)}
    named = "MiniLM + logistic regression, short messages"
    return (
        lab.measure("vote of 8 nearest, short messages", items, vote, **told),
        rivals.regression(lab, pool, vectors, embedder, items, method=named),
    )


def of_examples(best: LedgerRow, draws: Sequence[LedgerRow], form: LedgerRow | None) -> dict:
    """Return the parts of F1: what examples gain, how far their draws lie apart, and whether they teach a form.

    best: of the best prompt without examples; a stand-in for it is no ground for a verdict. draws: on the same items.
    form: answers to change requests after five solved ones; None where these were not measured.
    """
    gain = evidence.number(few_labels.gain([best], draws), best.n, of=[best, *draws], note=f"over {best.method}")
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
    gains = {name: evidence.difference(best, row, note=f"over {best.method}") for name, row in rows.items()}
    return {name: few_labels.when_best(best, gain) for name, gain in gains.items()}
