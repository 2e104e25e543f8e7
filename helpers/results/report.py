"""A one-page report to show to a colleague: Markdown, and HTML that needs no other file. All text in it is escaped.

What it says comes from measurements; the pictures come in as PNG bytes with their words.
"""

import base64
import pathlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup

from helpers.results import store
from helpers.results.markdown import plain, table
from helpers.results.rows import LedgerRow

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#111;background:#fff;max-width:52em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.1em;margin:1.1em 0 .3em}
table{border-collapse:collapse;font-size:.87em}td,th{border-bottom:1px solid #ccc;padding:.2em .6em;text-align:left}
img{max-width:100%;height:auto}figcaption{font-size:.82em;color:#444}figure{margin:.5em 0}
@media print{body{margin:0;font-size:11px}h2{break-after:avoid}figure,table{break-inside:avoid}}
""".strip()

PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """
<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>{{ title }}</title><style>{{ style }}</style></head>
<body>
<h1>{{ title }}</h1>
{% if made %}<p><small>{{ made }}</small></p>{% endif %}
{% for section in sections %}
<h2>{{ section.heading }}</h2>
{% for text in section.paragraphs %}
<p>{{ text }}</p>
{% endfor %}
{% for row in section.table %}
{% set kind = "th" if loop.first else "td" %}
{% if loop.first %}<table>{% endif %}
<tr>{% for cell in row %}<{{ kind }}>{{ cell }}</{{ kind }}>{% endfor %}</tr>
{% if loop.last %}</table>{% endif %}
{% endfor %}
{% if section.picture %}
<figure><img alt="{{ section.picture.words }}" src="data:image/png;base64,{{ base64(section.picture.png).decode() }}">
<figcaption>{{ section.picture.words }}</figcaption></figure>
{% endif %}
{% endfor %}
</body></html>
""".lstrip()
)


@dataclass(frozen=True)
class Picture:
    """A picture for a report: a PNG file's bytes, and what it shows in words."""

    png: bytes
    words: str


@dataclass(frozen=True)
class Section:
    """One part of a report: a heading, paragraphs, rows of a table (the first is its head), a picture."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    picture: Picture | None = None


def html(title: str, sections: Sequence[Section], made: str = "") -> str:
    """Return the report as one HTML page: style and pictures inside, nothing fetched, no script."""
    return PAGE.render(title=title, sections=sections, made=made, style=Markup(STYLE), base64=base64.b64encode)


def markdown(title: str, sections: Sequence[Section], pictures: Sequence[str], made: str = "") -> str:
    """Return the report as Markdown; `pictures` are the file names of the sections' pictures, in their order."""
    names = iter(pictures)
    parts = [f"# {plain(title)}", plain(made)]
    for section in sections:
        parts += [f"## {plain(section.heading)}", *map(plain, section.paragraphs)]
        if section.table:
            parts.append(table(section.table[0], section.table[1:]))
        if section.picture:
            words = plain(section.picture.words)
            parts += [f"![{words}]({next(names)})", words]
    return "\n\n".join(part for part in parts if part) + "\n"


def scale(rows: Iterable[LedgerRow]) -> str:
    """Return in a sentence what rows were measured on: each language model with its size and number formats."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.language_model:
            size = f"{row.parameters / 1e6:,.0f} million parameters" if row.parameters else "size unknown"
            found.setdefault(f"{row.language_model} ({size})", set()).add(row.dtype or "number format unknown")
    if not found:
        return "No language model was measured."
    named = "; ".join(f"{model} in {', '.join(sorted(formats))}" for model, formats in found.items())
    return f"Measured on {named}. Another size of model may order the methods differently."


def write(title: str, sections: Sequence[Section], rows: Iterable[LedgerRow] = ()) -> tuple[pathlib.Path, pathlib.Path]:
    """Write report.html, report.md and the latter's pictures beside the ledger; return the paths of the two.

    rows: those behind the figures; the report names their models, sizes and number formats.
    """
    folder = store.folder()
    folder.mkdir(parents=True, exist_ok=True)
    made = f"Made on {time.strftime('%Y-%m-%d')} from the measurements of this course; intervals are 95 %."
    made += f" {scale(rows)}" if rows else ""
    pictures = [section.picture for section in sections if section.picture]
    names = [f"report-{number}.png" for number in range(1, len(pictures) + 1)]
    for name, picture in zip(names, pictures, strict=True):
        (folder / name).write_bytes(picture.png)
    page, text = folder / "report.html", folder / "report.md"
    page.write_text(html(title, sections, made), encoding="utf-8")
    text.write_text(markdown(title, sections, names, made), encoding="utf-8")
    return page, text
