"""The assistant taken apart: choose a question and which parts are in place, and see prompt, reply and verdict."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets

from helpers.lesson.widgets.basics import BOX, make_control, preformatted, show
from helpers.methods import assistant
from helpers.methods.retrieval.chunking import Chunk
from helpers.model.language_model import LanguageModel
from helpers.tasks.policies import PolicyQuestion


def assistant_html(
    lm: LanguageModel, question: PolicyQuestion, chunks: Sequence[Chunk], rule: str, shown_rule: str | None = None
) -> str:
    """Return what an assistant makes of a question: its prompt, its reply, and the reply judged on three counts.

    Args:
        lm: the model, with an adapter or without.
        question: what is asked; its answer decides whether the fact is right.
        chunks: the passages in the prompt; none leaves the index out.
        rule: the next step that the reply is judged by.
        shown_rule: what the prompt says of it; the same if not given, and nothing if empty.
    """
    rule_in_prompt = rule if shown_rule is None else shown_rule
    prompt = assistant.write_prompts(lm, [question], [chunks], [rule_in_prompt])[0]
    judged = assistant.answer(lm, [question], [prompt], [rule], progress=False)[0]
    marks = {"fact": judged.fact, "form": judged.form, "rule": judged.rule}
    told = " · ".join(f"{name}: <b>{'yes' if good else 'no'}</b>" for name, good in marks.items())
    broken = f" (broken: {escape(', '.join(judged.broken))})" if judged.broken else ""
    wanted = escape(question.answer)
    return (
        f'<div style="{BOX}"><details><summary>the prompt, {prompt.tokens} tokens, '
        f"{len(prompt.used)} passages</summary>{preformatted(lm.render(prompt.messages))}</details>"
        f"<b>Its reply:</b>{preformatted(judged.text or '(nothing)')}{told}{broken}<br>the answer: {wanted}</div>"
    )


def assistant_explorer(
    models: dict[str, LanguageModel],
    questions: Sequence[PolicyQuestion],
    find: Callable[[PolicyQuestion], Sequence[Chunk]],
    rule: str,
) -> None:
    """Show controls for question, adapter, index and rule, and what the assistant then says.

    Args:
        models: name -> model, such as without and with an adapter; the last one is chosen first.
        questions: to choose from.
        find: returns the passages of a question.
        rule: the day's next step, which can be edited.
    """
    asked = make_control(
        ipywidgets.Dropdown, "Question", 0, options=[(q.question[:90], i) for i, q in enumerate(questions)]
    )
    which = make_control(ipywidgets.Dropdown, "Model", list(models)[-1], options=list(models))
    index = make_control(ipywidgets.Checkbox, "passages from the index", True)
    told = make_control(ipywidgets.Checkbox, "the rule stands in the prompt", True)
    text = make_control(ipywidgets.Text, "Next step", rule)

    def render() -> str:
        question = questions[asked.value]
        chunks = find(question) if index.value else ()
        return assistant_html(models[which.value], question, chunks, text.value, text.value if told.value else "")

    show([asked, which, index, told, text], render)
