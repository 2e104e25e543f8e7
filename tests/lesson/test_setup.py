"""The setup cell finds or fetches the course, and on Colab lays over only what is missing."""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys

import hosted
import pytest
import sources

from helpers.lesson import setup
from helpers.machine import runtime

# Run the course's own setup cell in a Python that cannot see the installed helpers, as on Colab.
RUN_CELL = """
import sys
sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]
sys.path = [p for p in sys.path if p not in ('', {root!r})]
import ipywidgets
assert ipywidgets.__version__.startswith({widgets!r}), ipywidgets.__version__
exec(open('cell.py').read())
import helpers
print('helpers from', helpers.__file__)
{then}
"""


def git(*arguments, cwd):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A local copy of the working tree, committed and tagged as a release would be."""
    return hosted.origin(tmp_path_factory.mktemp("origin") / "course")


def run_cell(folder, origin, then="", python=sys.executable, widgets="", **environment):
    """Write the setup cell of lesson 00 into an empty folder and run it there, its address served by `origin`."""
    folder.mkdir(exist_ok=True)
    (folder / "cell.py").write_text(sources.make("00_start_here", solved=False).cells[1].source)
    code = RUN_CELL.format(root=str(runtime.ROOT), then=then, widgets=widgets)
    settings = {**os.environ, **hosted.fetching(origin), **environment}
    return subprocess.run([python, "-c", code], cwd=folder, env=settings, capture_output=True, text=True)


def test_in_an_empty_folder_the_cell_clones_the_course_at_its_tag(tmp_path, origin):
    done = run_cell(tmp_path / "content", origin, COLAB_RELEASE_TAG="release-colab")
    assert done.returncode == 0, done.stderr
    assert "Lesson 00 is ready" in done.stdout
    assert str(tmp_path / "content" / "course" / "helpers") in done.stdout
    again = run_cell(tmp_path / "content", tmp_path / "gone", COLAB_RELEASE_TAG="release-colab")
    assert again.returncode == 0, "a second run must not need the network"


def test_the_cloned_course_runs_a_lesson(tmp_path, origin):
    then = (
        "from helpers.lesson import widgets; from helpers.tasks import intents\n"
        "from helpers.model.language_model import LanguageModel\n"
        "lm = LanguageModel.load(); widgets.token_viewer(lm, 'Hi')\n"
        "print(len(intents.read('test')), lm.chat('Hi'))"
    )
    done = run_cell(tmp_path / "content", origin, then=then, COLAB_RELEASE_TAG="release-colab")
    assert done.returncode == 0, done.stderr
    assert "300 " in done.stdout


@pytest.mark.weights
def test_it_works_with_the_widgets_that_colab_has(tmp_path, origin):
    """ipywidgets 7.7.1 in front of the pinned one; skipped where pip cannot fetch it."""
    old = tmp_path / "old"
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(old), "--no-deps"]
    got = subprocess.run([*command, "ipywidgets==7.7.1", "widgetsnbextension==3.6.10", "ipython_genutils"], text=True)
    if got.returncode:
        pytest.skip("ipywidgets 7.7.1 cannot be fetched without a network")
    then = (
        "from helpers.lesson import widgets; from helpers.tasks import intents\n"
        "from helpers.model.language_model import LanguageModel\n"
        "lm = LanguageModel.load(); widgets.token_viewer(lm, 'Hi'); widgets.next_token_explorer(lm, 'It is')\n"
        "widgets.keyword_playground(intents.load(), intents.read('dev'), {'billing': ['charge']})"
    )
    done = run_cell(
        tmp_path / "content", origin, then=then, widgets="7.7.1", COLAB_RELEASE_TAG="x", PYTHONPATH=str(old)
    )
    assert done.returncode == 0, done.stderr


def test_inside_a_clone_the_cell_uses_that_clone(tmp_path, origin):
    clone = tmp_path / "clone"
    git("clone", "-q", str(origin), str(clone), cwd=tmp_path)
    done = run_cell(clone / "notebooks", tmp_path / "gone")
    assert done.returncode == 0, done.stderr
    assert str(clone / "helpers") in done.stdout


def test_overlay_installs_only_what_lacks_and_freezes_the_rest(monkeypatch):
    ran = {}

    def fake_run(command, **options):
        ran["command"] = command
        ran["constraints"] = pathlib.Path(command[command.index("-c") + 1]).read_text().split()
        return subprocess.CompletedProcess(command, 0, "", "")

    real_version = importlib.metadata.version
    monkeypatch.setattr(
        setup, "version", lambda package: {"gguf": "0.1", "peft": "0.19"}.get(package) or real_version(package)
    )
    monkeypatch.setattr(setup.subprocess, "run", fake_run)
    installed = setup.overlay()
    assert sorted(name.split("==")[0] for name in installed) == ["gguf", "peft"]
    frozen = {name.split("==")[0] for name in ran["constraints"]}
    assert {"torch", "numpy", "ipywidgets", "ipykernel", "jupyterlab"} <= frozen
    assert not {"jupyterlab", "ipykernel", "ipywidgets"} & {name.split("==")[0] for name in installed}
    assert not any(re.match(r"torch==", name) for name in installed)


def test_nothing_is_laid_over_where_nothing_lacks(monkeypatch):
    assert setup.lacking() == {}
    monkeypatch.setattr(setup.subprocess, "run", lambda *_, **__: pytest.fail("pip was called"))
    assert setup.overlay() == []


def test_a_failed_overlay_says_what_pip_said(monkeypatch):
    monkeypatch.setattr(setup, "lacking", lambda: {"gguf": "missing"})
    monkeypatch.setattr(
        setup.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", "no network here")
    )
    with pytest.raises(RuntimeError, match="no network here"):
        setup.overlay()


@pytest.fixture
def old_torchao(monkeypatch):
    """torchao 0.10.0, which Colab brings and peft stops at; the fixture is the list of pip's commands."""
    ran, real_version = [], importlib.metadata.version

    def fake_run(command, **options):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    known = {"torchao": "0.10.0"}
    monkeypatch.setattr(setup, "version", lambda package: known.get(package) or real_version(package))
    monkeypatch.setattr(setup.subprocess, "run", fake_run)
    for variable in runtime.PLACES.values():
        monkeypatch.delenv(variable, raising=False)
    return ran


