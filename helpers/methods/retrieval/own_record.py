"""A customer's own record in the prompt, in several wordings: is the number that is asked for read?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.methods.retrieval import graded
from helpers.methods.retrieval.contexts import TOKEN_LIMIT
from helpers.model.language_model import LanguageModel
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import grading


@dataclass(frozen=True)
class Order:
    """A customer's order whose number is asked for. `text` is the question, which is the same for all."""

    id: str
    text: str
    label: str = "right"

    @property
    def digits(self) -> str:
        """The order's number without its letters."""
        return self.id.split("-")[-1]


def read_from(
    lm: LanguageModel, wording: str, orders: Sequence[dict], fact: str, question: str
) -> dict[str, LedgerRow]:
    """Return what stood in the prompt -> a row: for each order, whether the answer holds the digits of its number.

    wording: a name for how it is said and asked. fact: a sentence with a place {} for the number. question: asks for
    the number.
    """
    lab = Lab("customer_records", lm, noun="orders", show=False)
    shown = {
        "nothing": ["" for _ in orders],
        "whole record": ["; ".join(f"{key}: {value}" for key, value in order.items()) for order in orders],
        "one fact": [fact.format(order["number"]) for order in orders],
    }
    items = [Order(order["number"], question) for order in orders]

    def asked(given: str) -> LedgerRow:
        prompts = [f"{one}\n\n{question}".strip() for one in shown[given]]

        def predict(_texts: list[str]) -> list[graded.Graded]:
            made = lm.generate(prompts, TOKEN_LIMIT, progress=False)
            hits = [grading.holds(text, item.digits) for text, item in zip(made.texts, items, strict=True)]
            said = zip(made.texts, hits, made.prompt_tokens, made.new_tokens, strict=True)
            return [graded.Graded(text, "right" if hit else "wrong", hit, *tokens) for text, hit, *tokens in said]

        approach = "prompt" if given == "nothing" else "retrieve"
        method = f"{given}, {wording}"
        return lab.measure(method, items, predict, approach=approach, prompts=prompts, token_limit=TOKEN_LIMIT)

    return {given: asked(given) for given in shown}


def other_half(records: Mapping[tuple[str, str], Sequence[bool]]) -> tuple[tuple, list[bool], list[bool]]:
    """Return what the first half of the items likes best, and on the other half: hits with nothing shown, and with it.

    records: (wording, what is shown) -> hits, one an item.

    >>> other_half({("a", "nothing"): [0, 0, 1, 0], ("a", "one fact"): [1, 0, 1, 1]})
    (('a', 'one fact'), [1, 0], [1, 1])
    """
    half = len(next(iter(records.values()))) // 2
    best = max(records, key=lambda pair: sum(records[pair][:half]))
    return best, list(records[best[0], "nothing"][half:]), list(records[best][half:])
