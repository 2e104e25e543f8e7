"""Checks of lesson 00, Start here."""

import itertools
import re
import zlib
from collections.abc import Iterator, Mapping

import numpy as np

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, plain, shown, tried
from helpers.model.language_model import ModelInput, as_messages

TEXTS = ("", "Hi", "Where is order LF-48213?", "Mein Thermostat zeigt 21,5 Grad.\n\nUnd jetzt?", "refund " * 40)
TEXTS += ("\n\nMy hub is offline",)  # the line ends become one token with that of the template


PIECE = re.compile(r"\n+|\w{1,3}|[^\w\s]")  # short pieces, so that nobody takes words for tokens


class _StandIn:
    """A model with tokens and a template of its own: an answer must really use the model and the text it is given."""

    def __init__(self, default: str):
        self.default = default

    def __repr__(self) -> str:
        return "lm"

    def encode(self, text: str) -> list[int]:
        return [zlib.crc32(piece.encode()) for piece in PIECE.findall(text)]

    def render(self, prompt, system=None) -> str:
        messages = as_messages(prompt, system)
        if messages[0]["role"] != "system":
            messages = [{"role": "system", "content": self.default}, *messages]
        return "".join(f"[{message['role']}]\n{message['content']}[end]\n" for message in messages) + "[assistant]\n"

    def count_tokens(self, text) -> int:
        return len(self.encode(text if isinstance(text, str) else self.render(text)))

    def inspect(self, prompt, system=None) -> ModelInput:
        text = self.render(prompt, system)
        return ModelInput(text, self.encode(text), PIECE.findall(text))

    @property
    def tokenizer(self):
        raise NotYet("the tokenizer itself is not needed: lm.count_tokens takes the text, and it takes the messages")


@exercise(
    "00.1",
    "Count twice: the message as the model receives it, template and all, and the text alone.",
    'A plain user message is [{"role": "user", "content": text}]. Subtract one count from the other.',
)
def check_template_tokens(answer) -> str:
    """The difference must be right for any text and any model, so a number that was read off once does not pass."""
    for length, text in enumerate(TEXTS, start=1):
        lm = _StandIn("Answer " + "as well as you can " * length)
        wanted = lm.count_tokens([{"role": "user", "content": text}]) - lm.count_tokens(text)
        case = f"what the template of another model adds to {shown(text)}"
        advice = "Count the tokens of the message as the model receives it, and of the text"
        compare(case, tried(answer, lm, text), wanted, advice)
    return "the template's share is the difference of the two counts, whatever the model."


DEFAULT = "you are a helpful ai assistant named smollm"
OTHERS_ASKED = (
    re.compile(  # no brief answers; "not only brief", "never exceed a brief one", "no jokes, be brief" ask so
        r"(\b(not|never|dont|cannot|cant|neither|stop|refrain|refuse|far from|opposite of)|n['’]t)"
        r"( (?!(?:but|and|only|please|more|exceed|forget|fail|hesitate)\b)\w+){0,3} brief"
        r"|\b(no|avoid|without|less|hardly|anything but|instead of|rather than)( (?!and\b|but\b|please\b)\w+)? brief"
        r"|\bno need to( \w+)? brief|\b[nu]o?n-brief"
        r"|\bbrief( \w+){0,2} (is|are) (bad|wrong|unwanted|forbidden|not (wanted|welcome|allowed|enough))\b"
        r"|\b(the|a|this|that|your|my|our|legal) brief\b(?! \w|[,-])",  # an order or a paper
        flags=re.IGNORECASE,
    )
)


@exercise(
    "00.2",
    "Two messages: first what the model is told about how to answer, then what the user says.",
    'The first has the role "system", which replaces the model\'s own. lm.render(messages) shows what comes of it.',
)
def check_messages(answer) -> str:
    """System message that asks for brevity, then the user's Hello, nothing else."""
    if not isinstance(answer, list | tuple) or not all(isinstance(message, Mapping) for message in answer):
        raise NotYet("messages must be a list of dicts with 'role' and 'content'")
    answer = [{key: plain(value) for key, value in message.items()} for message in answer]
    roles = [message.get("role") for message in answer]
    if roles != ["system", "user"]:
        raise NotYet(f"the roles are {roles}; a system message must come first, then the user's")
    if answer[1].get("content") != "Hello":
        raise NotYet(f"the user should say exactly 'Hello', not {answer[1].get('content')!r}")
    system = answer[0].get("content")
    if not isinstance(system, str):
        raise NotYet(f"the 'content' of the system message must be a text; it is {shown(system)}")
    if DEFAULT in system.lower():
        raise NotYet(f"the model's default system message is still there, in {shown(system)}; write your own")
    if not re.search(r"\bbrief(ly)?\b", system, flags=re.I):
        raise NotYet(f"the system message should ask for brief answers, with the word 'brief' in it; it is {system!r}")
    if OTHERS_ASKED.search(system):
        raise NotYet(f"the system message should ask for brief answers, and {system!r} does not")
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
    for temperature, part in itertools.product((0.25, 0.5, 1.0, 1.7, 4.0), ("all", "the likeliest")):
        probabilities = rng.dirichlet(np.ones(rng.integers(3, 9)))
        if part == "the likeliest":  # of all tokens, as in the lesson: their sum is below one
            probabilities = np.sort(probabilities)[:0:-1]
        wanted = probabilities ** (1 / temperature)
        wanted /= wanted.sum()
        case = f"for {np.round(probabilities, 3).tolist()} at temperature {temperature}"
        found = tried(answer, probabilities, temperature)
        found = list(found) if isinstance(found, Iterator) else found
        compare_items(case, found, wanted.tolist(), "one for each probability", _advice(found, temperature))
    return "below 1 sharper, above 1 flatter, at 1 unchanged."
