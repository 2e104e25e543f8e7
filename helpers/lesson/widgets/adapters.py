"""One question, several adapters on one base: what each of them answers, side by side."""

from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets

from helpers.lesson.widgets.basics import BOX, make_control, preformatted, show
from helpers.model.language_model import LanguageModel, as_messages


def answers_html(
    models: Mapping[str, LanguageModel],
    text: str,
    system: str = "",
    max_new_tokens: int = 28,
    names: Sequence[str] = (),
) -> str:
    """Return the answers of several models to one message as an HTML table; call it yourself where widgets do not work.

    `names`: only these of the models, in the order of `models`; all of them if empty.
    """
    messages = as_messages(text or " ", system or None)
    rows = "".join(
        f"<tr><td style='vertical-align:top'><b>{escape(name)}</b></td>"
        f"<td>{preformatted(lm.chat(messages, max_new_tokens=max_new_tokens) or '(nothing)')}</td></tr>"
        for name, lm in models.items()
        if not names or name in names
    )
    return f'<div style="{BOX}"><table>{rows}</table></div>'


def side_by_side(
    models: Mapping[str, LanguageModel], text: str, systems: Mapping[str, str], max_new_tokens: int = 28
) -> None:
    """Show boxes for a message and its system text, and what each model answers.

    `systems`: name -> system text to choose from, such as the one that an adapter was trained with.
    """
    box = make_control(ipywidgets.Textarea, "Message", text)
    chosen = make_control(ipywidgets.Dropdown, "System", next(iter(systems)), options=list(systems))
    length = make_control(ipywidgets.IntSlider, "Tokens at most", max_new_tokens, min=4, max=80)
    show(
        [box, chosen, length],
        lambda: answers_html(models, box.value, systems[chosen.value], length.value),
    )
