"""An endpoint is asked, tried again, limited, and never told on; its answers are kept. Against a real server.

The server runs in a thread and serves the tiny random qwen2 model by `LanguageModel.generate`. Failures are made to
happen in its answers.
"""

import http.server
import json
import threading
import time

import numpy as np
import pytest
import tiny
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from helpers.methods import recorded, wording
from helpers.model import catalogue, endpoint, gguf, remote_model
from helpers.model.endpoint import Endpoint, EndpointError, Settings
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.results import ledger
from helpers.tasks import files, intents

KEY = "sk-this-is-a-secret"
CHATS = [[{"role": "user", "content": text}] for text in ("Hi", "the the", "Name a color.")]
OPTIONS = {"max_tokens": 6, "temperature": 0.0}


@pytest.fixture(scope="module")
def lm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    gguf.convert_gguf(tiny.write_qwen2(folder / "tiny.gguf", **{"qwen2.context_length": 8192}), folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return LanguageModel(model, AutoTokenizer.from_pretrained(folder, padding_side="left"), "tiny")


class Server(http.server.ThreadingHTTPServer):
    """Chat completions of one model. `plan` holds what to do with the next requests instead of answering."""

    daemon_threads = True

    def handle_error(self, *_):
        """A client that was killed or lost patience is part of the tests."""

    def __init__(self, lm):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lm, self.lock, self.plan, self.seen, self.reply = lm, threading.Lock(), [], [], None
        self.limit_name = "max_tokens"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def written(self, asked) -> tuple[str, bool, int, int]:
        if self.reply is not None:
            return self.reply(asked["messages"]), True, 5, 2
        with self.lock:
            made = self.lm.generate([asked["messages"]], asked[self.limit_name], progress=False)
        return made.texts[0], made.finished[0], made.prompt_tokens[0], made.new_tokens[0]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(asked)
        doing = self.server.plan.pop(0) if self.server.plan else "answer"
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self.send(401, {"error": f"wrong key {self.headers.get('Authorization')}"})
        if isinstance(doing, int):
            return self.send(doing, {"error": f"status {doing} for Bearer {KEY}"}, {"Retry-After": "0.01"})
        if doing == "slow":
            time.sleep(1.0)
        if doing == "cut":  # fewer bytes than promised, then the connection closes
            return self.send(200, {"choices": []}, {"Content-Length": "4000"})
        if doing == "no json":
            return self.send(200, None)
        if doing == "other json":
            return self.send(200, {"object": "list"})
        if self.server.limit_name not in asked:
            return self.send(400, {"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}})
        text, finished, read, written = self.server.written(asked)
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop" if finished else "length"}
        self.send(200, {"choices": [choice], "usage": {"prompt_tokens": read, "completion_tokens": written}})

    def send(self, status, told, headers=()):
        body = b"<html>busy</html>" if told is None else json.dumps(told).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(lm):
    running = Server(lm)
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def settings(server, tmp_path):
    return Settings(
        server.base, "org/tiny", KEY, folder=tmp_path / "r", seconds=30, tries=3, first_pause=0.01, at_once=1
    )


@pytest.fixture
def remote(server, monkeypatch):
    """What lessons get where COURSE_API_BASE names the server."""
    for name, value in {"BASE": server.base, "KEY": KEY}.items():
        monkeypatch.setenv(f"COURSE_API_{name}", value)
    monkeypatch.setenv("COURSE_MODEL", "org/tiny")
    monkeypatch.setattr(remote_model, "_told", set())
    return LanguageModel.load()


def changed(settings, **changes):
    return Settings(**{**vars(settings), **changes})


def test_answers_are_the_models_own_in_the_order_asked(settings, server, lm):
    made = Endpoint(changed(settings, at_once=3)).answers(CHATS, OPTIONS)
    alone = [lm.generate([chat], 6, progress=False) for chat in CHATS]
    assert [reply.text for reply in made] == [one.texts[0] for one in alone]
    assert [reply.new_tokens for reply in made] == [one.new_tokens[0] for one in alone]
    assert [reply.prompt_tokens for reply in made] == [one.prompt_tokens[0] for one in alone]
    assert [reply.finished for reply in made] == [one.finished[0] for one in alone]
    assert server.seen[0].keys() == {"model", "messages", "max_tokens", "temperature"}
    assert server.seen[0]["model"] == "org/tiny"


def test_what_is_answered_is_not_asked_twice(settings, server):
    first = Endpoint(settings).answers([*CHATS, CHATS[0]], OPTIONS)
    assert len(server.seen) == 3
    assert Endpoint(settings).answers([*CHATS, CHATS[0]], OPTIONS) == first
    assert len(server.seen) == 3
    Endpoint(settings).answers(CHATS[:1], {**OPTIONS, "max_tokens": 5})
    Endpoint(changed(settings, model="other")).answers(CHATS[:1], OPTIONS)
    assert len(server.seen) == 5


@pytest.mark.parametrize("failure", [429, 500, 503, "slow", "cut", "no json", "other json"])
def test_a_failure_that_passes_is_tried_again(settings, server, failure):
    server.plan = [failure, failure]
    made = Endpoint(changed(settings, seconds=0.5 if failure == "slow" else 30)).answers(CHATS[:1], OPTIONS)
    assert len(made) == 1
    assert len(server.seen) == 3


SAID = {
    429: "status 429",
    500: "status 500",
    "slow": r"no answer in 0 seconds",
    "cut": "RemoteProtocolError",
    "no json": "no chat completion: '<html>busy</html>'",
    "other json": "no chat completion",
}


@pytest.mark.parametrize("failure", SAID)
def test_one_that_does_not_pass_is_said_and_what_was_answered_is_kept(settings, server, failure):
    server.plan = ["answer", failure, failure, failure]
    asking = Endpoint(changed(settings, seconds=0.4 if failure == "slow" else 30))
    with pytest.raises(EndpointError, match=SAID[failure]) as caught:
        asking.answers(CHATS, OPTIONS)
    assert "tried 3 times; run this again later" in str(caught.value)
    assert KEY not in str(caught.value)
    server.plan = []
    asking.answers(CHATS, OPTIONS)
    assert len(server.seen) == 4 + 2, "the first chat was not asked again"


@pytest.mark.parametrize("status", [400, 404])
def test_what_no_second_try_can_mend_is_not_tried_again(settings, server, status):
    server.plan = [status]
    with pytest.raises(EndpointError, match=f"status {status}.*check COURSE_API_BASE and the model's name, 'org/tiny'"):
        Endpoint(settings).answers(CHATS, OPTIONS)
    assert len(server.seen) == 1


@pytest.mark.parametrize("key", ["sk-another-secret", ""])
def test_a_wrong_key_is_refused_once_and_shown_nowhere(settings, server, tmp_path, capsys, key):
    asking = Endpoint(changed(settings, key=key))
    with pytest.raises(EndpointError, match=r"COURSE_API_KEY is not (accepted there|set)") as caught:
        asking.answers(CHATS, OPTIONS)
    assert len(server.seen) == 1
    shown = [str(caught.value), repr(asking), repr(asking.settings), *capsys.readouterr()]
    assert not key or not any(key in text for text in shown)


def test_the_key_is_in_no_file(settings, tmp_path, server):
    server.plan = [500]
    Endpoint(settings).answers(CHATS, OPTIONS)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "answers.sqlite" for path in written)
    assert not any(KEY.encode() in path.read_bytes() for path in written)


def test_calls_are_limited_over_all_runs_of_a_folder(settings, server):
    with pytest.raises(EndpointError, match="2 answers are bought, and COURSE_API_CALLS allows 2; raise it"):
        Endpoint(changed(settings, calls=2, at_once=3)).answers(CHATS, OPTIONS)
    assert len(server.seen) == 2
    with pytest.raises(EndpointError, match="COURSE_API_CALLS"):
        Endpoint(changed(settings, calls=2)).answers(CHATS, OPTIONS)
    assert len(Endpoint(changed(settings, calls=3)).answers(CHATS, OPTIONS)) == 3
    assert len(server.seen) == 3


def test_money_is_limited(settings, server):
    prices = {"prices": (1e6, 1e6), "dollars": 1.0}  # a dollar a token
    with pytest.raises(EndpointError, match=r"dollars are spent, and COURSE_API_DOLLARS allows 1\.00"):
        Endpoint(changed(settings, **prices)).answers(CHATS, OPTIONS)
    assert len(server.seen) == 1
    asking = Endpoint(changed(settings, prices=(1e6, 2e6)))
    reply = asking.answers(CHATS[:1], OPTIONS)[0]
    assert asking.spent() == (1, reply.prompt_tokens + 2 * reply.new_tokens)


def test_a_server_that_wants_the_newer_name_of_the_limit_gets_it(settings, server):
    server.limit_name = "max_completion_tokens"
    assert len(Endpoint(settings).answers(CHATS, OPTIONS)) == 3
    assert [("max_tokens" in one) for one in server.seen] == [True, False, False, False]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"COURSE_API_BASE": "host/v1"}, "COURSE_API_BASE is 'host/v1'; give an address"),
        ({"COURSE_MODEL": ""}, "COURSE_MODEL is not; name the model"),
        ({"COURSE_API_CALLS": "many"}, "COURSE_API_CALLS is 'many'; give a number"),
        ({"COURSE_API_DOLLARS": "-1"}, "COURSE_API_DOLLARS is '-1'"),
        ({"COURSE_API_DOLLARS": "5"}, "COURSE_API_DOLLARS needs COURSE_API_PRICES"),
        ({"COURSE_API_PRICES": "0.15"}, "COURSE_API_PRICES must be two numbers"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(remote, monkeypatch, variables, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EndpointError, match=said):
        LanguageModel.load()
    name, fine, detail = catalogue.report()[0]
    assert (name, fine) == ("endpoint", False)
    assert said in detail


def test_the_course_takes_it_for_its_model(remote):
    assert isinstance(remote, remote_model.RemoteModel)
    assert catalogue.needed() == (catalogue.EMBEDDER,)
    assert isinstance(LanguageModel.shared(catalogue.default()), remote_model.RemoteModel)
    assert catalogue.report()[0][0] == "endpoint"
    assert remote.name == "tiny"


def test_what_it_cannot_give_is_said(remote):
    for lacking in ("next_token_probabilities", "score_reusing", "encode", "model"):
        with pytest.raises(remote_model.RemoteLacks, match="answers over the network"):
            getattr(remote, lacking)
    with pytest.raises(remote_model.RemoteLacks, match="Check and repair its answers instead"):
        remote.generate(["Hi"], logits_processor=lambda rows, width: None)
    with pytest.raises(AttributeError, match="no 'colour'"):
        remote.colour  # noqa: B018
    with pytest.raises(ValueError, match="labels must be different"):
        remote.score(["Hi"], ["a_b", "A b"])


def test_labels_are_read_from_answers(remote, server, capsys):
    said = iter(["It is a question about a bill.", "A review", "either a review or a bug report", "no idea"])
    server.reply = lambda messages: next(said)
    labels = [" a question", " a question about a bill", " a review", " a bug report"]
    asked = [
        [{"role": "user", "content": f"message {i}"}, {"role": "assistant", "content": "This is"}] for i in range(4)
    ]
    remote.endpoint.settings = changed(remote.endpoint.settings, at_once=1)
    found = remote.score(asked, labels)
    assert found.predictions == [labels[1], labels[2], "unreadable", "unreadable"]
    assert found.renamed(["q", "bill", "review", "bug"]).predictions == ["bill", "review", "unreadable", "unreadable"]
    assert not hasattr(found, "probabilities")
    last = server.seen[0]["messages"][-1]
    assert last["role"] == "user"
    assert "a question | a question about a bill | a review | a bug report" in last["content"]
    assert last["content"].endswith("Your answer goes on after these words: 'This is'.")
    assert capsys.readouterr().out.count("tells no probabilities") == 1


def test_the_ladder_of_prompts_runs_and_resumes(remote, server):
    """As lesson 02 asks: words read as scored and calibrated, a row a try; killed in the middle, it goes on."""
    messages = files.balanced(intents.read("dev"), 2)
    words = {label: f" {name}" for label, name in intents.WORDS.items()}
    texts = [message.text for message in messages]
    server.reply = lambda asked: next((words[m.label] for m in messages if m.text in asked[-1]["content"]), "who knows")
    lab = ledger.Lab("intents", remote, labels=intents.LABELS, split="dev", show=False)
    prompt = Prompt("1 bare question", "{text}\n\nWhat kind of message is this?", start="This is")
    plain, calibrated = wording.ways(remote, prompt, words, "everyday words", ["and the of", "cup a in"])
    server.plan = ["answer"] * 5 + [404]
    with pytest.raises(EndpointError):
        wording.measure(lab, "bare", plain, messages)
    before = len(server.seen)
    rows = [wording.measure(lab, name, way, messages) for name, way in (("bare", plain), ("calibrated", calibrated))]
    assert len(server.seen) < before + len(texts)
    for row in rows:
        assert row.correct == [1] * len(messages)
        assert (row.model, row.device, row.parameters, row.confidence) == ("tiny", "endpoint", 0, [])
    assert lab.stored("bare", messages).sha256 == rows[0].sha256
    free = wording.written(lab, "free answer", Prompt("free", "{text} Which?"), messages, 20)
    assert set(free.predictions) <= {*intents.LABELS, recorded.UNREADABLE}


def test_a_thought_before_the_answer_is_sent_along(remote, server):
    server.reply = lambda messages: " they want money" if "step by step" in messages[-1]["content"] else "a bill"
    words = {"billing": " a bill", "other": " something else"}
    think = Prompt("think", "{text} Think step by step.")
    scores, thoughts = wording.after_thinking(remote, think, words, ["Twice?"], "this is")
    assert thoughts == ["they want money"]
    assert isinstance(scores.log_probs, np.ndarray)
    assert "they want money" in server.seen[-1]["messages"][-1]["content"]


def test_a_killed_run_keeps_what_was_answered(server, tmp_path):
    """A real process, killed between two answers: its successor asks for the rest alone."""
    import os
    import signal
    import subprocess
    import sys

    gate = threading.Event()

    def reply(messages):
        if messages[-1]["content"] == "text 2":
            gate.set()
            time.sleep(20)
        return messages[-1]["content"].upper()

    server.reply = reply
    code = (
        "from helpers.model import endpoint\n"
        "import dataclasses\n"
        "settings = dataclasses.replace(endpoint.from_environment(), at_once=1)\n"
        "chats = [[{'role': 'user', 'content': f'text {i}'}] for i in range(4)]\n"
        "print([r.text for r in endpoint.Endpoint(settings).answers(chats, {'max_tokens': 4})])"
    )
    told = {"COURSE_API_BASE": server.base, "COURSE_API_KEY": KEY, "COURSE_MODEL": "m", "COURSE_RESULTS": str(tmp_path)}
    root = {"PYTHONPATH": str(endpoint.runtime.ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **told, **root})
    assert gate.wait(120)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    server.reply, before = lambda messages: messages[-1]["content"].upper(), len(server.seen)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **told, **root}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "['TEXT 0', 'TEXT 1', 'TEXT 2', 'TEXT 3']", done.stderr
    assert len(server.seen) == before + 2
