"""The inspector: one question on its way through retrieval, from the search to the cited answer."""

import re
from html import escape

import ipywidgets

from helpers.lesson.widgets.basics import BOX, make_control, preformatted, show
from helpers.methods.retrieval.index import EVERYTHING, PUBLIC, Filter
from helpers.methods.retrieval.pipeline import SEARCHES, Answer, Pipeline

READERS = {"the public": PUBLIC, "staff": EVERYTHING}
MARK = "background:#fde9c4;color:#111;padding:0 2px;"


def candidates_html(answer: Answer) -> str:
    """Return the candidates as a table: place before and after reranking, scores, and which went into the prompt."""
    found = answer.retrieved
    before = {hit.chunk.id: (place, hit.score) for place, hit in enumerate(found.candidates, start=1)}
    kept = {hit.chunk.id for hit in found.kept}
    rows = "".join(
        f"<tr><td>{before[hit.chunk.id][0]}</td><td>{before[hit.chunk.id][1]:.3f}</td><td>{place}</td>"
        f"<td>{hit.score:.2f}</td><td>{'yes' if hit.chunk.id in kept else ''}</td>"
        f'<td style="text-align:left">{escape(hit.chunk.place)}</td></tr>'
        for place, hit in enumerate(found.reranked[:8], start=1)
    )
    head = "<tr><th>found at</th><th>score</th><th>reranked to</th><th>score</th><th>kept</th><th>chunk</th></tr>"
    return f"<table>{head}{rows}</table>"


def cited_html(answer: Answer) -> str:
    """Return the answer with its citations highlighted, and each cited passage with what speaks for it."""
    text = re.sub(r"\[\d{1,4}\]", lambda mark: f'<mark style="{MARK}">{mark[0]}</mark>', escape(answer.text))
    lines = []
    for citation in answer.citations:
        if not citation.exists:
            lines.append(f"<li>[{citation.number}] names no passage</li>")
            continue
        chunk = answer.prompt.used[citation.number - 1]
        verdict = "holds" if citation.holds else "does not hold"
        lines.append(
            f"<li>[{citation.number}] {verdict} ({citation.support:.0%} of the answer's words): "
            f"{escape(chunk.place)}{preformatted(chunk.text)}</li>"
        )
    return f"<p>{text or '(nothing)'}</p><ul>{''.join(lines) or '<li>no citation</li>'}</ul>"


def inspector_html(pipe: Pipeline, question: str, where: Filter = EVERYTHING) -> str:
    """Return every step of one question as HTML. The inspector's picture; call it yourself where widgets do not work.

    Raises ValueError for an empty question.
    """
    (answer,) = pipe.ask([question], where)
    found, prompt = answer.retrieved, answer.prompt
    shown = "\n\n".join(f"{message['role']}: {message['content']}" for message in prompt.messages)
    quotes = "".join(f"<li>{escape(c.place)}: {escape(c.text[:200])}</li>" for c in prompt.used)
    asked = "" if prompt.used else "<p><em>Nothing was found: the model was not asked.</em></p>"
    parts = [
        f"<b>Question:</b> {escape(found.question)}<br><b>Searched for:</b> {escape(found.query)}<br>"
        f"<b>Best cosine:</b> {found.best_cosine:.2f}",
        f"<b>Candidates, first eight after reranking:</b>{candidates_html(answer)}",
        f"<b>Passages in the prompt:</b><ol>{quotes}</ol>",
        f"<details><summary>the prompt, {prompt.tokens} tokens</summary>{preformatted(shown)}</details>",
        f"<b>Answer:</b>{asked}{cited_html(answer)}",
    ]
    return f'<div style="{BOX}">{"<br>".join(parts)}</div>'


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
