"""The site of `make site`: it builds without a complaint, its links lead somewhere, and it needs no network."""

import os
import pathlib
import re
import subprocess
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
import sources
from test_browser import CHROMIUM, QUIET

from helpers.machine import runtime

PYTHON = runtime.ROOT / ".venv-site" / "bin" / "python"
FETCHED = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}
THERE = [name for name in sources.names() if sources.targets(name)[0][0].exists()]


class Page(HTMLParser):
    """The ids, links, pictures and fetched addresses of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.links, self.fetched, self.pictures = set(), [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given.get("id"), given.get("name") if tag == "a" else None}
        self.links += [given["href"]] if tag == "a" and given.get("href") else []
        self.fetched += [given[name] for kind, name in FETCHED if kind == tag and given.get(name)]
        self.pictures += [given] if tag == "img" else []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site: a folder. Every warning of Sphinx fails."""
    if not PYTHON.exists():
        if os.environ.get("COURSE_NEED_SITE"):
            pytest.fail("COURSE_NEED_SITE is set and there is no .venv-site; run `make site`")
        pytest.skip("no .venv-site; `make site` makes it")
    folder = tmp_path_factory.mktemp("site")
    command = [PYTHON, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs/site", "-d", folder / "trees"]
    done = subprocess.run([*command, ".", folder / "site"], cwd=runtime.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site):
    """Each page of the site, parsed, by its path."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_links_and_anchors_lead_somewhere(site, pages):
    course = sources.course()
    published = re.compile(re.escape(course["address"]) + rf"/(?:blob|tree)/v{re.escape(course['version'])}/")
    coming = {f"notebooks/{name}.ipynb" for name in sources.names()} - {f"notebooks/{name}.ipynb" for name in THERE}
    lost = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(urljoin(path.as_uri(), link))
            if parts.scheme == "file":
                target = pathlib.Path(unquote(parts.path))
                if target not in pages or (parts.fragment and unquote(parts.fragment) not in pages[target].ids):
                    lost.append((path.relative_to(site).as_posix(), link))
            elif published.match(link):
                target = published.sub("", link.split("#")[0])
                if not (runtime.ROOT / target).exists() and target not in coming:
                    lost.append((path.relative_to(site).as_posix(), link))
    assert not lost


def test_lessons_stand_in_order_each_with_its_solved_copy(site, pages):
    for first in ("index.html", "README.html"):
        side = [link for link in pages[site / first].links if re.fullmatch(r"notebooks/(labs/)?\d\d_\w+\.html", link)]
        assert side[: len(THERE)] == [f"notebooks/{name}.html" for name in THERE]
    for name in THERE:
        up = "../" if "/" in name else ""
        assert f"{up}solutions/{name}.html" in pages[site / f"notebooks/{name}.html"].links


def test_no_page_fetches_anything_from_elsewhere(site, pages):
    for path, page in pages.items():
        away = [address for address in page.fetched if urlsplit(address).scheme not in ("", "data") or "//" in address]
        assert not away, path
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style


def test_every_picture_is_there_and_has_its_alternative_text(site, pages):
    for path, page in pages.items():
        for picture in page.pictures:
            assert (path.parent / picture["src"]).exists(), picture["src"]
            assert picture.get("alt"), f"{path.relative_to(site)}: {picture['src']}"
    for name in THERE:
        outputs = [o for c in notebook(name).cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
        stored = [output.metadata["image/png"]["alt"] for output in outputs]
        assert [picture["alt"] for picture in pages[site / f"notebooks/{name}.html"].pictures] == stored


def notebook(name):
    return nbformat.read(sources.targets(name)[0][0], as_version=4)


def rare_word():
    """Return a word in the text of one core lesson whose first letters stand in no other page, and that lesson."""
    others = [
        path.read_text(encoding="utf-8") for path in (runtime.ROOT / "README.md", *runtime.ROOT.glob("docs/*.md"))
    ]
    whole = {name: nbformat.writes(notebook(name)).lower() for name in THERE}
    name = THERE[1]
    text = "\n".join(cell.source for cell in notebook(name).cells if cell.cell_type == "markdown")
    elsewhere = " ".join([*others, *(text for other, text in whole.items() if other != name)]).lower()
    return max((w for w in re.findall(r"\b[a-z]{7,}\b", text) if w[:6] not in elsewhere), key=len), name


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reader_without_a_network_reads_and_finds(site, theme):
    from playwright.sync_api import sync_playwright

    if not CHROMIUM:
        (pytest.fail if os.environ.get("COURSE_NEED_BROWSER") else pytest.skip)("no Chromium on this machine")
    word, name = rare_word()
    asked = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for width in (1280, 800):
            page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=theme)
            page.on("request", lambda request: asked.append(request.url))
            for path in ("index.html", *(f"notebooks/{name}.html" for name in THERE)):
                page.goto((site / path).as_uri())
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
                assert page.evaluate("[...document.images].every(i => i.loading == 'lazy' || i.naturalWidth > 0)"), path
            shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
            assert (max(shade) < 60) == (theme == "dark")
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.locator("input[name=q]").first.fill(word)
        page.keyboard.press("Enter")
        page.locator("#search-results .search-summary", has_text="finished").wait_for()
        page.wait_for_selector("#search-results li")
        found = page.locator("#search-results li > a").evaluate_all("links => links.map(link => link.pathname)")
        browser.close()
    assert [path.removeprefix(site.as_posix()) for path in found] == [f"/notebooks/{name}.html"], word
    assert {urlsplit(address).scheme for address in asked} <= {"file", "data"}
