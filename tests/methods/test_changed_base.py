"""A base that changed under an adapter: noise of the size asked for, few values a row, and a load that refuses."""

import copy

import pytest
import torch

from helpers.methods import tuning
from helpers.methods.tuning import changed_base
from helpers.tasks import intents, pairs


def test_noise_is_of_the_size_asked_for_and_leaves_the_base_alone(small):
    before = copy.deepcopy(small.model.state_dict())
    noisy = changed_base.perturbed(small, 0.1).model.state_dict()
    for name, value in small.model.state_dict().items():
        assert torch.equal(value, before[name])
        if value.dim() == 2:
            assert (noisy[name] - value).std().item() == pytest.approx(0.1 * value.std().item(), rel=0.1)
        else:
            assert torch.equal(noisy[name], value)
    assert torch.equal(noisy["lm_head.weight"], noisy["model.embed_tokens.weight"])
    top = changed_base.perturbed(small, 0.1, layers=1).model.state_dict()
    changed = {name for name, value in small.model.state_dict().items() if not torch.equal(value, top[name])}
    assert changed
    assert all(name.startswith("model.layers.1.") for name in changed)


@pytest.mark.parametrize("bits", [8, 4])
def test_rounding_leaves_as_many_values_a_row_as_the_bits_allow(small, bits):
    coarse = changed_base.rounded(small, bits).model
    weight, own = coarse.model.layers[0].mlp.up_proj.weight, small.model.model.layers[0].mlp.up_proj.weight
    for row, exact in zip(weight[:5], own[:5], strict=True):
        assert len(row.unique()) <= 2**bits - 1
        step = exact.abs().max() / (2 ** (bits - 1) - 1)
        assert (row - exact).abs().max() <= step / 2 + 1e-6
    assert coarse.lm_head.weight is coarse.model.embed_tokens.weight


def test_another_base_is_refused_and_loaded_where_asked(small, tmp_path):
    tuned = tuning.train(
        small,
        pairs.training_pairs(intents.for_tuning(), intents.read("dev")[:4]),
        tuning.Recipe(epochs=1),
        progress=False,
    )
    folder = tuning.save(tuned, tmp_path / "own")
    noisy = changed_base.perturbed(small, 0.02)
    with pytest.raises(tuning.TuningError, match="train it again"):
        tuning.load(noisy, folder)
    assert "own" in tuning.load(noisy, folder, any_base=True).name
