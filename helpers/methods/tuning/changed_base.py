"""A base model that changed after an adapter was trained on it: a little noise in its weights, or fewer bits."""

from collections.abc import Callable

import torch

from helpers.model.again import sharing_copy
from helpers.model.language_model import LanguageModel


def _changed(
    lm: LanguageModel, change: Callable[[torch.Tensor], torch.Tensor], layers: int, name: str
) -> LanguageModel:
    """A copy with `change` made to each weight matrix (n, d); all else stays shared with the model."""
    model = sharing_copy(lm.model)
    parts = model.model.layers[-layers:] if layers else [model]
    for part in parts:
        for module in part.modules():
            weight = getattr(module, "weight", None)
            if weight is not None and weight.dim() == 2 and module is not model.get_output_embeddings():
                module.weight = torch.nn.Parameter(
                    change(weight.detach().float()).to(weight.dtype), requires_grad=False
                )
    if not layers:
        model.tie_weights()
    return LanguageModel(model, lm.tokenizer, name)


def perturbed(lm: LanguageModel, share: float, layers: int = 0, seed: int = 0) -> LanguageModel:
    """Return a copy of a model whose weight matrices carry noise of `share` times their own standard deviation.

    It stands for a base model that its maker has trained a little further. `layers`: only in so many of the upper
    layers; 0 means everywhere, and then the copy takes as much memory as the model.
    """
    generator = torch.Generator().manual_seed(seed)

    def noisy(weight: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(weight.shape, generator=generator).to(weight.device)
        return weight + noise * share * weight.std()

    return _changed(lm, noisy, layers, f"{lm.name}, {share:.0%} noise")


def rounded(lm: LanguageModel, bits: int) -> LanguageModel:
    """Return a copy of a model whose weights are rounded to `bits` bits, each row of a matrix on a scale of its own.

    This is what storing a model in fewer bits does to its weights; the computing stays as precise as before.
    """
    steps = 2 ** (bits - 1) - 1

    def coarse(weight: torch.Tensor) -> torch.Tensor:
        scale = weight.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / steps
        return (weight / scale).round() * scale

    return _changed(lm, coarse, 0, f"{lm.name}, {bits} bits")
