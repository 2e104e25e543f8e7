"""The best prompt for a form in JSON that holds no solved request, chosen on dev among as many as any method may try.

What is asked for is a whole form: the answer, from end to end, is one JSON object with its three keys.
"""

import json
from collections.abc import Mapping, Sequence

from helpers.methods import forms, structured
from helpers.methods.search import Candidate, Search, crossed, grid, kept, search
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.results.ledger import Lab
from helpers.results.measuring import about
from helpers.results.rows import LedgerRow
from helpers.statistics.selection import winner
from helpers.tasks import change_requests
from helpers.tasks.change_requests import ChangeRequest

METHOD = "form in JSON, prompt"
STRICT = "You are a strict JSON formatter. Output only valid JSON and no other text."
SCHEMA = json.dumps({key: change_requests.schema()[key] for key in ("type", "properties", "required")})
KEYS = 'an object with three keys: "title" (string), "risk" ("low", "medium" or "high") and "rationale" (one sentence)'
LIMITS = (
    'an object with exactly three keys: "title" (3 to 80 letters), "risk" (one of "low", "medium", "high") and '
    '"rationale" (10 to 240 letters: one short sentence)'
)
TOLD = {  # what the prompt says of the form
    "keys": f"Return {KEYS}.",
    "limits": f"Return {LIMITS}.",
    "schema": f"Follow this JSON Schema:\n{SCHEMA}",
    "keys, schema": f"Return {KEYS}. It must fit this JSON Schema:\n{SCHEMA}",
}
WHERE = ("nowhere", "as system text", "after the request")  # where STRICT stands
STARTS = ("", "{")  # the answer's first letters, which the model goes on from


def prompt_of(told: str, strict: str, start: str) -> Prompt:
    """Return the prompt with these settings: a key of TOLD, one of WHERE, one of STARTS."""
    after = f"{STRICT} " if strict == WHERE[2] else ""
    user = f"Change request:\n{{text}}\n\n{after}{TOLD[told]}"
    return Prompt(METHOD, user, STRICT if strict == WHERE[1] else "", start=start)


def every() -> list[dict]:
    """Return the settings of all prompts that are tried, the plainest first."""
    return grid(start=STARTS, told=list(TOLD), strict=WHERE)


def answers(lm: LanguageModel, prompt: Prompt, requests: Sequence[ChangeRequest]) -> list[forms.Judged]:
    """Return the model's answers to change requests; right is a whole form, whatever risk it names."""
    schema, chats = change_requests.schema(), prompt.of_each([request.text for request in requests])
    made = lm.generate(chats, forms.MOST_TOKENS, progress=False)
    judged = []
    for text, new, chat, request in zip(made.texts, made.new_tokens, chats, requests, strict=True):
        answer = structured.read(f"{prompt.start}{text}", schema, extracting=False, new_tokens=new)
        read = forms.judge(answer, request, lm.count_tokens(chat))
        judged.append(forms.Judged(read.text, read.verdict, forms.form(read.text) is not None, new, read.prompt_tokens))
    return judged


def searched(lab: Lab, dev: Sequence[ChangeRequest]) -> Search:
    """Try all prompts on the requests of dev, stored rows first; `test` of what is returned looks at others once."""
    by_text = {request.text: request for split in ("dev", "fresh") for request in change_requests.load(split)}

    def candidate(settings: dict) -> Candidate:
        prompt = prompt_of(**settings)

        def predict(texts: Sequence[str]) -> list[forms.Judged]:
            return answers(lab.model, prompt, [by_text[text] for text in texts])

        return Candidate(settings, predict, {"prompts": prompt.of_each})

    tried = [candidate(settings) for settings in every()]
    return search(lab, METHOD, tried, dev, approach="prompt", token_limit=forms.MOST_TOKENS, labels_used=len(dev))


def _kept(model: str) -> list[LedgerRow | None]:
    return kept("changes", METHOD, every(), len(change_requests.load("dev")), model)


def choice(model: str) -> tuple[dict, int]:
    """Return the settings that dev chose, and among how many.

    Without a search of this model they are those of the default model, without one of that the plainest, among 0.
    """
    for name in (model, catalogue.DEFAULT):
        rows = _kept(name)
        if all(rows):
            return every()[winner([row.correct for row in rows]).place], len(rows) if name == model else 0
    return every()[0], 0


def untuned(lab: Lab, requests: Sequence[ChangeRequest]) -> LedgerRow:
    """Return how the lab's model, as it is, answers under what dev chose; it is said if another model did."""
    name = about(lab.model)["model"]
    settings, tries = choice(name)
    if not tries:
        print(f"No prompt was searched on dev with {name}; the one that {catalogue.DEFAULT} chose is taken.")
    prompt = prompt_of(**settings)
    return lab.measure(
        METHOD,
        requests,
        lambda _: answers(lab.model, prompt, requests),
        approach="prompt",
        prompts=prompt.of_each,
        settings=settings,
        tries=tries,
        token_limit=forms.MOST_TOKENS,
        labels_used=len(change_requests.load("dev")) if tries else 0,
        heavy=True,
    )


def table(model: str) -> str:
    """Return how many whole forms every prompt gave on dev, as Markdown."""
    return crossed(every(), _kept(model), _column, "told")


def _column(settings: Mapping) -> str:
    begun = f"begun with {settings['start']}" if settings["start"] else "not begun"
    return f"strict {settings['strict']}, {begun}"
