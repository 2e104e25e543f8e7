"""Products of linear layers that take the same input: side by side, adapters added, weights read in half the bytes.

Weights that were rounded to bfloat16 and are multiplied in float32 take twice the bytes that they need, and one text
alone waits for these bytes and nothing else. Times a power of two, nearly every such number is one of float16 too, bit
for bit; FBGEMM, which comes with torch on x86 processors, multiplies float32 by matrices kept so. Where a single
number would change, where there is no FBGEMM, or where memory is short (halves are kept beside the weights: 0.4 GB more
for the default model), the layers' own weights are read.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional
from torch.utils.weak import WeakTensorKeyDictionary

from helpers.machine import runtime

FEW = 64  # rows of x up to which halves are faster; above, products wait for arithmetic and not for bytes
PLENTY = 6e9  # bytes of memory from which halves are kept beside the weights; Binder has 2e9
AT_ONCE = 4096  # rows of a matrix that are compared with their halves at once
SAMPLE = 1009  # every such number of a matrix is compared, to see whether its weights are still those that were packed


@dataclass(frozen=True)
class Packed:
    """Matrices, one below the other and times 2 ** exponent, as FBGEMM keeps them; None where they do not fit."""

    matrix: object | None
    exponent: int
    seen: list[tuple]


_packed: WeakTensorKeyDictionary = WeakTensorKeyDictionary()  # the first of several weights -> Packed


def is_adapted(layer) -> bool:
    """Return whether a layer is a linear one of peft's with LoRA; where nobody has imported peft, none is."""
    peft = sys.modules.get("peft.tuners.lora")  # a second to import, which only tuning needs
    return peft is not None and type(layer) is peft.Linear


def base_of(layer) -> torch.nn.Linear:
    """Return a linear layer itself, or the one below its adapter."""
    return layer.get_base_layer() if is_adapted(layer) else layer


def look(weight: torch.Tensor) -> tuple:
    """Return what tells that a weight has changed since: its place, torch's count of changes, some of its numbers."""
    count = 0 if weight.is_inference() else weight._version
    return weight.data_ptr(), count, weight.detach().view(-1)[::SAMPLE].clone()


def same(one: Sequence[tuple], other: Sequence[tuple]) -> bool:
    """Return whether two looks at the same weights, one after the other, saw the same."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a[:2] == b[:2] and torch.equal(a[2], b[2]) for a, b in pairs)


def can_pack(weight: torch.Tensor) -> bool:
    """Return whether halves of this weight could be multiplied here: float32, on an x86 processor, memory to spare."""
    if runtime.memory().value < PLENTY:
        return False
    here = weight.dtype == torch.float32 and weight.device.type == "cpu" and weight.is_contiguous()
    return here and torch.backends.quantized.engine in ("x86", "fbgemm")


def pack(weights: Sequence[torch.Tensor]) -> Packed:
    """Return weights of layers with the same input in half their bytes, exactly, or a Packed without a matrix.

    They are kept as long as the first weight lives, so that models which share weights share this as well.
    """
    seen = [look(weight) for weight in weights]
    known = _packed.get(weights[0])
    if known is None or not same(known.seen, seen):
        known = _packed[weights[0]] = Packed(*_halves(weights), seen)
    return known


def _halves(weights: Sequence[torch.Tensor]) -> tuple[object | None, int]:
    largest = max(weight.detach().abs().max().item() for weight in weights)
    if not 0 < largest < math.inf:
        return None, 0
    exponent = 15 - math.frexp(largest)[1]  # the largest is then at least 2 ** 14, and float16 ends below 2 ** 16
    whole = torch.cat([weight.detach() for weight in weights]).mul_(2.0**exponent)
    if not all(torch.equal(part.half().float(), part) for part in whole.split(AT_ONCE)):
        return None, 0
    return torch.ops.quantized.linear_prepack_fp16(whole, None), exponent


class Product:
    """What linear layers make of one input, side by side, in multiples of `unit`, a power of two.

    unit_before: the input comes times `unit` already (a norm's weight takes care of it), so that the output is the true
    one; otherwise the output is to be taken times `unit` (`added_to` does). Either way nothing is rounded by it.
    """

    def __init__(self, layers: Sequence, unit_before: bool):
        bases = [base_of(layer) for layer in layers]
        self.weights = [base.weight for base in bases]
        self.biases = [base.bias for base in bases]
        packed = pack(self.weights) if all(map(can_pack, self.weights)) else Packed(None, 0, [])
        self.matrix, self.unit, self.unit_before = packed.matrix, 2.0**-packed.exponent, unit_before
        self.bias = self._bias() if any(bias is not None for bias in self.biases) else None
        self.adapters = []
        at = 0
        for layer, weight in zip(layers, self.weights, strict=True):
            part = slice(at, at + len(weight))
            self.adapters += [(part, *adapter) for adapter in adapters_of(layer)]
            at = part.stop

    def _bias(self) -> torch.Tensor:
        """The biases, 0 where a layer has none, for an output in multiples of unit."""
        pairs = zip(self.weights, self.biases, strict=True)
        bias = torch.cat([weight.new_zeros(len(weight)) if own is None else own.detach() for weight, own in pairs])
        return bias if self.unit_before else bias / self.unit

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return (n, all outputs) for x of shape (n, inputs)."""
        if self.matrix is None:
            pairs = zip(self.weights, self.biases, strict=True)
            parts = [functional.linear(x, weight, bias) for weight, bias in pairs]
            out = torch.cat(parts, -1) if len(parts) > 1 else parts[0]
        else:
            out = self._by_halves(x)
            if self.bias is not None:
                out += self.bias
        for part, down, up, scale in self.adapters:
            out[:, part] += functional.linear(functional.linear(x.to(down.dtype), down), up) * (scale / self.unit)
        return out

    def _by_halves(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) <= FEW:
            return torch.ops.quantized.linear_dynamic_fp16(x.contiguous(), self.matrix)
        out = x.new_empty(len(x), sum(map(len, self.weights)))
        at = 0
        for weight in self.weights:
            out[:, at : at + len(weight)] = functional.linear(x, weight)
            at += len(weight)
        return out.mul_(1 / self.unit)

    def added_to(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return x plus what the layers make of y, written into x where the layers' input is not scaled."""
        return x.add_(self(y), alpha=self.unit) if self.unit != 1 else x.add_(self(y))


def adapters_of(layer) -> list[tuple[torch.Tensor, torch.Tensor, float]]:
    """Return the active LoRA adapters of a layer as (A, B, scale); none where they are merged or switched off."""
    if not is_adapted(layer) or layer.disable_adapters or layer.merged:
        return []
    names = [name for name in layer.active_adapters if name in layer.lora_A]
    return [(layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name]) for name in names]
