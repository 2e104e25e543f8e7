"""Change requests with solved ones in the prompt: does the form follow from examples?"""

from collections.abc import Sequence

from helpers.methods import few_shot, forms, structured
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest

KEYS = "Answer with a JSON object of title, risk (low, medium or high) and rationale."
SHORT, MOST = 50, 96  # tokens of a request that is shown, and of an answer


def messages(solved: Sequence[ChangeRequest], request: str) -> list[dict]:
    """Return a chat that shows solved change requests as turns, each answer a JSON object, and asks about `request`.

    >>> [turn["role"] for turn in messages([], "Swap the router.")]
    ['system', 'user']
    """
    chat = [{"role": "system", "content": KEYS}]
    for one in solved:
        chat.append({"role": "user", "content": one.request})
        chat.append({"role": "assistant", "content": change_requests.answer(one)})
    return [*chat, {"role": "user", "content": request}]


def drawn(lm: LanguageModel, k: int, seed: int = 0) -> list[ChangeRequest]:
    """Return k solved requests of train, at most SHORT tokens long, every risk about as often as any other."""
    short = [one for one in change_requests.load("train") if lm.count_tokens(one.request) <= SHORT]
    return [short[i] for i in few_shot.balanced_examples(short, k, seed)]


def affordable(lab: Lab, k: int, items: Sequence[ChangeRequest]) -> bool:
    """Return whether `measured` can be had now; if not, say so."""
    return lab.affords(f"{k} examples", [_named(k)], items, minutes_each=5)


def measured(lab: Lab, k: int, items: Sequence[ChangeRequest], seed: int = 0, **more) -> LedgerRow:
    """Measure free answers under k solved requests, each one as a form; see forms.measure.

    lab: of the change requests; its model is asked.
    """
    solved, schema = drawn(lab.model, k, seed), change_requests.schema()

    def prompts(texts: list[str]) -> list[list[dict]]:
        return [messages(solved, text) for text in texts]

    def ask(texts: list[str]) -> list[structured.JsonAnswer]:
        return structured.ask(lab.model, prompts(texts), schema, extracting=False, max_new_tokens=MOST)

    told = {"prompts": prompts, "labels_used": k, "seed": seed, **more}
    return forms.measure(lab, _named(k), items, ask, MOST, **told)


def _named(k: int) -> str:
    return f"few-shot JSON, {k} examples"
