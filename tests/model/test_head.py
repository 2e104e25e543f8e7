"""The head is read once, however many prompts: no product takes a copy of it for each."""

import math

import pytest
from torch.profiler import ProfilerActivity, profile

from helpers.model.language_model import LanguageModel
from helpers.tasks import canaries, general

PROMPTS = [f"{'Where is my parcel? ' * (i % 3 + 1)}{i}" for i in range(32)]
WAYS = {
    "generate": lambda lm: lm.generate(PROMPTS, max_new_tokens=3, progress=False),
    "generate, short": lambda lm: lm.generate(["Hi"] * 32, max_new_tokens=3, progress=False),
    "score": lambda lm: lm.score(PROMPTS, ["yes", "no"], progress=False),
    "next token": lambda lm: lm.next_token_probabilities("Hi"),
    "ranks": lambda lm: canaries.ranks(lm, canaries.load()[:2]),
    "probe": lambda lm: general.ask(lm, general.load()[:2]),
}


@pytest.fixture
def frozen(small):
    """The model as it is once an adapter was attached: its own weights ask for no gradient."""
    asking = {name: parameter.requires_grad for name, parameter in small.model.named_parameters()}
    small.model.requires_grad_(False)
    yield small
    for name, parameter in small.model.named_parameters():
        parameter.requires_grad_(asking[name])


def largest_operand(run) -> int:
    """Return the bytes in float32 of the largest matrix that any product took, copies for a batch counted."""
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as seen:
        run()
    shapes = [
        shape for event in seen.events() if event.name in ("aten::mm", "aten::bmm") for shape in event.input_shapes
    ]
    return 4 * max(math.prod(shape) for shape in shapes)


@pytest.mark.parametrize("way", WAYS)
def test_no_product_takes_the_head_more_than_once(frozen, way):
    assert largest_operand(lambda: WAYS[way](frozen)) == frozen.model.lm_head.weight.nbytes


def test_a_second_model_around_the_same_head_adds_nothing(small):
    count = len(small.model.lm_head._forward_pre_hooks)
    LanguageModel(small.model, small.tokenizer)
    assert len(small.model.lm_head._forward_pre_hooks) == count == 1
