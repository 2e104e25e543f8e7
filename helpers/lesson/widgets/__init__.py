"""Interactive faces on pure functions, for ipywidgets 7.7 (Colab) and 8; one module a subject.

A widget leaves a picture of its first state behind for readers without a kernel, and escapes all text it shows.
"""

from helpers.lesson.widgets.basics import few_shot_explorer as few_shot_explorer
from helpers.lesson.widgets.basics import few_shot_html as few_shot_html
from helpers.lesson.widgets.basics import keyword_html as keyword_html
from helpers.lesson.widgets.basics import keyword_playground as keyword_playground
from helpers.lesson.widgets.basics import next_token_explorer as next_token_explorer
from helpers.lesson.widgets.basics import prompt_html as prompt_html
from helpers.lesson.widgets.basics import prompt_playground as prompt_playground
from helpers.lesson.widgets.basics import token_viewer as token_viewer
from helpers.lesson.widgets.basics import tokens_html as tokens_html
