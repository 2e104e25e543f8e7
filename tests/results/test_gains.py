"""What tuning adds is held against the best prompt of the same model."""

import numpy as np

from helpers.results import gains
from tests.ledger_rows import of_hits


def test_tuning_is_held_against_the_best_prompt_of_each_model_and_a_missing_row_is_left_out():
    base = np.arange(100)
    for model, shares in (("SmolLM2-135M-Instruct", (20, 50, 60)), ("Qwen2.5-0.5B-Instruct", (40, 30, 90))):
        for method, right in zip(("plain words", "with examples", "tuned"), shares, strict=True):
            way = "tune" if method == "tuned" else "prompt"
            of_hits(method, base < right, approach=way, model=model, split="fresh")
    pairings = [
        gains.Pairing("toy", ("plain words", "with examples"), ("not there", "tuned"), "fresh"),
        gains.Pairing("toy", ("plain words",), ("not there",), "fresh"),
        gains.Pairing("no such task", ("a",), ("b",)),
    ]
    found = {gain.prompt.language_model: gain for gain in gains.gains(pairings)}
    assert [gain.prompt.method for gain in found.values()] == ["with examples", "plain words"]
    assert [round(gain.points.estimate, 2) for gain in found.values()] == [0.10, 0.50]
