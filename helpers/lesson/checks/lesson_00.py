"""Checks of lesson 00, Start here."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, shown, tried
from helpers.model.language_model import ModelInput, as_messages

TEXTS = ("", "Hi", "Where is order LF-48213?", "Mein Thermostat zeigt 21,5 Grad.\n\nUnd jetzt?", "refund " * 40)
TEXTS += ("\n\nMy hub is offline",)  # the line ends become one token with that of the template


class _CountingModel:
    """A stand-in that counts words: it shows whether an answer really uses the model and the text it is given."""

    def __repr__(self) -> str:
        return "lm"

    def count_tokens(self, text) -> int:
        if isinstance(text, str):
            return len(text.split())
        merged = sum(message["content"].startswith("\n") for message in text)
        return sum(7 + len(message["content"].split()) for message in text) + 5 - merged

    def inspect(self, prompt, system=None) -> ModelInput:
        count = self.count_tokens(as_messages(prompt, system))
        return ModelInput("", list(range(count)), ["?"] * count)

    def render(self, prompt, system=None) -> str:
        raise NotYet("use lm.count_tokens on the text and on the messages; counting in the rendered text is not needed")


@exercise(
    "00.1",
    "lm.count_tokens takes a plain text, or a list of messages as the model would receive them.",
    'A plain user message is [{"role": "user", "content": text}]. Subtract one count from the other.',
)
def check_template_tokens(answer) -> str:
    """The difference must be right for any text and any model, so a number that was read off once does not pass."""
    lm = _CountingModel()
    for text in TEXTS:
        wanted = lm.count_tokens([{"role": "user", "content": text}]) - lm.count_tokens(text)
        case = f"what the template of another model adds to {shown(text)}"
        advice = "Count the tokens of the message as the model receives it, and of the text"
        compare(case, tried(answer, lm, text), wanted, advice)
    return "the template's share is the difference of the two counts, whatever the model."


@exercise(
    "00.2",
    "A chat is a list of dicts, each with 'role' and 'content'. Roles are system, user, assistant.",
    'Begin with {"role": "system", "content": "Be brief."}.',
)
def check_messages(answer) -> str:
    """System message that asks for brevity, then the user's Hello, nothing else."""
    if not isinstance(answer, list | tuple) or not all(isinstance(message, Mapping) for message in answer):
        raise NotYet("messages must be a list of dicts with 'role' and 'content'")
    roles = [message.get("role") for message in answer]
    if roles != ["system", "user"]:
        raise NotYet(f"the roles are {roles}; a system message must come first, then the user's")
    if answer[1].get("content") != "Hello":
        raise NotYet(f"the user should say exactly 'Hello', not {answer[1].get('content')!r}")
    system = answer[0].get("content")
    if not isinstance(system, str):
        raise NotYet(f"the 'content' of the system message must be a text; it is {shown(system)}")
    if "smollm" in system.lower():
        raise NotYet(f"the model's default system message is still there, in {shown(system)}; write your own")
    if not re.search(r"\bbrief(ly)?\b", system, flags=re.I):
        raise NotYet(f"the system message should ask for brief answers, with the word 'brief' in it; it is {system!r}")
    if re.search(r"(\b(not|never)|n't)( \w+){0,2} brief", system, flags=re.I):
        raise NotYet(f"the system message should ask for brief answers, and {system!r} asks for others")
    return "your system message takes the place of the default one."


def _advice(found, temperature: float) -> str:
    """Say of wrong shares whether they sum to one, and how they should look."""
    try:
        total = float(np.sum(np.asarray(found, dtype=float)))
    except (TypeError, ValueError):
        return ""
    if not np.isclose(total, 1):
        return f"Yours sum to {total:.3f}; divide by their sum"
    way = "unchanged" if temperature == 1 else "sharper" if temperature < 1 else "flatter"
    return f"The result should be {way}: divide the logarithms by the temperature"


@exercise(
    "00.3",
    "np.log turns probabilities into something you can divide by the temperature.",
    "Take np.exp of the divided logarithms, then divide by their sum.",
)
def check_at_temperature(answer) -> str:
    """Compared with the definition on random probabilities and temperatures."""
    rng = np.random.default_rng(3)
    for temperature in (0.25, 0.5, 1.0, 1.7, 4.0):
        probabilities = rng.dirichlet(np.ones(rng.integers(2, 9)))
        wanted = probabilities ** (1 / temperature)
        wanted /= wanted.sum()
        case = f"for {np.round(probabilities, 3).tolist()} at temperature {temperature}"
        found = tried(answer, probabilities, temperature)
        found = list(found) if isinstance(found, Iterator) else found
        compare_items(case, found, wanted.tolist(), "one for each probability", _advice(found, temperature))
    return "below 1 sharper, above 1 flatter, at 1 unchanged."
