"""Widgets on tuning: what a recipe trains, against the size of the model; and what several adapters answer."""

from collections.abc import Mapping

import ipywidgets
from markupsafe import Markup

from helpers.lesson.widgets.basics import bar, bold, boxed, make_control, preformatted, show, table
from helpers.methods import tuning
from helpers.model.language_model import LanguageModel, as_messages

TARGETS = ("q_proj v_proj", "q_proj k_proj v_proj o_proj", "gate_proj up_proj down_proj", "all-linear")


def parameters_html(lm: LanguageModel, rank: int, targets: str, layers: int) -> Markup:
    """Return what LoRA of this rank trains on these layers, as a table with one bar per target."""
    recipe = tuning.Recipe(rank=rank, target_modules=targets, layers=layers)
    counted = tuning.count_parameters(lm.model, recipe)
    total, whole = sum(counted.values()), sum(p.numel() for p in lm.model.parameters())
    most = max(counted.values())
    return boxed(
        bold(f"{total:,} trained numbers"),
        f", {total / whole:.2%} of {whole:,}; an adapter file of {total * 4 / 1e6:.1f} MB in float32",
        table((name, f"{count:,}", bar(count / most)) for name, count in counted.items()),
    )


def parameter_explorer(lm: LanguageModel) -> None:
    """Show controls for rank, targets and layers above the number of parameters they train."""
    depth = len(lm.model.model.layers)
    rank = make_control(ipywidgets.IntSlider, "rank", 8, min=1, max=64)
    targets = make_control(ipywidgets.Dropdown, "targets", TARGETS[0], options=TARGETS)
    layers = make_control(ipywidgets.IntSlider, "layers, from the top", depth, min=1, max=depth)
    show([rank, targets, layers], lambda: parameters_html(lm, rank.value, targets.value, layers.value))


def answers_html(models: Mapping[str, LanguageModel], text: str, system: str = "", max_new_tokens: int = 28) -> Markup:
    """Return the answers of several models to one message; call it yourself where widgets do not work."""
    messages = as_messages(text or " ", system or None)
    said = {name: lm.chat(messages, max_new_tokens=max_new_tokens) for name, lm in models.items()}
    return boxed(table((bold(name), preformatted(answer or "(nothing)")) for name, answer in said.items()))


def side_by_side(models: Mapping[str, LanguageModel], text: str, systems: Mapping[str, str]) -> None:
    """Show boxes for a message and its system text, and what each model answers.

    `systems`: name -> system text to choose from, such as the one that an adapter was trained with.
    """
    box = make_control(ipywidgets.Textarea, "Message", text)
    chosen = make_control(ipywidgets.Dropdown, "System", next(iter(systems)), options=list(systems))
    length = make_control(ipywidgets.IntSlider, "Tokens at most", 28, min=4, max=80)
    show([box, chosen, length], lambda: answers_html(models, box.value, systems[chosen.value], length.value))
