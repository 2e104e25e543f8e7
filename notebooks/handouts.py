"""Writes a handout for each lesson and lab from its source: a page to fill in, and on its back what to remember.

`python notebooks/handouts.py` writes docs/handouts; every build does so too. Print a handout from a browser, on both
sides of one sheet. Claims are in the words of data/claims.json.
"""

import html
import json
import pathlib
import re

from sources import ROOT, SOURCES, make, names, number_of, title_of

from helpers.results.verdicts import OUTCOMES

FOLDER = ROOT / "docs" / "handouts"
CLAIMS = ROOT / "data" / "claims.json"
HEADING = re.compile(r"^(#{2,4}) (.+)$", re.M)
PREDICT = re.compile(r"\*\*Predict( first)?[:*]")
STYLE = """\
@page { size: A4; margin: 12mm 14mm; }
body { font: 10pt/1.3 Georgia, "Times New Roman", serif; max-width: 182mm; margin: 0 auto; color: #000; }
h1 { font-size: 15pt; margin: 0 0 1mm; } h2 { font-size: 11pt; margin: 3mm 0 1mm; }
ul, ol { margin: 0; padding-left: 5mm; } table { border-collapse: collapse; width: 100%; }
th, td { border: 0.3pt solid #666; padding: 0.8mm 1.5mm; text-align: left; vertical-align: top; }
code { font-size: 9pt; } .line { border-bottom: 0.3pt solid #666; height: 5.5mm; } .from { color: #444; }
td.guess { width: 44mm; } td.boxes { width: 58mm; } td.number { width: 26mm; }
.many { font-size: 8.5pt; line-height: 1.2; } .many h2 { margin-top: 2mm; } .many code { font-size: 8pt; }
.back { break-before: page; } .back li { margin-bottom: 8mm; }"""


def inline(text: str) -> str:
    """Return a sentence of Markdown as HTML; of a link its words stay.

    >>> inline("Write `f(x)`: a [chunk](../docs/glossary.md#chunk), *once* & no more")
    'Write <code>f(x)</code>: a chunk, <em>once</em> &amp; no more'
    """
    held: list[str] = []

    def hold(match: re.Match) -> str:
        held.append(f"<code>{html.escape(match[1], quote=False)}</code>")
        return f"\0{len(held) - 1}\0"

    text = html.escape(re.sub(r"`([^`]+)`", hold, text), quote=False)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    return re.sub("\0(\\d+)\0", lambda match: held[int(match[1])], text)


def texts(name: str) -> str:
    """Return all text cells of a lesson, one after the other."""
    return "\n\n".join(cell.source for cell in make(name, solved=False).cells if cell.cell_type == "markdown")


def sentences(paragraph: str) -> list[str]:
    r"""Return the sentences of a paragraph whose lines may be broken anywhere.

    >>> sentences("Write `f(x)`: one. Two?\nAnd `three`.")
    ['Write `f(x)`: one.', 'Two?', 'And `three`.']
    """
    return re.split(r"(?<=[.?!])\s(?=[A-Z`(*])", re.sub(r"\s*\n\s*", " ", paragraph.strip()))


def sections(name: str) -> list[tuple[str, str]]:
    """Return the headings below the title, and the text under each."""
    text = texts(name)
    found = list(HEADING.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match[2], text[match.end() : end].strip()) for match, end in zip(found, ends, strict=True)]


def listed(text: str, mark: str) -> list[str]:
    """Return the items of the first list of a text, of lines that begin with `mark` (a pattern)."""
    items: list[str] = []
    for line in text.splitlines():
        if re.match(mark, line):
            items.append(re.sub(mark, "", line, count=1))
        elif items and line.startswith("  "):
            items[-1] += f" {line.strip()}"
        elif items:
            break
    return items


def goals(name: str) -> list[str]:
    """Return what a lesson says one can do after it."""
    return [item.rstrip(";.") for item in listed(texts(name).split("**After this lesson you can**")[1].strip(), "- ")]


def remember(name: str) -> list[str]:
    """Return a lesson's three things to remember."""
    return listed(dict(sections(name))["Three things to remember"], r"\d\. ")


