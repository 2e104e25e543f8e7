"""The assistant taken apart: choose a question and which parts are in place, and see prompt, reply and verdict."""

from collections.abc import Callable, Sequence

import ipywidgets
from markupsafe import Markup

from helpers.lesson.widgets.basics import bold, boxed, folded, make_control, preformatted, show
from helpers.methods import assistant
from helpers.methods.retrieval.chunking import Chunk
from helpers.model.language_model import LanguageModel
from helpers.tasks.policies import PolicyQuestion


def assistant_html(
    lm: LanguageModel, question: PolicyQuestion, chunks: Sequence[Chunk], rule: str, shown_rule: str | None = None
) -> Markup:
    """Return what an assistant makes of a question: its prompt, its reply, and the reply judged on three counts.

    `rule` is the next step that the reply is judged by; `shown_rule` what the prompt says of it, the same if not given.
    Without `chunks` the index is left out.
    """
    rule_in_prompt = rule if shown_rule is None else shown_rule
    prompt = assistant.write_prompts(lm, [question], [chunks], [rule_in_prompt])[0]
    judged = assistant.answer(lm, [question], [prompt], [rule], progress=False)[0]
    marks = {"fact": judged.fact, "form": judged.form, "rule": judged.rule}
    told = [Markup("{}: {}").format(name, bold("yes" if good else "no")) for name, good in marks.items()]
    broken = f" (broken: {', '.join(judged.broken)})" if judged.broken else ""
    return boxed(
        folded(f"the prompt, {prompt.tokens} tokens, {len(prompt.used)} passages", lm.render(prompt.messages)),
        bold("Its reply:"),
        preformatted(judged.text or "(nothing)"),
        Markup(" · ").join(told),
        broken,
        Markup("<br>the answer: {}").format(question.answer),
    )


def assistant_explorer(
    models: dict[str, LanguageModel],
    questions: Sequence[PolicyQuestion],
    find: Callable[[PolicyQuestion], Sequence[Chunk]],
    rule: str,
) -> None:
    """Show controls for question, adapter, index and rule, and what the assistant then says.

    `find` returns the passages of a question; the last of the `models` is chosen first.
    """
    numbered = [(question.question[:90], i) for i, question in enumerate(questions)]
    asked = make_control(ipywidgets.Dropdown, "Question", 0, options=numbered)
    which = make_control(ipywidgets.Dropdown, "Model", list(models)[-1], options=list(models))
    index = make_control(ipywidgets.Checkbox, "passages from the index", True)
    told = make_control(ipywidgets.Checkbox, "the rule stands in the prompt", True)
    text = make_control(ipywidgets.Text, "Next step", rule)

    def render() -> str:
        question = questions[asked.value]
        chunks = find(question) if index.value else ()
        return assistant_html(models[which.value], question, chunks, text.value, text.value if told.value else "")

    show([asked, which, index, told, text], render)
