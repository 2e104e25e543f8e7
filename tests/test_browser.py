"""Lessons in a real browser: JupyterLab opens one, cells run, a check speaks; each widget, light and dark, answers.

COURSE_SCREENSHOT=folder keeps pictures of what the browser showed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import all_widgets
import nbformat
import pytest

from helpers.machine import runtime

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.browser
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a copy of the course, without a token, on this machine alone; the page can give it commands."""
    if not CHROMIUM:
        if os.environ.get("COURSE_NEED_BROWSER"):
            pytest.fail("COURSE_NEED_BROWSER is set and there is no Chromium")
        pytest.skip("no Chromium on this machine")
    course = tmp_path / "course"
    left_out = shutil.ignore_patterns(".venv*", ".git", "results", "site", "*_cache", "__pycache__")
    shutil.copytree(runtime.ROOT, course, ignore=left_out)
    for extension, setting in (
        ("notebook-extension/tracker", {"windowingMode": "none"}),  # keep all cells in the page
        ("apputils-extension/notification", {"fetchNews": "false"}),
    ):
        file = tmp_path / "settings" / "@jupyterlab" / f"{extension}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting))
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.ip=127.0.0.1"]
    command += [
        "--LabApp.expose_app_in_browser=True",
        "--IdentityProvider.token=",
        "--allow-root",
        f"--ServerApp.root_dir={course}",
    ]
    command += [f"--LabApp.user_settings_dir={tmp_path / 'settings'}"]
    environment = {**os.environ, "COURSE_PROFILE": "fast", "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    with open(tmp_path / "lab.log", "w") as log:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2)
                    break
                except OSError:
                    time.sleep(0.5)
            else:
                pytest.fail((tmp_path / "lab.log").read_text()[-2000:])
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def test_lesson_00_in_jupyterlab(lab):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{lab}/lab/tree/notebooks/00_start_here.ipynb")
        viewer = page.locator(".jp-CodeCell", has_text="widgets.token_viewer")
        stored = viewer.locator(".jp-OutputArea", has_text="A picture of the widget")
        stored.wait_for(timeout=90_000)  # before anything runs, a reader sees the widget's picture

        # Under load the page is there long before its kernel, and "run all" without a kernel runs nothing.
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=300_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator("[data-command='runmenu:run-all']").first.click()
        box = viewer.locator("textarea")
        box.wait_for(timeout=400_000)
        box.fill("refund <b>LF-48213</b>")
        box.press("Tab")
        page.wait_for_function(
            "[...document.querySelectorAll('.jp-CodeCell')].some(c => c.innerText.includes('widgets.token_viewer')"
            " && [...c.querySelectorAll('.widget-html span')].some(s => s.innerText.includes('ref')))",
            timeout=120_000,
        )
        chips = viewer.locator(".widget-html span[title^='id ']").all_inner_texts()
        checks = page.locator(".jp-CodeCell", has_text='check("00.3"').locator(".jp-OutputArea").inner_text()
        if os.environ.get("COURSE_SCREENSHOT"):
            viewer.scroll_into_view_if_needed()
            page.screenshot(path=os.path.join(os.environ["COURSE_SCREENSHOT"], "lesson_00.png"))
        browser.close()
    assert "".join(chips).replace("␣", " ") == "refund <b>LF-48213</b>", "what is typed is shown as text, not as markup"
    assert "00.3 not attempted" in checks


# Of an element of the page: each stretch of text with too little contrast to its ground (WCAG AA), as [text, ratio].
CONTRAST = """root => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = channels(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] > 0.5) return color;
    }
    return [255, 255, 255];
  };
  const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; node = walker.nextNode();) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.getClientRects().length || e.closest("option, .jp-Toolbar")) continue;
    const pair = [light(channels(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) found.push([node.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return found;
}"""
# Controls of a widget that have no name for a screen reader.
NAMELESS = """root => [...root.querySelectorAll("input, select, textarea, button")]
  .filter(e => e.getClientRects().length && !e.innerText && !e.title && !e.ariaLabel)
  .filter(e => !(e.labels && [...e.labels].some(l => l.innerText.trim())))
  .filter(e => !e.closest(".jupyter-widgets")?.innerText.trim())
  .map(e => e.outerHTML.slice(0, 120))"""


SAVES = {"rate"}  # a form, which shows nothing new until it is filled in and saved
KEYS = {  # kinds of controls, and how somebody without a mouse changes one
    "textarea:visible, input[type=text]:visible": ["End", "x", "Tab"],
    ".noUi-handle:visible": ["ArrowRight"],
    "select:visible": ["ArrowDown"],
    "input[type=checkbox]:visible, button:visible": ["Space"],
}


def answers(page, whole) -> bool:
    """Whether a widget shows something else once its first control of some kind is changed by the keyboard."""
    from playwright.sync_api import TimeoutError as TooLong

    shown = whole.locator(".widget-html-content").last
    for kind, keys in KEYS.items():
        control = whole.locator(kind).first
        if not control.count():
            continue
        before = shown.inner_html()
        control.focus()
        for key in keys:
            control.press(key)
        try:
            given = [shown.element_handle(), before]
            page.wait_for_function("([e, before]) => e.innerHTML != before", arg=given, timeout=15_000)
            return True
        except TooLong:
            pass
    return False


def test_every_widget_answers_to_the_keyboard_and_can_be_read_in_both_themes(lab, tmp_path):
    from playwright.sync_api import sync_playwright

    nbformat.write(all_widgets.notebook(), tmp_path / "course" / "notebooks" / "all_widgets.ipynb")
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{lab}/lab/tree/notebooks/all_widgets.ipynb")
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=300_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator("[data-command='runmenu:run-all']").first.click()
        # All cells first: what a control asks for waits in the kernel behind them.
        all_ran = "n => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].filter("
        all_ran += "e => /\\[\\d+\\]/.test(e.innerText)).length >= n"
        page.wait_for_function(all_ran, arg=1 + len(all_widgets.CELLS), timeout=400_000)
        widgets = {
            name: page.locator(".jp-CodeCell", has_text=f"# {name}\n").first.locator(".jp-OutputArea").first
            for name in all_widgets.CELLS
        }
        for name, whole in widgets.items():
            if name not in SAVES and not answers(page, whole):
                faults.append(f"{name}: nothing happens when a control is changed")
            faults += [f"{name}: no name for {control}" for control in whole.evaluate(NAMELESS)]
        for theme in ("Light", "Dark"):
            change = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
            page.evaluate(change, f"JupyterLab {theme}")
            light = "true" if theme == "Light" else "false"
            page.wait_for_function(f"document.body.dataset.jpThemeLight == '{light}'", timeout=60_000)
            for width in (800, 1280):
                page.set_viewport_size({"width": width, "height": 1000})
                page.wait_for_timeout(500)
                for name, whole in widgets.items():
                    where = f"{name}, {theme}, {width} pixels"
                    faults += [f"{where}: contrast {ratio} of {text!r}" for text, ratio in whole.evaluate(CONTRAST)]
                    if whole.evaluate("e => e.scrollWidth > e.clientWidth + 1"):
                        faults.append(f"{where}: wider than the page")
                    if os.environ.get("COURSE_SCREENSHOT"):
                        picture = os.path.join(os.environ["COURSE_SCREENSHOT"], f"{name}_{theme}_{width}.png")
                        whole.screenshot(path=picture)
        browser.close()
    assert not faults, "\n".join(faults)
