"""A lesson in a real browser: JupyterLab opens it, cells run, a widget answers, a check speaks."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

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
    """JupyterLab on a copy of the course, without a token, on this machine alone."""
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
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(setting))
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", "--allow-root", f"--ServerApp.root_dir={course}"]
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
            page.screenshot(path=os.environ["COURSE_SCREENSHOT"])
        browser.close()
    assert "".join(chips).replace("␣", " ") == "refund <b>LF-48213</b>", "what is typed is shown as text, not as markup"
    assert "00.3 not attempted" in checks
