"""What the checks of lesson 00 must accept beside the solutions: the same thing in other shapes."""

from types import MappingProxyType

import numpy as np
from scipy.special import softmax


def _chat(system, kind=dict):
    return [kind({"role": "system", "content": system}), kind({"role": "user", "content": "Hello"})]


def _in_place(probabilities, temperature):
    shares = np.log(probabilities)
    shares /= temperature
    shares -= shares.max()
    np.exp(shares, out=shares)
    shares /= shares.sum()
    return shares


RIGHT = {
    "00.1": {
        "by inspecting": lambda lm, text: len(lm.inspect(text).tokens) - lm.count_tokens(text),
        "what is rendered, counted": lambda lm, text: lm.count_tokens(lm.render(text)) - lm.count_tokens(text),
        "rendered messages": lambda lm, text: (
            lm.count_tokens(lm.render([{"role": "user", "content": text}])) - lm.count_tokens(text)
        ),
        "encoded": lambda lm, text: len(lm.encode(lm.render(text))) - len(lm.encode(text)),
        "the text that it receives": lambda lm, text: lm.count_tokens(lm.inspect(text).text) - lm.count_tokens(text),
        "token ids": lambda lm, text: len(lm.inspect(text).token_ids) - lm.count_tokens(text),
        "a tuple of messages": lambda lm, text, role="user": (
            lm.count_tokens(({"role": role, "content": text},)) - lm.count_tokens(text)
        ),
        "a numpy number": lambda lm, text: np.int64(
            lm.count_tokens([{"content": text, "role": "user"}]) - lm.count_tokens(text)
        ),
    },
    "00.2": {
        "a negation of something else": _chat("Be brief. Do not write more than one sentence."),
        "never something else": _chat("Be brief, never chatty."),
        "a negation in front of it": _chat("Don't ramble. Please keep your answers brief."),
        "nothing else": _chat("No small talk. Be brief."),
        "not only": _chat("Be not only brief, but kind."),
        "no more than": _chat("Be brief, no more than one sentence."),
        "avoids something else": _chat("Be brief and avoid lists."),
        "never more than": _chat("Never write more than brief answers."),
        "never forgets": _chat("Never forget to be brief."),
        "does not exceed": _chat("Do not exceed one brief sentence."),
        "a name of its own": _chat("You are SmolLM. Be brief."),
        "stops something else": _chat("Stop rambling, be brief."),
        "brief and more": _chat("Give a brief, plain answer."),
        "in brief": _chat("Answer in brief."),
        "a numpy text": _chat(np.str_("Keep it brief.")),
        "in capitals": _chat("BE BRIEF!"),
        "as an adverb": _chat("Answer briefly."),
        "mappings": _chat("Be brief.", MappingProxyType),
    },
    "00.3": {
        "powers in a list": lambda p, t: [x ** (1 / t) / sum(y ** (1 / t) for y in p) for x in p],
        "softmax": lambda p, t: softmax(np.log(p) / t),
        "a tuple": lambda p, t: tuple(softmax(np.log(p) / t)),
        "single precision": lambda p, t: softmax(np.log(p) / t).astype(np.float32),
        "a view": lambda p, t: dict(enumerate(softmax(np.log(p) / t))).values(),
        "a generator": lambda p, t: (share for share in softmax(np.log(p) / t)),
        "in place on an array of its own": _in_place,
    },
}
