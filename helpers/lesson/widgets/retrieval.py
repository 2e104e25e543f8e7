"""The inspector: one question on its way through retrieval, from the search to the cited answer."""

import re

import ipywidgets
from markupsafe import Markup, escape

from helpers.lesson.widgets.basics import bold, boxed, folded, listed, make_control, preformatted, show, table
from helpers.methods.retrieval.index import EVERYTHING, PUBLIC, Filter
from helpers.methods.retrieval.pipeline import SEARCHES, Answer, Pipeline

READERS = {"the public": PUBLIC, "staff": EVERYTHING}
MARK = "background:#fde9c4;color:#111;padding:0 2px;"


def candidates_html(answer: Answer) -> Markup:
    """Return the candidates as a table: place before and after reranking, scores, and which went into the prompt."""
    found = answer.retrieved
    before = {hit.chunk.id: (place, f"{hit.score:.3f}") for place, hit in enumerate(found.candidates, start=1)}
    kept = {hit.chunk.id for hit in found.kept}
    rows = (
        (*before[hit.chunk.id], place, f"{hit.score:.2f}", "yes" if hit.chunk.id in kept else "", hit.chunk.place)
        for place, hit in enumerate(found.reranked[:8], start=1)
    )
    return table(rows, ("found at", "score", "reranked to", "score", "kept", "chunk"))


def cited_html(answer: Answer) -> Markup:
    """Return the answer with its citations highlighted, and each cited passage with what speaks for it."""
    marked = re.sub(r"\[\d{1,4}\]", rf'<mark style="{MARK}">\g<0></mark>', str(escape(answer.text)))
    lines = []
    for citation in answer.citations:
        if not citation.exists:
            lines.append(f"[{citation.number}] names no passage")
            continue
        chunk = answer.prompt.used[citation.number - 1]
        verdict = "holds" if citation.holds else "does not hold"
        said = f"[{citation.number}] {verdict} ({citation.support:.0%} of the answer's words): {chunk.place}"
        lines.append(escape(said) + preformatted(chunk.text))
    return Markup("<p>{}</p>{}").format(Markup(marked or "(nothing)"), listed(lines, "no citation"))


def inspector_html(pipe: Pipeline, question: str, where: Filter = EVERYTHING) -> Markup:
    """Return every step of one question as HTML. The inspector's picture; call it yourself where widgets do not work.

    Raises ValueError for an empty question.
    """
    (answer,) = pipe.ask([question], where)
    found, prompt = answer.retrieved, answer.prompt
    searched = {"Question": found.question, "Searched for": found.query, "Best cosine": f"{found.best_cosine:.2f}"}
    return boxed(
        *(Markup("{} {}<br>").format(bold(f"{name}:"), value) for name, value in searched.items()),
        bold("Candidates, first eight after reranking:"),
        candidates_html(answer),
        bold("Passages in the prompt:"),
        listed((f"[{n}] {c.place}: {c.text[:200]}" for n, c in enumerate(prompt.used, start=1)), "none"),
        folded(
            f"the prompt, {prompt.tokens} tokens",
            "\n\n".join(f"{message['role']}: {message['content']}" for message in prompt.messages),
        ),
        bold("Answer:"),
        "" if prompt.used else " Nothing was found: the model was not asked.",
        cited_html(answer),
    )


def inspector(pipe: Pipeline, question: str) -> None:
    """Show a box for a question, who asks, how to search, whether to rerank, and each step to the answer."""
    box = make_control(ipywidgets.Text, "Question", question)
    reader = make_control(ipywidgets.Dropdown, "Who asks", "the public", options=list(READERS))
    search = make_control(ipywidgets.Dropdown, "Search", pipe.settings.search, options=list(SEARCHES))
    rerank = make_control(ipywidgets.Checkbox, "rerank", pipe.settings.rerank)

    def render() -> str:
        chosen = pipe.using(search=search.value, rerank=rerank.value)
        return inspector_html(chosen, box.value, READERS[reader.value])

    show([box, reader, search, rerank], render)
