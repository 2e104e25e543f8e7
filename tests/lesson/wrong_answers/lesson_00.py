"""What the checks of lesson 00 must refuse: plausible wrong answers, and cheats."""

import numpy as np

from tests.lesson.equal import EqualLabel


def _chat(system, said="Hello"):
    return [{"role": "system", "content": system}, {"role": "user", "content": said}]


def _softmax(values):
    return np.exp(values) / np.exp(values).sum()


WRONG = {
    "00.1": {
        "counts the rendered message only": lambda lm, text: lm.count_tokens([{"role": "user", "content": text}]),
        "a message of its own": lambda lm, text: (
            lm.count_tokens([{"role": "user", "content": "Hi"}]) - lm.count_tokens("Hi")
        ),
        "counts words": lambda lm, text: lm.count_tokens([{"role": "user", "content": text}]) - len(text.split()),
        "words of both": lambda lm, text: len(lm.render(text).split()) - len(text.split()),
        "letters by four": lambda lm, text: len(lm.inspect(text).tokens) - round(len(text) / 4),
        "an empty message": lambda lm, text: lm.count_tokens([{"role": "user", "content": ""}]),
        "the other way round": lambda lm, text: (
            lm.count_tokens(text) - lm.count_tokens([{"role": "user", "content": text}])
        ),
    },
    "00.2": {
        "instruction in the user message": [{"role": "user", "content": "Be brief. Hello"}],
        "a word that only holds it": _chat("You are in charge of debriefing."),
        "another word that begins with it": _chat("Carry a briefcase."),
        "asks for the opposite": _chat("Do not be too brief."),
        "no brief answers": _chat("No brief answers."),
        "no more of them": _chat("Please, no more brief answers!"),
        "avoids them": _chat("Avoid being brief."),
        "no need": _chat("There is no need to be brief."),
        "anything but": _chat("Be anything but brief."),
        "instead of brief ones": _chat("Give long answers instead of brief ones."),
        "with a printed apostrophe": _chat("Don\u2019t be brief."),
        "three words between": _chat("Do not be so very brief."),
        "no apostrophe": _chat("dont be brief"),
        "cannot": _chat("You cannot be brief."),
        "the opposite": _chat("Be the opposite of brief."),
        "far from it": _chat("Be far from brief"),
        "refrains": _chat("Refrain from brief answers."),
        "stops": _chat("Stop being brief."),
        "non-brief": _chat("Give non-brief answers."),
        "neither": _chat("Be neither brief nor plain."),
        "forbidden": _chat("Brief answers are forbidden."),
        "not wanted": _chat("Brief answers are not wanted."),
        "the noun": _chat("Follow the brief."),
        "another noun": _chat("Write a legal brief."),
        "a greeting in small letters": _chat("Be brief.", "hello"),
        "a third message": [*_chat("Be brief."), {"role": "assistant", "content": "Hi"}],
        "a list for a text": _chat(["Be brief."]),
        "system last": [{"role": "user", "content": "Hello"}, {"role": "system", "content": "Be brief."}],
    },
    "00.3": {
        "divides the probabilities": lambda p, t: np.asarray(p) / t / np.sum(np.asarray(p) / t),
        "multiplies": lambda p, t: np.exp(np.log(p) * t) / np.exp(np.log(p) * t).sum(),
        "leaves them as they are at 1": lambda p, t: p if t == 1 else _softmax(np.log(p) / t),
        "normalizes what sums to one alone": lambda p, t: (
            _softmax(np.log(p) / t) if np.isclose(np.sum(p), 1) else np.asarray(p) ** (1 / t)
        ),
        "normalizes first": lambda p, t: (np.asarray(p) / np.sum(p)) ** (1 / t),
        "does not normalize": lambda p, t: np.exp(np.log(p) / t),
    },
}
CHEATS = {
    "00.1": {
        "the number read off once": lambda lm, text: 30,
        "the numbers read off": lambda lm, text: 28 if text.startswith("\n") else 29,
    },
    "00.2": {
        "a greeting that equals all": _chat("Be brief.", EqualLabel("x")),
        "roles that equal all": [
            {"role": EqualLabel("a"), "content": "brief"},
            {"role": EqualLabel("b"), "content": "Hello"},
        ],
        "keeps the default": [
            {"role": "system", "content": "You are a helpful AI assistant named SmolLM. Be brief."},
            {"role": "user", "content": "Hello"},
        ],
    },
    "00.3": {"returns its input": lambda p, t: p},
}
