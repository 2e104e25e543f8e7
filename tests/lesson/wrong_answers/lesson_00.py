"""What the checks of lesson 00 must refuse: plausible wrong answers, and cheats."""

import numpy as np

WRONG = {
    "00.1": {
        "counts the rendered message only": lambda lm, text: lm.count_tokens([{"role": "user", "content": text}]),
        "the other way round": lambda lm, text: (
            lm.count_tokens(text) - lm.count_tokens([{"role": "user", "content": text}])
        ),
    },
    "00.2": {
        "instruction in the user message": [{"role": "user", "content": "Be brief. Hello"}],
        "system last": [{"role": "user", "content": "Hello"}, {"role": "system", "content": "Be brief."}],
    },
    "00.3": {
        "divides the probabilities": lambda p, t: np.asarray(p) / t / np.sum(np.asarray(p) / t),
        "multiplies": lambda p, t: np.exp(np.log(p) * t) / np.exp(np.log(p) * t).sum(),
        "does not normalize": lambda p, t: np.exp(np.log(p) / t),
    },
}
CHEATS = {
    "00.1": {"the number read off once": lambda lm, text: 30},
    "00.2": {
        "keeps the default": [
            {"role": "system", "content": "You are a helpful AI assistant named SmolLM. Be brief."},
            {"role": "user", "content": "Hello"},
        ]
    },
    "00.3": {"returns its input": lambda p, t: p},
}
