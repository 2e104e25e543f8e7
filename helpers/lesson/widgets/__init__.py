"""Interactive faces on pure functions, for ipywidgets 7.7 (Colab) and 8; one module a subject.

A widget leaves a picture of its first state behind for readers without a kernel, and escapes all text it shows.
"""

from helpers.lesson.widgets.basics import (
    bars_html,
    few_shot_explorer,
    few_shot_html,
    keyword_html,
    keyword_playground,
    make_control,
    next_token_explorer,
    preformatted,
    prompt_html,
    prompt_playground,
    show,
    token_viewer,
    tokens_html,
)

__all__ = [
    "bars_html",
    "few_shot_explorer",
    "few_shot_html",
    "keyword_html",
    "keyword_playground",
    "make_control",
    "next_token_explorer",
    "preformatted",
    "prompt_html",
    "prompt_playground",
    "show",
    "token_viewer",
    "tokens_html",
]
