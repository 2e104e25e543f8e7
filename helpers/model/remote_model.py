"""A model behind an endpoint, with what lessons use of LanguageModel as far as chat completions can give it.

It writes. It has no weights here and tells no probabilities: labels are not weighed but read from its answers, and
whatever needs more says so.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.model.endpoint import Endpoint, EndpointError, from_environment
from helpers.model.prompts import Messages, as_messages
from helpers.model.scoring import LabelScores

UNREADABLE = "unreadable"
LETTERS_A_TOKEN = 4  # what English takes on average
LABEL_TOKENS = 24  # room for an answer that should be one of the labels
SEEN, UNSEEN = 0.0, -6.0  # stand-ins for log-probabilities: named by the answer, or not
CHOOSE = "Answer with one of these and nothing else: {labels}"
GOES_ON = " Your answer goes on after these words: {start!r}."
LACKS = {
    "score_reusing": "reads examples once and keeps what it has read of them",
    "next_token_probabilities": "tells how likely each next token is",
    "inspect": "shows the tokens that a model receives",
    "encode": "turns a text into the model's tokens",
    "tokenizer": "turns texts into the model's tokens",
    "model": "holds the model's weights",
}
_told: set[str] = set()  # models of which it was said how their labels are read


@dataclass(frozen=True)
class Answers:
    """What the endpoint wrote to n chats, with the fields of language_model.Generation; tokens are no ids here."""

    texts: list[str]
    prompt_tokens: list[int]
    new_tokens: list[int]
    finished: list[bool]
    seconds: float


@dataclass(frozen=True)
class ReadLabels(LabelScores):
    """Labels that were read from n answers, with the fields of LabelScores.

    read: for each answer the position of the label that it names, or -1. log_probs hold SEEN for it and UNSEEN for the
    others: enough to take the likeliest, and no probabilities. Taking away the labels' own weight changes nothing.
    """

    read: tuple[int, ...] = ()

    @property
    def predictions(self) -> list[str]:
        """The label that each answer names, or `unreadable`."""
        return [self.labels[i] if i >= 0 else UNREADABLE for i in self.read[: len(self.log_probs)]]

    @property
    def probabilities(self):
        """There are none."""
        raise AttributeError("an endpoint tells no probabilities; these labels were read from its answers")


def connect() -> "RemoteModel":
    """Return the model that COURSE_API_BASE, COURSE_MODEL and COURSE_API_KEY name; nothing is asked yet.

    Raises EndpointError for a setting that is missing or makes no sense.
    """
    return RemoteModel(Endpoint(from_environment()))


class RemoteModel:
    """A model that is asked over the network. A prompt is a string (a user message) or a chat."""

    def __init__(self, endpoint: Endpoint):
        self.endpoint, self.name = endpoint, endpoint.settings.model.split("/")[-1]
        self.device = "endpoint"

    def __repr__(self) -> str:
        return f"RemoteModel({self.name}, at {self.endpoint.host})"

    def __getattr__(self, name: str):
        """Say what an endpoint lacks; called for what is not defined above."""
        if name in LACKS:
            raise RemoteLacks(
                f"{name!r} {LACKS[name]}, and {self.name} answers over the network and gives none of that. Unset "
                "COURSE_API_BASE to run this on a model of your own machine"
            )
        raise AttributeError(f"RemoteModel has no {name!r}")

    @property
    def about(self) -> dict:
        """Model, parameters, dtype and device as a ledger row holds them; what is not known of it is 0 or empty."""
        return {"model": self.name, "parameters": 0, "dtype": "", "device": self.device}

    def render(self, prompt: "str | Messages", system: str | None = None) -> str:
        """Return a prompt as it is sent, each message under its role; the template that it meets there is not known."""
        return "\n\n".join(f"[{one['role']}]\n{one['content']}" for one in as_messages(prompt, system))

    def count_tokens(self, text: "str | Messages") -> int:
        """Return about how many tokens a text or chat has, at four letters each."""
        return -(-len(text if isinstance(text, str) else self.render(text)) // LETTERS_A_TOKEN)

    def chat(self, prompt: "str | Messages", system: str | None = None, **options) -> str:
        """Return the model's answer to one prompt, as text. Options are those of `generate`."""
        return self.generate([as_messages(prompt, system)], progress=False, **options).texts[0]

    def generate(
        self,
        prompts: Sequence["str | Messages"],
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        batch_size: int = 32,
        progress: bool = True,
        logits_processor=None,
    ) -> Answers:
        """Let the model answer each prompt; arguments as for `LanguageModel.generate`.

        An answer that should go on from words of the assistant's is asked for in words: see `asked`. `seed` is sent,
        and few endpoints promise anything for it; `batch_size` is not used.

        Raises:
            EndpointError: no answer could be had, or a limit on calls or money is reached.
            RemoteLacks: a logits_processor would have to stand between the model and each token.
        """
        if logits_processor:
            raise RemoteLacks(
                f"a constraint chooses among the model's next tokens, and {self.name} answers over the network and "
                "shows none. Check and repair its answers instead, or unset COURSE_API_BASE"
            )
        options = {"max_tokens": max_new_tokens, "temperature": temperature}
        options |= {"top_p": top_p, "seed": seed} if temperature > 0 else {}
        started = time.perf_counter()
        replies = self.endpoint.answers([asked(as_messages(prompt)) for prompt in prompts], options, progress)
        return Answers(
            texts=[reply.text for reply in replies],
            prompt_tokens=[reply.prompt_tokens for reply in replies],
            new_tokens=[reply.new_tokens for reply in replies],
            finished=[reply.finished for reply in replies],
            seconds=time.perf_counter() - started,
        )

    def score(
        self,
        prompts: Sequence["str | Messages"],
        labels: Sequence[str],
        end_of_turn: bool = True,
        progress: bool = True,
        **_options,
    ) -> ReadLabels:
        """Let the model choose a label for each prompt in words, and read which; see ReadLabels.

        Each prompt gets a last line that lists the labels, which `LanguageModel.score` has no need of. Its options make
        no difference here.

        Raises:
            ValueError: labels are none, empty, repeated, or look alike to a reader.
        """
        labels = list(labels)
        plain = [_plain(label) for label in labels]
        if not labels or len(set(plain)) != len(plain) or "" in plain:
            raise ValueError(f"labels must be different, non-empty texts; got {labels!r}")
        if self.name not in _told:
            _told.add(self.name)
            print(
                f"{self.name} tells no probabilities: labels are listed at the end of each prompt and read from the "
                "answers, and no label's own weight can be taken away."
            )
        chats = [_choosing(as_messages(prompt), labels) for prompt in prompts]
        made = self.generate(chats, LABEL_TOKENS, progress=progress)
        read = tuple(_named(text, plain) for text in made.texts)
        scores = np.full((len(read), len(labels)), UNSEEN)
        for row, place in enumerate(read):
            if place >= 0:
                scores[row, place] = SEEN
        lengths = np.array([self.count_tokens(label) for label in labels], dtype=int)
        return ReadLabels(
            tuple(labels), scores, lengths, np.array(made.prompt_tokens, dtype=int), 0, made.seconds, read=read
        )


