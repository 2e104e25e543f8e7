"""A Llama or Qwen2 model as plain functions on its own weights: what a decoder needs of it, and nothing else.

transformers' modules stay the reference. They spend much of a step on bookkeeping and copy all that was read before;
here the cache is allocated once and written in place. `obstacle` says which models are left to them.
"""

import torch
from torch.nn import functional
from transformers import LlamaForCausalLM, Qwen2ForCausalLM

from helpers.model import head
from helpers.model.products import Product, base_of, is_adapted

KINDS = (LlamaForCausalLM, Qwen2ForCausalLM)
ROTATIONS = ("default", "linear", "llama3", "yarn")  # their tables do not change with a text's length
HARMLESS = {  # what a generation config may hold: LanguageModel.generate sets it, or it changes nothing
    *("bos_token_id", "eos_token_id", "pad_token_id", "transformers_version", "_from_model_config", "max_length"),
    *("max_new_tokens", "do_sample", "temperature", "top_k", "top_p", "use_cache", "repetition_penalty"),
}


def obstacle(model) -> str | None:
    """Return why this model is left to transformers' own, slower `generate`; None if nothing speaks against Lean."""
    if type(model) not in KINDS:
        return f"{type(model).__name__} is neither a Llama nor a Qwen2 model"
    config = model.config
    rotation = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    if config.hidden_act != "silu" or rotation not in ROTATIONS:
        return f"its activation is {config.hidden_act}, its rotation {rotation}; silu and {ROTATIONS} are known"
    if any(kind != "full_attention" for kind in getattr(config, "layer_types", None) or ()):
        return "some of its layers see a window only"
    if config._attn_implementation not in ("sdpa", "eager"):
        return f"it attends by {config._attn_implementation}"
    if model.training:
        return "it is in training mode"
    asked = model.generation_config.to_diff_dict()
    odd = [name for name in sorted(asked) if name not in HARMLESS and asked[name] not in (None, False)]
    if odd:
        return f"its generation config asks for {', '.join(odd)}"
    return _odd_part(model)


def _odd_part(model) -> str | None:
    """Return which module is not what a plain Llama or Qwen2 has there: hooked, replaced, of another number format."""
    for name, part in model.named_modules():
        before = [hook for hook in part._forward_pre_hooks.values() if hook is not head._contiguous]
        if before or part._forward_hooks or "forward" in vars(part):
            return f"{name or 'the model'} has a hook or a forward of its own"
    wanted = {}
    for number, layer in enumerate(model.model.layers):
        parts = [(layer.self_attn, side) for side in ("q_proj", "k_proj", "v_proj", "o_proj")]
        parts += [(layer.mlp, side) for side in ("gate_proj", "up_proj", "down_proj")]
        wanted |= {f"layer {number}, {side}": getattr(part, side) for part, side in parts}
    for name, part in (wanted | {"the head": model.get_output_embeddings()}).items():
        base = base_of(part)
        if type(base) is not torch.nn.Linear:
            return f"{name} is a {type(part).__name__}, not a Linear with or without LoRA"
        if is_adapted(part) and (part.lora_variant or any(part.lora_bias.values())):
            return f"{name} has a variant of LoRA"
        if (base.weight.dtype, base.weight.device) != (model.dtype, model.device):
            return f"{name} is {base.weight.dtype} on {base.weight.device}, the model {model.dtype} on {model.device}"
    return None


class _Norm:
    """RMSNorm, its weight times what the product after it asks for."""

    def __init__(self, module, unit: float):
        self.weight, self.size = module.weight * unit, module.weight.shape
        self.epsilon = module.variance_epsilon

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if x.dtype == torch.float32:
            return functional.rms_norm(x, self.size, self.weight, self.epsilon)
        wide = x.float()  # as transformers does it: rounded once before the weight, once after
        return self.weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(x.dtype)


class _Layer:
    def __init__(self, layer):
        attention, mlp = layer.self_attn, layer.mlp
        self.qkv = Product([attention.q_proj, attention.k_proj, attention.v_proj], unit_before=True)
        self.out = Product([attention.o_proj], unit_before=False)
        self.gate_up = Product([mlp.gate_proj, mlp.up_proj], unit_before=True)
        self.down = Product([mlp.down_proj], unit_before=False)
        self.before = _Norm(layer.input_layernorm, self.qkv.unit)
        self.after = _Norm(layer.post_attention_layernorm, self.gate_up.unit)


class Lean:
    """A model ready to read and write; made anew for each call, since adapters and weights may have changed."""

    def __init__(self, model):
        config, inner = model.config, model.model
        self.model, self.dtype, self.device = model, model.dtype, model.device
        self.heads, self.key_heads = config.num_attention_heads, config.num_key_value_heads
        self.size = inner.layers[0].self_attn.head_dim
        self.scale = inner.layers[0].self_attn.scaling
        self.embedding = inner.embed_tokens.weight
        self.head = Product([model.get_output_embeddings()], unit_before=True)  # first: packing it takes most
        self.layers = [_Layer(layer) for layer in inner.layers]
        self.norm = _Norm(inner.norm, self.head.unit)
        self.rotation = torch.empty(2, 0, self.size)

    def turn_to(self, length: int) -> None:
        """Prepare the rotation of positions up to `length`, as the model's own module computes it."""
        if self.rotation.shape[1] < length:
            positions = torch.arange(length, device=self.device)[None]
            cosine, sine = self.model.model.rotary_emb(self.embedding[:1], positions)
            half = self.size // 2
            self.rotation = torch.stack([cosine[0], torch.cat([-sine[0, :, :half], sine[0, :, half:]], -1)])

    def read(self, ids: torch.Tensor, positions: torch.Tensor, attend) -> torch.Tensor:
        """Return hidden states (n, width) of n tokens at their positions, before the last norm.

        attend(layer's number, queries (n, heads, size), keys and values (n, key heads, size)) gives (n, heads x size).
        """
        count, turning = len(ids), self.heads + self.key_heads
        cosine, sine = self.rotation[:, positions][:, :, None]
        x = functional.embedding(ids, self.embedding)
        for number, layer in enumerate(self.layers):
            heads = layer.qkv(layer.before(x)).view(count, -1, self.size)
            plain = heads[:, :turning]
            swapped = plain.unflatten(-1, (2, -1)).flip(2).flatten(2)
            turned = torch.addcmul(plain * cosine, swapped, sine)
            seen = attend(number, turned[:, : self.heads], turned[:, self.heads :], heads[:, turning:])
            x = layer.out.added_to(x, seen)
            gate, up = layer.gate_up(layer.after(x)).chunk(2, -1)
            x = layer.down.added_to(x, functional.silu(gate).mul_(up))
        return x

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return float32 logits (n, vocabulary) of hidden states (n, width)."""
        return self.head(self.norm(hidden)).float()
