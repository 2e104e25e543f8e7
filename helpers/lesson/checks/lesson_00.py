"""Checks of lesson 00, Start here."""

import numpy as np

from helpers.lesson.exercises import NotYet, compare, exercise, tried
from helpers.model.language_model import ModelInput, as_messages

TEXTS = ("", "Hi", "Where is order LF-48213?", "Mein Thermostat zeigt 21,5 Grad.\n\nUnd jetzt?", "refund " * 40)


class _CountingModel:
    """A stand-in that counts words: it shows whether an answer really uses the model it is given."""

    def count_tokens(self, text) -> int:
        if isinstance(text, str):
            return len(text.split())
        return sum(7 + len(message["content"].split()) for message in text) + 5

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
        case = f"what the template of another model adds to a message of {len(text.split())} words"
        advice = "Count the tokens of the message as the model receives it, and of the text"
        compare(case, answer(lm, text), wanted, advice)
    return "the template's share is the difference of the two counts, whatever the model."


@exercise(
    "00.2",
    "A chat is a list of dicts, each with 'role' and 'content'. Roles are system, user, assistant.",
    'Begin with {"role": "system", "content": "Be brief."}.',
)
def check_messages(answer) -> str:
    """System message that asks for brevity, then the user's Hello, nothing else."""
    if not isinstance(answer, list) or not all(isinstance(message, dict) for message in answer):
        raise NotYet("messages must be a list of dicts with 'role' and 'content'")
    roles = [message.get("role") for message in answer]
    if roles != ["system", "user"]:
        raise NotYet(f"the roles are {roles}; a system message must come first, then the user's")
    if answer[1].get("content") != "Hello":
        raise NotYet(f"the user should say exactly 'Hello', not {answer[1].get('content')!r}")
    system = str(answer[0].get("content", "")).lower()
    if "smollm" in system:
        raise NotYet("the model's default system message is still there; write your own in its place")
    if "brief" not in system or any(word in system for word in ("not ", "never", "n't")):
        raise NotYet("the system message should ask for brief answers, with the word 'brief' in it")
    return "your system message takes the place of the default one."


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
        found = np.asarray(tried(answer, probabilities, temperature), dtype=float)
        if found.shape != wanted.shape:
            raise NotYet(f"for {len(wanted)} probabilities your function returns shape {found.shape}")
        if not np.isclose(found.sum(), 1):
            raise NotYet(f"at temperature {temperature} your shares sum to {found.sum():.3f}; divide by their sum")
        if not np.allclose(found, wanted, atol=1e-6):
            side = "sharper" if temperature < 1 else "flatter"
            raise NotYet(f"at temperature {temperature} the result should be {side}: divide the logarithms by it")
    return "below 1 sharper, above 1 flatter, at 1 unchanged."
