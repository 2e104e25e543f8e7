"""A model behind an address climbs a reader's own task: what it can give is measured, what it lacks is said."""

import pytest
from own_files import PAIRS, csv
from own_models import WordEmbedder

from helpers import own_task
from helpers.methods.own import plan as planning
from helpers.methods.own.climb import climb
from helpers.model import endpoint, remote_model
from helpers.tasks.own import documents, reading
from tests.model.test_endpoint import KEY, Server

ENDS = ("Please help soon", "What now", "Thanks a lot")
MORE = [(f"{text} {end}.", label) for text, label in PAIRS for end in ENDS]
THINGS = ("router", "mast", "cable", "plug", "hub", "socket", "valve", "pump", "drill")
LONG = [(f"{thing} " * 300 + "the end", "fault") for thing in THINGS]


@pytest.fixture
def server(monkeypatch):
    running = Server(None)
    monkeypatch.setenv("COURSE_API_BASE", running.base)
    monkeypatch.setenv("COURSE_API_KEY", KEY)
    monkeypatch.setenv("COURSE_MODEL", "org/tiny")
    monkeypatch.setattr(remote_model, "_told", set())
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "desk.csv"
    path.write_text(csv([*PAIRS, *MORE, *LONG]))
    return reading.read(path)


def asked_about(messages):
    return messages[-1]["content"].split("\n\n")[0]


def test_prompts_are_measured_and_lora_falls_away_with_its_reason(own, server):
    gold = {message.text: message.label for message in own.task.test}
    long = [text for text in gold if text.endswith("the end") and len(text) > 1030]
    server.reply = lambda messages: gold.get(asked_about(messages), "who knows")
    made = own_task.plan(own, minutes=5, embedder=WordEmbedder())
    skipped = {step.rung.name: step.skipped for step in made.steps if step.skipped}
    assert list(skipped) == ["LoRA"]
    assert "answers over the network and gives none of that" in skipped["LoRA"]
    rows = {row.method: row for row in climb(made, progress=False)}
    for name in ("prompt", "8 examples", "8 nearest examples"):
        row = rows[name]
        wrong = [i for i, right in enumerate(row.correct) if not right]
        assert {row.predictions[i] for i in wrong} <= {"unreadable"}
        assert len(wrong) == len(long) > 0, "a text that was cut is not known to the server"
        assert (row.model, row.device, row.confidence) == ("tiny", "endpoint", [])
    longest = max(len(asked_about(messages)) for messages in seen(server))
    assert 1000 < longest < 1100
    found = own_task.report(made, list(rows.values()), show=False)
    assert "LoRA" in (made.bench.folder / "report.html").read_text()
    assert found.chosen.method in rows


def seen(server):
    return [asked["messages"] for asked in server.seen]


def test_an_answer_that_names_no_label_is_wrong(own, server):
    server.reply = lambda messages: "who knows"
    made = own_task.plan(own, minutes=5, embedder=WordEmbedder()).without("majority", "TF-IDF", "MiniLM", "8")
    (row,) = climb(made, progress=False)
    assert set(row.predictions) == {"unreadable"}
    assert not any(row.correct)


def test_a_limit_stops_in_words_and_what_was_bought_is_not_bought_again(own, server, monkeypatch, tmp_path, capsys):
    server.reply = lambda messages: "fault"
    monkeypatch.setenv("COURSE_API_CALLS", "5")
    monkeypatch.setattr(planning.Bench, "embedder", property(lambda bench: WordEmbedder()))
    command = [str(tmp_path / "desk.csv"), "--yes", "--without", "8", "--without", "MiniLM"]
    assert own_task.main(command) == 1
    assert "COURSE_API_CALLS allows 5; raise it" in capsys.readouterr().err
    assert len(server.seen) == 5
    monkeypatch.setenv("COURSE_API_CALLS", "500")
    assert own_task.main(command) == 0
    assert len(server.seen) == len(own.task.test)


def test_prices_that_were_given_are_those_of_the_decision(own, server, monkeypatch):
    gold = {message.text: message.label for message in own.task.test}
    server.reply = lambda messages: next(label for text, label in gold.items() if text[:20] in asked_about(messages))
    made = own_task.plan(own, minutes=5, embedder=WordEmbedder()).without("8", "TF", "MiniLM", "majority")
    rows = climb(made, progress=False)
    assert "At 0.15 dollars" in str(own_task.report(made, rows, show=False))
    monkeypatch.setenv("COURSE_API_PRICES", "3,9")
    assert "At 3 dollars per million tokens read (COURSE_API_PRICES)" in str(own_task.report(made, rows, show=False))


def test_questions_on_documents_are_asked_there_too(server, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.md").write_text("# Fees\nA late tool costs $2 a day.\n\n## Lost\nA lost tool costs $40.")
    (tmp_path / "faq.csv").write_text(
        "question,answer\nWhat does a late tool cost a day?,$2\nWho are you?,not stated\n"
    )
    server.reply = lambda messages: "It costs $2."
    made = own_task.plan(documents.read(tmp_path / "docs", tmp_path / "faq.csv"), 5, embedder=WordEmbedder())
    rows = climb(made, progress=False)
    assert len(rows) == 6
    assert {row.method: row.correct for row in rows}["closed book"] == [1, 0]
    assert endpoint.wanted()
