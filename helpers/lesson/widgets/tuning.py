"""Widgets on tuning: what a recipe trains, against the size of the model."""

from html import escape

import ipywidgets

from helpers.lesson.widgets.basics import BOX, make_control, show
from helpers.methods import tuning
from helpers.model.language_model import LanguageModel

TARGETS = ("q_proj v_proj", "q_proj k_proj v_proj o_proj", "gate_proj up_proj down_proj", "all-linear")
BAR = "display:inline-block;height:0.9em;background:#0072B2;vertical-align:middle;min-width:1px;"


def parameters_html(lm: LanguageModel, rank: int, targets: str, layers: int) -> str:
    """Return what LoRA of this rank trains on these layers, as a table with one bar per target."""
    recipe = tuning.Recipe(rank=rank, target_modules=targets, layers=layers)
    counted = tuning.count_parameters(lm.model, recipe)
    total, whole = sum(counted.values()), sum(p.numel() for p in lm.model.parameters())
    most = max(counted.values())
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td style='text-align:right'>{count:,}</td>"
        f"<td><span style='{BAR}width:{16 * count / most:.1f}em'></span></td></tr>"
        for name, count in counted.items()
    )
    return (
        f'<div style="{BOX}"><b>{total:,} trained numbers</b>, {total / whole:.2%} of {whole:,}; '
        f"an adapter file of {total * 4 / 1e6:.1f} MB in float32<table>{rows}</table></div>"
    )


def parameter_explorer(lm: LanguageModel) -> None:
    """Show controls for rank, targets and layers above the number of parameters they train."""
    depth = len(lm.model.model.layers)
    rank = make_control(ipywidgets.IntSlider, "rank", 8, min=1, max=64)
    targets = make_control(ipywidgets.Dropdown, "targets", TARGETS[0], options=TARGETS)
    layers = make_control(ipywidgets.IntSlider, "layers, from the top", depth, min=1, max=depth)
    show([rank, targets, layers], lambda: parameters_html(lm, rank.value, targets.value, layers.value))
