"""Widgets of the decision: the five rules beside your ledger, the break-even with sliders, and blind ratings.

Thin faces on decisions, costs and ratings; each leaves the picture of its first state behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ipywidgets
from markupsafe import Markup

from helpers.lesson.widgets.basics import bold, boxed, make_control, preformatted, show, table
from helpers.results import costs, decisions, ratings
from helpers.results.costs import Case
from helpers.results.decisions import Facts, Measured
from helpers.results.ratings import Card, RatedPair

QUESTIONS = {
    "needs_facts": "right answers stand in documents that the model has not seen",
    "facts_change": "these documents change from week to week",
    "behavior": "the fault is form, tone or habit, not knowledge",
    "narrow": "one task, the same each time",
    "stable": "the task stays as it is for months",
    "special": "it speaks a specialized language, or needs an expert",
    "costly": "dollars or seconds of a request are the bottleneck",
}
COUNTS = {
    "labels": ("solved examples", (0, 10, 50, 100, 300, 400, 500, 600, 1000, 5000, 20_000)),
    "documents": ("documents to search", (0, 30, 1000, 10_000, 100_000, 1_000_000)),
    "requests": ("requests a month", (0, 100, 1000, 10_000, 33_334, 100_000, 1_000_000, 10_000_000)),
}


def decision_html(facts: Facts, found: Measured | None = None) -> Markup:
    """Return what each rule says of these facts, and what the ledger says, as HTML."""
    said = (
        (f"{a.article}, {a.kind}", bold(a.approach), a.because, found.judge(a) if found else "")
        for a in decisions.ask_all(facts)
    )
    own = "Nothing is measured for this task: the rules are all there is."
    if found:
        tied = ", ".join(found.approaches)
        own = f"Your ledger: {found.standing.call}. Not measurably behind the leader: {tied}."
    return boxed(table(said, ("rule", "says", "because", "by your ledger")), own)


def decide(tasks: Mapping[str, tuple[Facts, Measured | None]]) -> None:
    """Show the questions that the rules ask, with a task's own answers to begin with, and what each rule says.

    tasks: name -> (its facts, what the ledger says of it or None). Choosing a task sets the answers; then change them.
    """
    first = next(iter(tasks))
    task = make_control(ipywidgets.Dropdown, "Start from", first, options=list(tasks))
    facts = tasks[first][0]
    boxes = {name: make_control(ipywidgets.Checkbox, words, getattr(facts, name)) for name, words in QUESTIONS.items()}
    counts = {}
    for name, (words, usual) in COUNTS.items():
        options = sorted({*usual, *(getattr(known, name) for known, _ in tasks.values())})
        counts[name] = make_control(ipywidgets.SelectionSlider, words, getattr(facts, name), options=options)
    shares = {
        name: make_control(ipywidgets.FloatSlider, words, getattr(facts, name), min=0.0, max=1.0, step=0.01)
        for name, words in (("prompt_quality", "best prompt, share right"), ("target", "share right that would do"))
    }
    answers = {**boxes, **counts, **shares}

    def set_answers(change):
        for name, control in answers.items():
            control.value = getattr(tasks[change["new"]][0], name)

    task.observe(set_answers, names="value")
    show([task, *answers.values()], lambda: decision_html(Facts(**_values(answers)), tasks[task.value][1]))


def _values(controls: Mapping) -> dict:
    return {name: control.value for name, control in controls.items()}


def break_even_html(case: Case) -> Markup:
    """Return when a case has paid for itself, its balance over time, and what each figure does to it, as HTML."""
    months = sorted({1, max(1, case.horizon // 4), max(1, case.horizon // 2), int(case.horizon)})
    balances = [f"{case.balance(month):,.0f}" for month in months]
    called, varied = case.called(), costs.sensitivity(case, 2)
    rows = ((called[name], low.statement, high.statement) for name, (low, high) in varied.items())
    return boxed(
        bold(costs.break_even(case).statement),
        table([balances], [f"month {month}, $" for month in months]),
        table(rows, ("figure", "divided by 2", "times 2")),
    )


def break_even(case: Case) -> None:
    """Show sliders for each figure of a case, and when it has paid for itself."""
    volumes = sorted({0, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, int(case.requests)})
    called = case.called()
    controls = {
        **{
            name: make_control(ipywidgets.FloatText, called[name], getattr(case, name))
            for name in ("fixed", "old", "new")
        },
        "requests": make_control(ipywidgets.SelectionSlider, called["requests"], int(case.requests), options=volumes),
        "upkeep": make_control(ipywidgets.FloatSlider, "upkeep, dollars a month", case.upkeep, min=0, max=500, step=5),
        "retrain": make_control(ipywidgets.FloatSlider, "dollars a retraining", case.retrain, min=0, max=1000, step=10),
        "retrain_every": make_control(
            ipywidgets.IntSlider, "months between retrainings (0: never)", int(case.retrain_every), min=0, max=24
        ),
        "horizon": make_control(ipywidgets.IntSlider, "months to look ahead", int(case.horizon), min=1, max=60),
    }
    show(list(controls.values()), lambda: break_even_html(replace(case, **_values(controls))))


def card_html(card: Card | None, done: int, total: int) -> Markup:
    """Return a card as a rater sees it, with the rubric; or a line of thanks where all are rated."""
    if card is None:
        return boxed(bold(f"All {total} pairs are rated."), " ratings.kept() returns them.")
    return boxed(
        bold(f"{done + 1} of {total}."),
        f" {card.question}",
        Markup("<br><em>Right answer: {}</em>").format(card.answer) if card.answer else "",
        table([(preformatted(card.left), preformatted(card.right))], ("left", "right")),
        "Scores:",
        table(ratings.RUBRIC.items()),
    )


def rate(pairs: Sequence[RatedPair], rater: str = "me") -> None:
    """Show one pair after the other, blind, with a choice and two scores; each rating is kept when it is saved."""
    name = make_control(ipywidgets.Text, "Rater", rater)
    choice = make_control(ipywidgets.Dropdown, "I would send", "", options=["", *ratings.CHOICES])
    scores = [make_control(ipywidgets.IntSlider, f"{side}, 1 to 5", 3, min=1, max=5) for side in ("left", "right")]
    saved = ipywidgets.IntText(value=0, layout=ipywidgets.Layout(display="none"))
    button = ipywidgets.Button(description="Save and next", layout=ipywidgets.Layout(width="12em"))

    def save(_button):
        card = ratings.to_rate(pairs, name.value.strip())
        if card is not None and choice.value and name.value.strip():
            ratings.keep(ratings.rated(card, name.value.strip(), choice.value, scores[0].value, scores[1].value))
            choice.value, scores[0].value, scores[1].value = "", 3, 3
            saved.value += 1

    button.on_click(save)

    def render() -> str:
        rater = name.value.strip()
        done = {rating.pair for rating in ratings.kept(rater)} & {pair.id for pair in pairs}
        return card_html(ratings.to_rate(pairs, rater), len(done), len(pairs))

    show([name, choice, *scores, saved, button], render)