def predictions(name: str) -> list[tuple[str, str]]:
    """Return (heading, what is to be guessed) of each prediction: its sentence, and the questions that follow it."""
    found, above = [], ""
    start = HEADING.split(texts(name), maxsplit=1)[0]
    for heading, text in [("At the start", start), *sections(name)]:
        above = above if heading.startswith("Your turn") else heading
        for match in PREDICT.finditer(text):
            first, *more = sentences(text[match.start() :].split("\n\n")[0])
            while more and more[0].endswith("?"):
                first += f" {more.pop(0)}"
            asked = re.sub(r"^\*\*Predict(?: first)?:?\*\* ", "", first)
            found.append((above, asked[0].upper() + asked[1:]))
    return found


def exercises(name: str) -> list[tuple[str, str]]:
    """Return (number, task) of each exercise: the first sentence that says what to write, else the first."""
    found = []
    for heading, text in sections(name):
        if heading.startswith("Your turn"):
            said = sentences(re.sub(r"^\([^)]*\)\s*", "", text.split("\n\n")[0]))
            task = next((one for one in said if "Write " in one), said[0])
            found.append((heading.removeprefix("Your turn "), task.rstrip(":") + ("." if task.endswith(":") else "")))
    return found


def claims_of(name: str) -> list[dict]:
    """Return the claims that a lesson concludes, as data/claims.json has them, in its order."""
    concluded = re.findall(r'conclude\(\s*"(\w+)"', (SOURCES / f"{name}.py").read_text(encoding="utf-8"))
    return [claim for claim in json.loads(CLAIMS.read_text(encoding="utf-8"))["claims"] if claim["id"] in concluded]


def _claims(name: str) -> str:
    claims = claims_of(name)
    if not claims:
        return "<p>This lesson tests no claim of the articles.</p>"
    boxes = " ".join(f"☐&nbsp;{outcome.replace(' ', '&nbsp;')}" for outcome in OUTCOMES)
    rows = "".join(
        f"<tr><td>{claim['id']}</td><td>{inline(claim['claim'])} <span class=from>"
        f"{', '.join(claim['sources'])}</span></td><td class=boxes>{boxes}</td><td class=number></td></tr>"
        for claim in claims
    )
    articles = json.loads(CLAIMS.read_text(encoding="utf-8"))["articles"]
    named = sorted({letter for claim in claims for letter in claim["sources"]})
    told = "; ".join(f"{letter}: {html.escape(articles[letter], quote=False)}" for letter in named)
    head = "<tr><th></th><th>claim</th><th>verdict of your run</th><th>its numbers</th></tr>"
    return f"<table>{head}{rows}</table><p class=from>{told}</p>"


def page(name: str) -> str:
    """Return a lesson's handout as a page of HTML that needs nothing else."""
    kind = "Lab of lesson" if "/" in name else "Lesson"
    title, goals_, rest = title_of(name), goals(name), (predictions(name), exercises(name))
    guesses = "".join(
        f"<tr><td><span class=from>{inline(above)} ·</span> {inline(asked)}</td><td class=guess></td></tr>"
        for above, asked in rest[0]
    )
    tasks = "".join(f"<li>☐ <strong>{number}</strong> {inline(task)}</li>" for number, task in rest[1])
    many = ' class="many"' if len(rest[0]) + len(rest[1]) + 2 * len(claims_of(name)) > 20 else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{number_of(name)} {html.escape(title)}</title>
<style>
{STYLE}
</style></head><body>
<main{many}>
<p class=from>{kind} {number_of(name)} of <em>Prompt, retrieve or fine-tune?</em></p>
<h1>{inline(title)}</h1>
<h2>After this lesson you can</h2>
<ul>{"".join(f"<li>{inline(goal)}</li>" for goal in goals_)}</ul>
<h2>Claims tested here</h2>
{_claims(name)}
<h2>Before you run it: what do you expect?</h2>
<table><tr><th>predict</th><th>your guess</th></tr>{guesses}</table>
<h2>Your turn</h2>
<ul style="list-style: none; padding: 0">{tasks}</ul>
</main>
<section class="back">
<h1>Three things to remember</h1>
<ol>{"".join(f"<li>{inline(one)}</li>" for one in remember(name))}</ol>
<h2>What surprised me, and what I would measure at home</h2>
{'<div class="line"></div>' * 12}
</section>
</body></html>
"""


def pages() -> dict[pathlib.Path, str]:
    """Return all handouts by their paths."""
    return {FOLDER / f"{name}.html": page(name) for name in names()}


def write() -> None:
    """Write all handouts, and delete those of lessons that are gone."""
    wanted = pages()
    for path in {*FOLDER.rglob("*.html")} - {*wanted}:
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
