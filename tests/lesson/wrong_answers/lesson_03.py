"""What the checks of lesson 03 must refuse: plausible wrong answers, and cheats."""

import numpy as np
from scipy.special import logsumexp

from helpers.methods import few_shot

WRONG = {
    "03.1": {
        "roles swapped": lambda examples, text: [
            *(
                turn
                for e in examples
                for turn in ({"role": "assistant", "content": e.text}, {"role": "user", "content": e.label})
            ),
            {"role": "user", "content": text},
        ],
        "fills with format": lambda examples, text: few_shot.messages("", examples, text, template="{text} "),
    },
    "03.2": {
        "never shares": lambda start, own, count, shared: (start + own) * count,
        "shares everything": lambda start, own, count, shared: start + own if shared else (start + own) * count,
    },
    "03.3": {
        "averages logarithms": lambda log_probs, neutral: (
            log_probs - (neutral - logsumexp(neutral, axis=1, keepdims=True)).mean(axis=0)
        ),
        "adds instead": lambda log_probs, neutral: 2 * log_probs - few_shot.calibrate(log_probs, neutral),
        "one number for each message": lambda log_probs, neutral: few_shot.calibrate(log_probs, neutral)[:, 0],
    },
    "03.4": {
        "nearest first": lambda pool, query, k: np.argsort(-(pool @ query))[:k],
        "farthest": lambda pool, query, k: np.argsort(pool @ query)[:k],
        "forgets k = 0": lambda pool, query, k: np.argsort(pool @ query)[-k:],
    },
    "03.5": {
        "exact only": lambda shown, asked: [i for i, row in enumerate(shown) if asked[i] in row],
        "part of a text": lambda shown, asked: [
            i
            for i, row in enumerate(shown)
            if any(" ".join(asked[i].lower().split()) in " ".join(text.lower().split()) for text in row)
        ],
    },
}
CHEATS = {
    "03.1": {"no examples": lambda examples, text: [{"role": "user", "content": text}]},
    "03.2": {"a constant": lambda start, own, count, shared: 1000},
    "03.3": {"as they were": lambda log_probs, neutral: log_probs},
    "03.4": {"the first rows": lambda pool, query, k: list(range(k))},
    "03.5": {"all of them": lambda shown, asked: list(range(len(asked)))},
}
