"""How a widget is shown, and the widgets of the lessons on the model, on prompts and on examples.

Each widget leaves an HTML picture of its first state behind, which is what readers without a kernel see. Text from a
learner, a model or a file is escaped. No threads, no timers: a widget answers to a change of its controls.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets
from IPython.display import display

from helpers import statistics
from helpers.lesson.plots import at_temperature, visible
from helpers.methods import baselines
from helpers.methods.few_shot import FewShotPrompt
from helpers.model.language_model import LanguageModel, as_messages
from helpers.tasks.files import Message
from helpers.tasks.task import Task

CHIP = "display:inline-block;margin:1px;padding:1px 4px;border:1px solid #888;border-radius:3px;"
CHIP += "color:#111;font-family:monospace;"
CHIP_COLORS = ("#cfe8f7", "#fde9c4")
BOX = "border:1px solid #999;border-radius:4px;padding:8px;max-width:52em;overflow-wrap:anywhere;"


def show(controls: Sequence, render: Callable[[], str]) -> None:
    """Show controls above the HTML that `render` returns, and render again at each change of a control."""
    output = ipywidgets.HTML(render())

    def update(_change):
        try:
            output.value = render()
        except ValueError as error:
            output.value = f"<em>{escape(str(error))}</em>"

    for control in controls:
        control.observe(update, names="value")
    box = ipywidgets.VBox([*controls, output])
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display(
        {
            "application/vnd.jupyter.widget-view+json": view,
            "text/html": f"<div><em>A picture of the widget; run the cell to use it.</em>{output.value}</div>",
            "text/plain": "A widget; run the cell to use it.",
        },
        raw=True,
    )


def make_control(kind, description: str, value, **options):
    """Return a control of an ipywidgets class, as wide as the text, that answers when a change is complete."""
    if kind not in (ipywidgets.Checkbox, ipywidgets.Dropdown):
        options["continuous_update"] = False  # answer when a change is complete, not at each letter
    return kind(
        value=value,
        description=description,
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="95%", max_width="52em"),
        **options,
    )


def tokens_html(tokens: Sequence[str], token_ids: Sequence[int]) -> str:
    """Return tokens as colored chips with their ids as tooltips, after a line that counts them."""
    chips = "".join(
        f'<span title="id {token_id}" style="{CHIP}background:{CHIP_COLORS[i % 2]}">{escape(visible(token))}</span>'
        for i, (token, token_id) in enumerate(zip(tokens, token_ids, strict=True))
    )
    count = f"{len(tokens)} token{'' if len(tokens) == 1 else 's'}"
    return f'<div style="{BOX}"><b>{count}</b><br>{chips}</div>'


def token_viewer(lm: LanguageModel, text: str) -> None:
    """Show a text box and the tokens of what is typed there, alone or as the model receives it in a chat."""
    box = make_control(ipywidgets.Textarea, "Text", text)
    chat = make_control(ipywidgets.Checkbox, "as the model receives it (chat template)", False)

    def render() -> str:
        if chat.value:
            seen = lm.inspect(box.value or " ")
            return tokens_html(seen.tokens, seen.token_ids)
        ids = lm.tokenizer(box.value, add_special_tokens=False)["input_ids"]
        return tokens_html([lm.tokenizer.decode([token]) for token in ids], ids)

    show([box, chat], render)


def bars_html(pairs: Sequence[tuple[str, float]], temperature: float) -> str:
    """Return next-token probabilities at a temperature as HTML bars; shares are among the tokens shown."""
    shares = at_temperature([value for _, value in pairs], temperature)
    rows = "".join(
        f'<tr><td style="text-align:right;font-family:monospace">{escape(visible(token))}</td>'
        f'<td style="width:22em"><div style="width:{100 * share:.1f}%;background:#0072B2;height:0.9em"></div></td>'
        f"<td>{share:.3f}</td></tr>"
        for (token, _), share in zip(pairs, shares, strict=True)
    )
    return f'<div style="{BOX}"><b>next token at temperature {temperature:g}</b><table>{rows}</table></div>'


def next_token_explorer(lm: LanguageModel, text: str, top: int = 10) -> None:
    """Show the likeliest next tokens after a text that the model continues, with a temperature slider."""
    box = make_control(ipywidgets.Text, "The answer so far", text)
    slider = make_control(ipywidgets.FloatSlider, "Temperature", 1.0, min=0.1, max=3.0, step=0.1)
    known: dict = {}

    def render() -> str:
        prompt = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": box.value or " "}]
        if box.value not in known:
            known[box.value] = lm.next_token_probabilities(prompt, top)
        return bars_html(known[box.value], slider.value)

    show([box, slider], render)


def keyword_html(task: Task, items: Sequence[Message], rules: Mapping[str, Sequence[str]], default: str) -> str:
    """Return what keyword rules get right: accuracy with interval, recall and precision per label, three misses.

    `default`: the label of what no rule matches.
    """
    gold = [item.label for item in items]
    predicted = baselines.keywords(rules, [item.text for item in items], default)
    scores = statistics.per_class(gold, predicted, task.labels)
    recalls = "".join(
        f"<tr><td>{escape(s.label)}</td><td>{s.recall:.2f}</td><td>{s.precision:.2f}</td></tr>" for s in scores
    )
    misses = [(item, guess) for item, guess in zip(items, predicted, strict=True) if item.label != guess][:3]
    shown = "".join(
        f"<li>{escape(item.text[:160])} <em>({escape(item.label)}, not {escape(guess)})</em></li>"
        for item, guess in misses
    )
    head = f"<b>accuracy on {len(items)} {escape(task.noun)}: {statistics.accuracy_interval(gold, predicted)}</b>"
    table = f"<table><tr><th>label</th><th>recall</th><th>precision</th></tr>{recalls}</table>"
    return f'<div style="{BOX}">{head}{table}First misses:<ul>{shown or "<li>none</li>"}</ul></div>'


def keyword_playground(task: Task, items: Sequence[Message], rules: Mapping[str, Sequence[str]]) -> None:
    """Show one text box of keywords per label, and what these rules get right on `items`.

    What no rule matches goes to the task's `outside`, or to the most frequent label where it has none.
    """
    default = task.outside or baselines.majority([item.label for item in task.train or items], 1)[0]
    typed_first = {label: ", ".join(rules.get(label, ())) for label in task.labels if label != task.outside}
    boxes = {label: make_control(ipywidgets.Text, label, typed) for label, typed in typed_first.items()}

    def render() -> str:
        typed = {label: [w.strip() for w in box.value.split(",") if w.strip()] for label, box in boxes.items()}
        return keyword_html(task, items, typed, default)

    show(list(boxes.values()), render)


def preformatted(text: str) -> str:
    """Return a text, escaped, as HTML that keeps its line breaks."""
    return f'<pre style="white-space:pre-wrap">{escape(text)}</pre>'


def prompt_html(
    lm: LanguageModel,
    user: str,
    system: str = "",
    temperature: float = 0.0,
    max_new_tokens: int = 24,
    labels: Sequence[str] = (),
) -> str:
    """Return what happens to a prompt: the exact text, its tokens, the answer, the labels' probabilities.

    The playground's picture; call it yourself where widgets do not work.
    """
    messages = as_messages(user or " ", system or None)
    seen = lm.inspect(messages)
    answer = lm.generate([messages], max_new_tokens, temperature, progress=False).texts[0]
    parts = [
        f"<b>{len(seen.token_ids)} tokens reach the model:</b>{preformatted(seen.text)}",
        f"<b>Its answer:</b>{preformatted(answer or '(nothing)')}",
    ]
    if labels:
        scores = lm.score([messages], labels, progress=False)
        rows = "".join(
            f"<tr><td>{escape(label)}</td><td>{share:.3f}</td></tr>"
            for share, label in sorted(zip(scores.probabilities[0], labels, strict=True), reverse=True)
        )
        parts.append(f"<b>Share of each label as the whole answer:</b><table>{rows}</table>")
    return f'<div style="{BOX}">{"".join(parts)}</div>'


def prompt_playground(lm: LanguageModel, user: str, system: str = "", labels: Sequence[str] = ()) -> None:
    """Show boxes for a prompt, its labels, temperature and length, and what the model makes of them."""
    system_box = make_control(ipywidgets.Textarea, "System", system)
    user_box = make_control(ipywidgets.Textarea, "User", user)
    label_box = make_control(ipywidgets.Text, "Labels, separated by commas", ", ".join(labels))
    slider = make_control(ipywidgets.FloatSlider, "Temperature", 0.0, min=0.0, max=2.0, step=0.1)
    length = make_control(ipywidgets.IntSlider, "Tokens at most", 24, min=1, max=120)

    def render() -> str:
        typed = list(dict.fromkeys(label.strip() for label in label_box.value.split(",") if label.strip()))
        return prompt_html(lm, user_box.value, system_box.value, slider.value, length.value, typed)

    show([system_box, user_box, label_box, slider, length], render)


def few_shot_html(
    lm: LanguageModel,
    prompt: FewShotPrompt,
    examples: Sequence[Sequence[Message]],
    items: Sequence[Message],
) -> str:
    """Return what a few-shot prompt makes of solved messages: accuracy, tokens, predictions, the prompt of the first.

    `examples` holds one list for each item. The explorer's picture; call it yourself where widgets do not work.
    """
    texts, gold = [item.text for item in items], [item.label for item in items]
    scores = prompt.score(lm, examples, texts, progress=False)
    seen = lm.inspect(prompt.messages(examples[0], texts[0]))
    counted = "".join(
        f"<tr><td>{escape(label)}</td><td>{gold.count(label)}</td><td>{scores.predictions.count(label)}</td></tr>"
        for label in prompt.names
    )
    head = f"accuracy on {len(items)} messages: {statistics.accuracy_interval(gold, scores.predictions)}"
    cost = f"{scores.prompt_tokens.mean():.0f} tokens a prompt, {scores.seconds / len(items):.2f} s a message"
    summary = f"the prompt of the first message, {len(seen.token_ids)} tokens"
    parts = [
        f"<b>{head}</b><br>{cost}",
        f"<table><tr><th>label</th><th>gold</th><th>predicted</th></tr>{counted}</table>",
        f"<details><summary>{summary}</summary>{preformatted(seen.text)}</details>",
    ]
    return f'<div style="{BOX}">{"".join(parts)}</div>'


def few_shot_explorer(
    lm: LanguageModel,
    prompt: FewShotPrompt,
    choose: Mapping[str, Callable[[int, int], Sequence[Sequence[Message]]]],
    items: Sequence[Message],
) -> None:
    """Show controls for number, selection and seed of the examples, and what the model makes of `items` with them.

    `choose`: name of a selection -> function of (k, seed) that returns one list of examples for each item.
    """
    how = make_control(ipywidgets.Dropdown, "Selection", next(iter(choose)), options=list(choose))
    k = make_control(ipywidgets.SelectionSlider, "Examples", 4, options=[0, 1, 2, 4, 8, 16])
    seed = make_control(ipywidgets.IntSlider, "Seed", 0, min=0, max=9)
    show([how, k, seed], lambda: few_shot_html(lm, prompt, choose[how.value](k.value, seed.value), items))