@pytest.mark.parametrize("host", runtime.HOSTED)
def test_an_old_torchao_is_removed_on_a_hosted_machine_and_said(monkeypatch, old_torchao, capsys, host):
    monkeypatch.setenv(runtime.PLACES[host], "rehearsal")
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    setup.start("05")
    assert [command[2:] for command in old_torchao] == [["pip", "uninstall", "--quiet", "--yes", "torchao"]]
    said = capsys.readouterr().out
    assert "Removed for this session, since peft stops at it: torchao 0.10.0" in said
    assert "To keep it, run before this cell" in said and "COURSE_RESULTS=" in said


def test_where_results_are_kept_nothing_is_said_of_it(monkeypatch, old_torchao, capsys):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "rehearsal")
    monkeypatch.setenv("COURSE_RESULTS", "/content/drive/MyDrive/course-results")
    setup.start("05")
    assert "COURSE_RESULTS" not in capsys.readouterr().out


def test_an_old_torchao_elsewhere_is_named_with_the_remedy(old_torchao):
    with pytest.raises(RuntimeError, match=r"torchao 0\.10\.0 is too old for peft.*pip uninstall torchao"):
        setup.start("05")
    assert old_torchao == []


def test_what_was_imported_before_it_was_replaced_asks_for_a_restart(monkeypatch, old_torchao):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "rehearsal")
    monkeypatch.setitem(sys.modules, "torchao", object())
    with pytest.raises(RuntimeError, match="torchao had been imported before .* restart the session"):
        setup.start("05")


def test_peft_takes_a_torchao_that_is_not_in_the_way():
    """The limit is peft's own: a newer peft that asks for more is seen here."""
    import inspect

    from packaging.version import Version
    from peft import import_utils

    asked = re.search(r'version\.parse\("([\d.]+)"\)', inspect.getsource(import_utils.is_torchao_available))
    assert Version(asked[1]) <= Version(setup.REFUSED["torchao"])


def test_a_gpu_that_cannot_compute_is_told_in_the_first_cell(monkeypatch, capsys):
    monkeypatch.setattr(runtime, "gpu_fault", lambda: "no kernel image")
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    setup.start("00")
    assert "it cannot compute, so the CPU is used: no kernel image" in capsys.readouterr().out
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    setup.start("00")
    assert "GPU" not in capsys.readouterr().out, "the CPU is used because it was asked for"
    monkeypatch.setenv("COURSE_DEVICE", "cuda:99")
    with pytest.raises(ValueError, match="which does not work here"):
        setup.start("00")


def test_missing_packages_elsewhere_are_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(setup, "lacking", lambda: {"peft": "missing"})
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    with pytest.raises(RuntimeError, match=r"peft \(missing\).*make lab"):
        setup.start("00")


def test_every_minimum_is_below_its_pin():
    from packaging.version import Version

    pins = setup.pins()
    for package, lowest in setup.AT_LEAST.items():
        assert Version(lowest) <= Version(pins[package])


COLAB_HAS = {
    "torch",
    "numpy",
    "scipy",
    "sklearn",
    "matplotlib",
    "IPython",
    "ipywidgets",
    "tqdm",
    "accelerate",
    "charset_normalizer",
    "yaml",
    "tokenizers",
    "huggingface_hub",
    "jinja2",
    "markupsafe",
    "safetensors",
    "packaging",
}
ASKED_FOR = {"python_calamine"}  # missing on Colab; whoever brings a spreadsheet is told to install it


def test_every_package_that_helpers_import_is_listed_or_on_colab():
    import ast

    listed = {package.replace("-", "_") for package in setup.AT_LEAST}
    known = listed | COLAB_HAS | ASKED_FOR | set(sys.stdlib_module_names) | {"helpers"}
    for path in (runtime.ROOT / "helpers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert not {name.split(".")[0] for name in names} - known, path
