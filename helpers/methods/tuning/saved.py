"""Adapters: put one beside a frozen model, save it with a card, load it onto the base it was made for, merge it.

The tuned model is a second tree of modules around the same frozen weights: the base stays untouched and usable, and an
adapter costs its own few megabytes only.
"""

import copy
import datetime
import hashlib
import json
import pathlib
import weakref
from collections import Counter

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file

from helpers.methods.tuning.recipe import Recipe, TuningError
from helpers.model import weights
from helpers.model.again import sharing_copy
from helpers.model.language_model import LanguageModel

WEIGHTS, CARD = "adapter_model.safetensors", "card.json"  # the first is peft's name
PREFIX = "base_model.model."  # what peft writes before a weight's name
_hashes: "weakref.WeakKeyDictionary" = weakref.WeakKeyDictionary()


def lora_layers(model) -> dict[str, LoraLayer]:
    """Return the layers of a model that carry an adapter, by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, LoraLayer)}


def trained(model) -> list[torch.nn.Parameter]:
    """Return the parameters of a model's adapter."""
    return [value for name, value in model.named_parameters() if "lora_" in name]


def _config(model, recipe: Recipe) -> LoraConfig:
    """The recipe in peft's words, with the names of targets checked against the model."""
    layers = model.model.layers
    linear = {name.split(".")[-1] for name, part in layers.named_modules() if isinstance(part, torch.nn.Linear)}
    targets = sorted(linear) if recipe.targets == "all-linear" else recipe.targets
    if not linear.issuperset(targets):
        missing = sorted(set(targets) - linear)
        raise TuningError(f"no linear layer is called {missing[0]!r}; this model has {', '.join(sorted(linear))}")
    some = 0 < recipe.layers < len(layers)
    return LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=targets,
        layers_to_transform=list(range(len(layers) - recipe.layers, len(layers))) if some else None,
        task_type="CAUSAL_LM",
    )


def count_parameters(model, recipe: Recipe) -> dict[str, int]:
    """Return how many numbers a recipe trains in a model, for each kind of target layer.

    A layer of i inputs and o outputs gets A (rank x i) and B (o x rank), so rank x (i + o) numbers.
    """
    wanted = _config(model, recipe).target_modules
    counted = Counter()
    for name, part in model.model.layers[-recipe.layers :].named_modules():  # -0: all
        last = name.split(".")[-1]
        if isinstance(part, torch.nn.Linear) and last in wanted:
            counted[last] += recipe.rank * (part.in_features + part.out_features)
    return dict(counted)


def attach(lm: LanguageModel, recipe: Recipe, name: str) -> LanguageModel:
    """Return the model with a new adapter, in float32 and seeded; it answers as before until the adapter is trained."""
    if lora_layers(lm.model):
        raise TuningError(
            f"{lm.name} carries an adapter already; merge it first (tuning.merge), or pass the base model"
        )
    model = sharing_copy(lm.model)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        inject_adapter_in_model(_config(model, recipe), model)
    for key, parameter in model.named_parameters():
        if "lora_" in key:
            parameter.data = parameter.data.float()
        else:
            parameter.requires_grad_(False)
    return LanguageModel(model.eval(), lm.tokenizer, name)


def state_of(model) -> dict[str, torch.Tensor]:
    """Return a copy of the adapter's weights on the CPU, by peft's names."""
    found = get_peft_model_state_dict(model, save_embedding_layers=False)
    return {key: value.detach().cpu().clone() for key, value in found.items()}


def set_state(model, state: dict[str, torch.Tensor]) -> None:
    """Put an adapter's weights into a model; raises TuningError where names or shapes do not fit."""
    shapes, wanted = ({key: tuple(value.shape) for key, value in each.items()} for each in (state, state_of(model)))
    for key in sorted(shapes.keys() | wanted.keys()):
        if shapes.get(key) != wanted.get(key):
            found = [f"{each[key]}" if key in each else "missing" for each in (shapes, wanted)]
            raise TuningError(
                f"the adapter does not fit this model: {key} is {found[0]} in the adapter, {found[1]} in the model"
            )
    set_peft_model_state_dict(model, state)


