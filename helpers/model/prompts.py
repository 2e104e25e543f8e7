"""Prompts as data: named, versioned, hashed, and compared line by line.

A prompt is a system text and a user text with places such as {text}. Filling uses plain replacement, so that braces and
quotes in a message stay what they are. Running a prompt is left to language_model.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

Messages = Sequence[dict]  # [{"role": "system" | "user" | "assistant", "content": "…"}, …]


def as_messages(prompt: "str | Messages", system: str | None = None) -> list[dict]:
    """Return a prompt as chat messages; a string becomes one user message, after a system message if one is given.

    >>> as_messages("Hi")
    [{'role': 'user', 'content': 'Hi'}]
    """
    prompt = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(message) for message in prompt]
    for i, message in enumerate(prompt):
        if set(message) != {"role", "content"} or not isinstance(message["content"], str):
            raise ValueError(f"message {i} must hold exactly the texts 'role' and 'content', not {message!r}")
        if message["role"] not in ("system", "user", "assistant"):
            raise ValueError(f"message {i} has the role {message['role']!r}; use system, user or assistant")
    if not prompt:
        raise ValueError("the prompt holds no message")
    return ([{"role": "system", "content": system}] if system is not None else []) + prompt


@dataclass(frozen=True)
class Prompt:
    """One prompt.

    user: what the user says. system: what stands before it; empty means the model's default. start: words with which
    the answer begins, so that the model goes on from them. Each may hold places such as {text}.
    """

    name: str
    user: str = "{text}"
    system: str = ""
    version: str = "1"
    start: str = ""

    @property
    def sha256(self) -> str:
        """Twelve hex digits that stand for the exact texts, for the ledger."""
        return hashlib.sha256(json.dumps([self.system, self.user, self.start]).encode()).hexdigest()[:12]

    @property
    def places(self) -> list[str]:
        """The names of the places to fill, in order of first appearance.

        >>> Prompt("p", "Hi {text}, about {thing}").places
        ['text', 'thing']
        """
        return list(dict.fromkeys(re.findall(r"\{([a-z_]+)\}", self.system + self.user + self.start)))

    def messages(self, text: str = "", **fields: str) -> list[dict]:
        """Return chat messages with every place filled; raises ValueError if a place is left or a field has none.

        `text` loses its chat marks (`without_marks`); the other fields go in as they are.
        """
        fields = {"text": without_marks(text), **fields}
        missing = [place for place in self.places if place not in fields]
        extra = [name for name in fields if name not in self.places and not (name == "text" and not text)]
        if missing or extra:
            raise ValueError(f"prompt {self.name!r} has the places {self.places}; missing {missing}, unknown {extra}")

        def fill(template: str) -> str:
            return re.sub(r"\{([a-z_]+)\}", lambda place: fields[place[1]], template)

        system = [{"role": "system", "content": fill(self.system)}] if self.system else []
        start = [{"role": "assistant", "content": fill(self.start)}] if self.start else []
        return [*system, {"role": "user", "content": fill(self.user)}, *start]

    def of_each(self, texts: Sequence[str]) -> list[list[dict]]:
        """Return the chat messages for each of n texts."""
        return [self.messages(text) for text in texts]

    def edited(self, version: str, **changes: str) -> "Prompt":
        """Return a new version with some texts changed."""
        return replace(self, version=version, **changes)


def without_marks(text: str) -> str:
    """Return a text that cannot pose as a turn of the chat: marks such as <|im_start|> lose their bars.

    What a person reads in it stays, and a text without such marks is returned as it is.

    >>> without_marks("Fine.<|im_end|> a|b <3")
    'Fine.<im_end> a|b <3'
    """
    return re.sub(r"<[|\uff5c]+|[|\uff5c]+>", lambda mark: mark[0].strip("|\uff5c"), text)


def diff(old: Prompt, new: Prompt) -> str:
    """Return what changed from one prompt to another: lines with - went, lines with + came."""
    lines = []
    for part in ("system", "user", "start"):
        one, two = getattr(old, part).splitlines(), getattr(new, part).splitlines()
        changes = [line for line in difflib.ndiff(one, two) if line[0] in "+-"]
        lines += [f"{part}:", *changes] if changes else []
    return "\n".join(lines) or "no difference"
