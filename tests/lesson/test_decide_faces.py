"""Pictures, widgets and the report of the decision: escaped, told in words, answering to controls."""

import dataclasses
import html.parser
import re
import shutil

import ipywidgets
import numpy as np
import pytest

from helpers.lesson import widgets
from helpers.lesson.plots import decide as pictures
from helpers.lesson.plots import frame
from helpers.lesson.widgets import decide as faces
from helpers.results import comparisons, costs, decisions, overview, ratings, registry, report
from tests.ledger_rows import of_hits

EVIL = '<script src="http://bad.example/x.js">alert(1)</script> & "quotes" | `code`'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def rows():
    chance = np.random.default_rng(0).random(120)
    ways = (("TF-IDF", 0.8, "plain"), ("zero-shot prompt", 0.4, "prompt"), (f"LoRA {EVIL}", 0.7, "tune"))
    how = {"seconds": [0.1] * 120, "prompt_tokens": [60] * 120, "details": {"timed": "together"}}
    return [
        of_hits(method, chance < share, approach=way, model="none" if way == "plain" else "m", **how)
        for method, share, way in ways
    ]


@pytest.fixture
def drawn(monkeypatch):
    """Catch what pictures and widgets display."""
    caught = []
    monkeypatch.setattr(frame, "display", lambda bundle, **_: caught.append(bundle))
    monkeypatch.setattr(widgets.basics, "display", lambda bundle, **_: caught.append(bundle))
    return caught


def test_every_picture_is_shown_and_told_in_words(drawn, capsys):
    measured = rows()
    standing = comparisons.standing(measured)
    pictures.quality_and_cost([overview.summary(row) for row in measured], "title")
    pictures.quality_and_cost([overview.summary(row) for row in measured], "title", by="by_tokens")
    pictures.quality_and_cost([overview.summary(row) for row in measured], "title", by="per_right")
    pictures.forest(standing, "title", 0.03)
    pictures.detection({0.2: [10, 20, np.inf], 0.05: [np.inf] * 3}, "title")
    kinds = comparisons.per_group(measured, {f"i{n}": "ab"[n % 2] for n in range(120)})
    pictures.groups(kinds, [row.method for row in measured], "title")
    case = costs.Case(500, 0.02, 0.005, 10_000, upkeep=20)
    pictures.balance({"as it is": case}, "title")
    pictures.sensitivity(case, "title")
    pictures.canary({"worse": registry.canary([True] * 30, [False] * 30)}, "title", 0.05)
    assert [bundle["image/png"][:4] for bundle in drawn] == [b"\x89PNG"] * 9
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 9
    for part in ("TF-IDF", "too close to call|leads", "month 24", "roll back after", "highest share right"):
        assert any(re.search(part, line) for line in said), part


def test_the_words_of_a_forest_name_every_rival():
    figure, words = pictures.draw_forest(comparisons.standing(rows()), "title", 0.03)
    assert pictures.png(figure)[:4] == b"\x89PNG"
    assert "zero-shot prompt" in words
    assert "LoRA" in words


class Collector(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]


def make_report():
    figure, words = pictures.draw_forest(comparisons.standing(rows()), EVIL, 0.03)
    picture = report.Picture(pictures.png(figure), words)
    sections = [
        report.Section(EVIL, (EVIL, "second"), (("method", EVIL), (EVIL, "0.5")), picture),
        report.Section("plain"),
    ]
    return report.write(EVIL, sections, rows())


def test_the_report_names_model_size_and_number_format():
    page, text = make_report()
    for file in (page, text):
        assert "Another size of model" in file.read_text(encoding="utf-8")
    assert "m (size unknown) in number format unknown" in report.scale(rows())
    sized = [dataclasses.replace(row, parameters=135_000_000, dtype="float32") for row in rows()]
    assert "m (135 million parameters) in float32" in report.scale(sized)
    assert report.scale(row for row in sized if row.approach == "plain") == "No language model was measured."


def test_the_report_escapes_all_text_and_needs_nothing_from_outside():
    page, text = make_report()
    seen = Collector()
    seen.feed(page.read_text(encoding="utf-8"))
    assert "script" not in seen.tags
    assert len(seen.addresses) == 1
    assert seen.addresses[0].startswith("data:image/png;base64,")
    assert "url(" not in page.read_text()
    assert "default-src 'none'" in page.read_text()
    written = text.read_text(encoding="utf-8")
    assert "<script" not in written
    assert re.search(r"!\[.*\]\(report-1\.png\)", written)
    assert (page.with_name("report-1.png")).read_bytes()[:4] == b"\x89PNG"
    table = [line for line in written.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {3}


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_the_report_opens_in_a_browser_with_its_picture():
    from playwright.sync_api import sync_playwright

    page_file, _ = make_report()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(page_file.as_uri())
        width = page.evaluate("document.images[0].naturalWidth")
        heading = page.locator("h1").inner_text()
        browser.close()
    assert width > 100
    assert heading == " ".join(EVIL.split())
    assert not said
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


FACTS = decisions.Facts(False, False, False, True, True, 600, 0, 10_000, 0.4, 0.8)


@pytest.fixture
def boxes(monkeypatch):
    found = []
    original = ipywidgets.VBox.__init__

    def remember(self, children=(), **options):
        found.append(children)
        original(self, children, **options)

    monkeypatch.setattr(ipywidgets.VBox, "__init__", remember)
    return found


def test_the_decision_widget_follows_answers_and_task(drawn, boxes):
    other = decisions.Facts(True, True, False, False, True, 300, 30, 10_000, 0.1, 0.8)
    faces.decide({"toy": (FACTS, decisions.measured(rows())), "unmeasured": (other, None)})
    *controls, output = boxes[0]
    assert output.value.count("<tr>") == 6
    assert "Your ledger" in output.value
    assert "<script" not in output.value
    controls[0].value = "unmeasured"
    assert "Nothing is measured" in output.value
    assert output.value.count("<b>retrieve</b>") >= 3
    before = output.value
    controls[1].value = False  # needs_facts
    assert output.value != before
    assert "A picture of the widget" in drawn[0]["text/html"]


def test_the_break_even_widget_says_when_and_what_is_wrong(drawn, boxes):
    faces.break_even(costs.Case(500, 0.02, 0.005, 10_000))
    fixed, old, *_, output = boxes[0]
    assert "paid back in month 4" in output.value
    old.value = 0.005
    assert "nothing is saved" in output.value
    fixed.value = -1
    assert "fixed must be" in output.value


PAIRS = [ratings.RatedPair(f"p{i}", EVIL, "gold", {"plain": f"a{i} {EVIL}", "tuned": f"b{i}"}) for i in range(3)]


def test_the_rating_widget_is_blind_keeps_each_rating_and_goes_on(drawn, boxes):
    faces.rate(PAIRS, "ann")
    _, choice, left, _, _, button, output = boxes[0]
    assert "1 of 3" in output.value
    assert "<script" not in output.value
    assert "tuned" not in output.value
    assert "plain" not in output.value
    button.click()
    assert ratings.kept() == [], "without a choice nothing is kept"
    for number in (2, 3):
        choice.value, left.value = "left", 5
        button.click()
        assert f"{number} of 3" in output.value
        assert choice.value == ""
    assert len(ratings.kept("ann")) == 2
    boxes.clear()
    faces.rate(PAIRS, "ann")  # as after a restart
    assert "3 of 3" in boxes[0][-1].value
    boxes[0][1].value = "neither"
    boxes[0][-2].click()
    assert "All 3 pairs are rated" in boxes[0][-1].value
