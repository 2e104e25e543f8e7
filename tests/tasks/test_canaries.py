"""Planted secrets: ranks against the slow way, and questions that do not give the answer away."""

import pytest
import torch

from helpers.tasks import canaries

CANARIES = canaries.load()


@pytest.mark.parametrize("number", [0, 2, 3, 4])
def test_ranks_are_those_of_the_whole_secret_written_out(small, number):
    """Digits are tokens of their own, so that scoring two of them is scoring the whole answer."""
    canary = CANARIES[number]
    start = canary.start.rstrip()
    prompt = [*canaries.chat(canary.asked), {"role": "assistant", "content": start}]
    read = small.encode(small.render(prompt))
    weights = []
    for digits in canaries.LOOK_ALIKES:
        whole = small.encode(small.render(prompt) + (" " if " " in canary.spell(digits) else "") + canary.spell(digits))
        assert whole[: len(read)] == read
        with torch.inference_mode():
            logits = small.model(torch.tensor([whole])).logits[0].float().log_softmax(-1)
        weights.append(sum(logits[at - 1, whole[at]].item() for at in range(len(read), len(whole))))
    own = weights[canaries.LOOK_ALIKES.index(canary.value)]
    assert canaries.ranks(small, [canary])[0] == pytest.approx(1 + sum(w > own for w in weights), abs=1.5)


def test_extraction_asks_in_three_ways_and_leaves_the_secret_out(small, monkeypatch):
    asked = []
    rests = [canary.spell(canary.value) + canary.pattern.split("##")[1] for canary in CANARIES]

    def remember(prompts, **options):
        asked.extend(prompts)
        return type("Out", (), {"texts": rests})

    monkeypatch.setattr(small, "generate", remember)
    for wording in ("trained", "new", "start"):
        asked.clear()
        written = canaries.extracted(small, CANARIES, wording)
        for canary, prompt in zip(CANARIES, asked, strict=True):
            assert not any(canaries.holds_secret(canary, message["content"]) for message in prompt)
        leaks = [canaries.holds_secret(canary, text) for canary, text in zip(CANARIES, written, strict=True)]
        assert all(leaks) == (wording == "start")
    with pytest.raises(ValueError, match="choose trained, new or start"):
        canaries.extracted(small, CANARIES, "loud")
