"""How a widget is shown, and the widgets of the lessons on the model, on prompts and on examples.

Each widget leaves an HTML picture of its first state behind, which is what readers without a kernel see. Text from a
learner, a model or a file is escaped, since all HTML is built of Markup. No threads, no timers: a widget answers to a
change of its controls.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle

import ipywidgets
from IPython.display import display
from markupsafe import Markup

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
BAR = "background:#0072B2;height:0.9em;min-width:1px;"
BOX = "border:1px solid #999;border-radius:4px;padding:8px;max-width:52em;overflow-wrap:break-word;"


def show(controls: Sequence, render: Callable[[], str]) -> None:
    """Show controls above the HTML that `render` returns, and render again at each change of a control."""
    output = ipywidgets.HTML(render())

    def update(_change):
        try:
            output.value = render()
        except ValueError as error:
            output.value = Markup("<em>{}</em>").format(error)

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


def boxed(*parts: str) -> Markup:
    """Return parts in a frame, one after the other; like all below, it escapes what is not Markup yet."""
    return Markup('<div style="{}">{}</div>').format(BOX, Markup("").join(parts))


def bold(text: object) -> Markup:
    """Return a text in bold type."""
    return Markup("<b>{}</b>").format(text)


def preformatted(text: str) -> Markup:
    """Return a text that keeps its line breaks."""
    return Markup('<pre style="white-space:pre-wrap">{}</pre>').format(text)


def folded(summary: str, text: str) -> Markup:
    """Return a long text behind a line that opens it."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, preformatted(text))


def table(rows: Iterable[Sequence[object]], head: Sequence[object] = ()) -> Markup:
    """Return rows of cells as a table.

    >>> str(table([["<i>"]]))
    '<table><tr><td style="vertical-align:top">&lt;i&gt;</td></tr></table>'
    """
    lines = [(head, "th"), *((row, "td") for row in rows)] if head else [(row, "td") for row in rows]
    cell = Markup('<{0} style="vertical-align:top">{1}</{0}>')
    cells = (Markup("").join(cell.format(tag, content) for content in row) for row, tag in lines)
    return Markup("<table>{}</table>").format(Markup("").join(Markup("<tr>{}</tr>").format(line) for line in cells))


def listed(lines: Iterable[object], otherwise: str) -> Markup:
    """Return lines as a list, or one other line if there is none."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in list(lines) or [otherwise])
    return Markup("<ul>{}</ul>").format(items)


def bar(share: float) -> Markup:
    """Return a bar as long as a share of the whole."""
    return Markup('<div style="width:22em"><div style="{}width:{:.1f}%"></div></div>').format(BAR, 100 * share)


def tokens_html(tokens: Sequence[str], token_ids: Sequence[int]) -> Markup:
    """Return tokens as colored chips with their ids as tooltips, after a line that counts them."""
    chip = Markup('<span title="id {}" style="{}background:{}">{}</span>')
    pairs = zip(zip(tokens, token_ids, strict=True), cycle(CHIP_COLORS), strict=False)
    chips = [chip.format(token_id, CHIP, color, visible(token)) for (token, token_id), color in pairs]
    return boxed(bold(f"{len(tokens)} token{'' if len(tokens) == 1 else 's'}"), Markup("<br>"), *chips)


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


def next_token_explorer(lm: LanguageModel, text: str) -> None:
    """Show the likeliest next tokens after a text that the model continues, with a temperature slider."""
    box = make_control(ipywidgets.Text, "The answer so far", text)
    slider = make_control(ipywidgets.FloatSlider, "Temperature", 1.0, min=0.1, max=3.0, step=0.1)
    known: dict = {}

    def render() -> str:
        prompt = [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": box.value or " "}]
        if box.value not in known:
            known[box.value] = lm.next_token_probabilities(prompt, 10)
        tokens = [Markup("<code>{}</code>").format(visible(token)) for token, _ in known[box.value]]
        shares = at_temperature([value for _, value in known[box.value]], slider.value)
        told = [Markup('<span style="white-space:nowrap">{:.3f}</span>').format(share) for share in shares]
        rows = [(token, bar(share), figure) for token, share, figure in zip(tokens, shares, told, strict=True)]
        return boxed(bold(f"next token at temperature {slider.value:g}, shares among these"), table(rows))

    show([box, slider], render)


def keyword_html(task: Task, items: Sequence[Message], rules: Mapping[str, Sequence[str]], default: str) -> Markup:
    """Return what keyword rules get right: accuracy with interval, recall and precision per label, three misses.

    `default`: the label of what no rule matches.
    """
    gold = [item.label for item in items]
    predicted = baselines.keywords(rules, [item.text for item in items], default)
    scores = statistics.per_class(gold, predicted, task.labels)
    misses = [(item, guess) for item, guess in zip(items, predicted, strict=True) if item.label != guess]
    line = Markup("{} <em>({}, not {})</em>")
    return boxed(
        bold(f"accuracy on {len(items)} {task.noun}: {statistics.accuracy_interval(gold, predicted)}"),
        table([(s.label, f"{s.recall:.2f}", f"{s.precision:.2f}") for s in scores], ("label", "recall", "precision")),
        "First misses:",
        listed((line.format(item.text[:160], item.label, guess) for item, guess in misses[:3]), "none"),
    )


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


def prompt_html(
    lm: LanguageModel,
    user: str,
    system: str = "",
    temperature: float = 0.0,
    max_new_tokens: int = 24,
    labels: Sequence[str] = (),
) -> Markup:
    """Return what happens to a prompt: the exact text, its tokens, the answer, the labels' probabilities.

    The playground's picture; call it yourself where widgets do not work.
    """
    messages = as_messages(user or " ", system or None)
    seen = lm.inspect(messages)
    answer = lm.generate([messages], max_new_tokens, temperature, progress=False).texts[0]
    parts = [
        bold(f"{len(seen.token_ids)} tokens reach the model:"),
        preformatted(seen.text),
        bold("Its answer:"),
        preformatted(answer or "(nothing)"),
    ]
    if labels:
        scores = lm.score([messages], labels, progress=False)
        shares = sorted(zip(scores.probabilities[0], labels, strict=True), reverse=True)
        parts.append(bold("Share of each label as the whole answer:"))
        parts.append(table((label, f"{share:.3f}") for share, label in shares))
    return boxed(*parts)


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
    lm: LanguageModel, prompt: FewShotPrompt, examples: Sequence[Sequence[Message]], items: Sequence[Message]
) -> Markup:
    """Return what a few-shot prompt makes of solved messages: accuracy, tokens, predictions, the prompt of the first.

    `examples` holds one list for each item. The explorer's picture; call it yourself where widgets do not work.
    """
    texts, gold = [item.text for item in items], [item.label for item in items]
    scores = prompt.score(lm, examples, texts, progress=False)
    seen = lm.inspect(prompt.messages(examples[0], texts[0]))
    counted = [(label, gold.count(label), scores.predictions.count(label)) for label in prompt.names]
    return boxed(
        bold(f"accuracy on {len(items)} messages: {statistics.accuracy_interval(gold, scores.predictions)}"),
        Markup("<br>"),
        f"{scores.prompt_tokens.mean():.0f} tokens a prompt, {scores.seconds / len(items):.2f} s a message",
        table(counted, ("label", "gold", "predicted")),
        folded(f"the prompt of the first message, {len(seen.token_ids)} tokens", seen.text),
    )


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