class RemoteLacks(EndpointError, AttributeError):
    """What was asked for needs the model itself, and an endpoint gives answers alone."""


def asked(messages: list[dict]) -> list[dict]:
    """Return a chat as endpoints take it: words with which the answer should begin are asked for in the last question.

    Most servers would answer after them instead of going on.

    >>> asked([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Well"}])[-1]["content"]
    "Hi Your answer goes on after these words: 'Well'."
    """
    if messages[-1]["role"] != "assistant" or len(messages) < 2:
        return messages
    *before, question, begun = messages
    return [*before, {**question, "content": question["content"] + GOES_ON.format(start=begun["content"])}]


def _choosing(messages: list[dict], labels: Sequence[str]) -> list[dict]:
    """The chat with the labels listed at the end of its last question."""
    place = max(i for i, message in enumerate(messages) if message["role"] != "assistant")
    listed = CHOOSE.format(labels=" | ".join(label.strip() for label in labels))
    told = {**messages[place], "content": f"{messages[place]['content']}\n\n{listed}"}
    return [*messages[:place], told, *messages[place + 1 :]]


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").split())


def _named(answer: str, plain: Sequence[str]) -> int:
    """Position of the one label that an answer names as whole words, or -1.

    A label that is part of another one named does not count.

    >>> _named("It is a question about a bill.", ["a question", "a question about a bill"])
    1
    """
    text = _plain(answer)
    found = [i for i, label in enumerate(plain) if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text)]
    longest = [i for i in found if not any(plain[i] in plain[j] for j in found if j != i)]
    return longest[0] if len(longest) == 1 else -1