def base_sha256(model) -> str:
    """Return 12 hex digits that stand for all weights below an adapter, the same in float32 as in bfloat16."""
    if model not in _hashes:
        digest = hashlib.sha256()
        for name, tensor in sorted(model.named_parameters()):
            if "lora_" not in name:
                digest.update(name.replace(".base_layer", "").encode())
                digest.update(tensor.detach().to("cpu", torch.bfloat16).view(torch.int16).numpy().tobytes())
        _hashes[model] = digest.hexdigest()[:12]
    return _hashes[model]


def save(tuned, folder: str | pathlib.Path, note: str = "", dtype: torch.dtype = torch.float32) -> pathlib.Path:
    """Write an adapter as peft does (safetensors and its configuration), with a card that says where it comes from.

    `note` is one line for the card's reader; a `dtype` of bfloat16 halves the file. Returns the folder.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {PREFIX + key: value.to(dtype).contiguous() for key, value in state_of(tuned.lm.model).items()}
    save_file(state, folder / WEIGHTS, metadata={"format": "pt"})
    config = copy.copy(next(iter(tuned.lm.model.peft_config.values())))
    config.base_model_name_or_path, config.inference_mode = tuned.base_name, True
    config.save_pretrained(folder)
    card = {
        "note": note,
        "base": tuned.base_name,
        "base_sha256": base_sha256(tuned.lm.model),
        "weights_sha256": weights.sha256_of(folder / WEIGHTS),
        "data_sha256": tuned.data_sha256,
        "pairs": tuned.report.used,
        "recipe": tuned.recipe.as_dict(),
        "steps": len(tuned.history.losses),
        "best_step": tuned.history.best_step,
        "dev_loss": tuned.history.best_loss,
        "training_seconds": round(tuned.seconds, 3),
        "made": datetime.date.today().isoformat(),
    }
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def read_card(folder: str | pathlib.Path) -> dict:
    """Return an adapter's card; raises TuningError if there is none that can be read."""
    try:
        return json.loads((pathlib.Path(folder) / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TuningError(
            f"no adapter's card can be read in {pathlib.Path(folder).name} ({error}); see tuning.save"
        ) from None


def problem_with(folder: str | pathlib.Path) -> str | None:
    """Return what is wrong with a saved adapter; None if its weights are those that its card describes."""
    folder = pathlib.Path(folder)
    try:
        described = read_card(folder)["weights_sha256"]
        if weights.sha256_of(folder / WEIGHTS) != described:
            return f"{WEIGHTS} in {folder.name} is not the file that its card describes; restore it"
    except TuningError as error:
        return str(error)
    except OSError as error:
        return f"{WEIGHTS} in {folder.name} cannot be read ({error}); restore it"
    return None


def load(lm: LanguageModel, folder: str | pathlib.Path, any_base: bool = False) -> LanguageModel:
    """Return the model with a saved adapter on; `lm` itself, the base in any precision, stays as it is.

    Raises:
        TuningError: no adapter is there, its file is damaged, or it was made for another base (and not `any_base`).
    """
    folder = pathlib.Path(folder)
    wrong = problem_with(folder)
    if wrong:
        raise TuningError(wrong)
    card, state = read_card(folder), load_file(folder / WEIGHTS)
    if not any_base and base_sha256(lm.model) != card["base_sha256"]:
        raise TuningError(
            f"the adapter {folder.name} was made for {card['base']} with weights {card['base_sha256']}; {lm.name} has "
            f"{base_sha256(lm.model)}. An adapter only corrects the weights it was trained beside: train it again here"
        )
    tuned = attach(lm, Recipe(**card["recipe"]), f"{lm.name} + {folder.name}")
    set_state(tuned.model, {key.removeprefix(PREFIX): value.float() for key, value in state.items()})
    return tuned


def merge(lm: LanguageModel) -> LanguageModel:
    """Return a model with the adapter added into its weights: no extra work per token, and no adapter to take off.

    Weights that no adapter touches stay shared with the base.
    """
    if not lora_layers(lm.model):
        raise TuningError(f"{lm.name} carries no adapter that could be merged")
    model = sharing_copy(lm.model)
    for name, layer in lora_layers(model).items():
        linear = layer.get_base_layer()
        shared = linear.weight
        linear.weight = torch.nn.Parameter(shared.detach().to(torch.float32, copy=True), requires_grad=False)
        layer.merge()
        linear.weight.data = linear.weight.data.to(shared.dtype)
        model.set_submodule(name, linear)
    del model.peft_config
    model._hf_peft_config_loaded = False
    return LanguageModel(model.eval(), lm.tokenizer, f"{lm.name}, merged")
