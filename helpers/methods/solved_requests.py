"""Change requests with solved ones in the prompt: does the form follow from examples?"""

import json
from collections.abc import Sequence

from helpers.methods import few_shot, structured
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests

KEYS = "Answer with a JSON object of title, risk (low, medium or high) and rationale."
INVALID, SHORT, TOKENS = "invalid", 50, 128


def messages(solved: Sequence, request: str) -> list[dict]:
    """Return a chat that shows solved change requests as turns, each answer a JSON object, and asks about `request`."""
    chat = [{"role": "system", "content": KEYS}]
    for one in solved:
        answer = {key: getattr(one, key) for key in ("title", "risk", "rationale")}
        chat.append({"role": "user", "content": one.request})
        chat.append({"role": "assistant", "content": json.dumps(answer)})
    return [*chat, {"role": "user", "content": request}]


def measured(lab: Lab, k: int, items: Sequence, seed: int = 0, **more) -> LedgerRow:
    """Measure free answers under k solved requests: a row whose predictions are the risk, or INVALID.

    lab: of the intents or any other task; its model is asked. The k are drawn from train, at most SHORT tokens long.
    """
    short = [one for one in change_requests.load("train") if lab.model.count_tokens(one.request) <= SHORT]
    solved = [short[i] for i in few_shot.balanced_examples(short, k, seed)]
    schema = change_requests.schema()

    def prompts(texts: list[str]) -> list[list[dict]]:
        return [messages(solved, text) for text in texts]

    def risks(texts: list[str]) -> list[str]:
        answers = structured.ask(lab.model, prompts(texts), schema, max_new_tokens=TOKENS)
        return [answer.value["risk"] if answer.valid else INVALID for answer in answers]

    told = {"approach": "prompt", "prompts": prompts, "labels_used": k, "seed": seed, "token_limit": TOKENS}
    on_changes = lab.using(task="changes", labels=change_requests.RISKS, noun="requests")
    return on_changes.measure(f"few-shot JSON, {k} examples", items, risks, heavy=True, **{**told, **more})
