"""A climb on a reader's own task: every rung runs, and nothing that was measured is lost, whatever happens to it."""

import gc
import hashlib
import io
import os
import pathlib
import random
import resource
import signal
import socket
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from own_files import PAIRS, csv
from own_models import WordEmbedder, tiny_lm
from tqdm.auto import tqdm

from helpers import own_task
from helpers.lesson.own import page
from helpers.machine import runtime
from helpers.methods.baselines import TextClassifier
from helpers.methods.own import bench as benches
from helpers.methods.own import climb as climbing
from helpers.methods.own import label_rungs
from helpers.methods.own.bench import Bench, Outcome, Ready, Rung
from helpers.methods.own.climb import Piece, TooLargeError, climb, file_of
from helpers.methods.own.plan import Plan, Step, plan
from helpers.results import lookup, own_decision, own_figures, store
from helpers.results.rows import LedgerRow
from helpers.tasks.own import documents, reading

ENDS = ("Please help soon", "What now", "Thanks a lot")
MORE = [(f"{text} {end}.", label) for text, label in PAIRS for end in ENDS]


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "desk.csv"
    path.write_text(csv([*PAIRS, *MORE]))
    return reading.read(path)


def ladder(own, *rungs, items=12, lm=None):
    return Plan(Bench(own, lm, WordEmbedder()), tuple(Step(rung, items, 0.0, 0.0, 0) for rung in rungs), 1.0)


def slow(seconds=0.004, name="slow", at_once=2):
    """A rung without a model that takes its time; what it says depends on the text alone."""

    def answer(items):
        time.sleep(seconds * len(items))
        said = ["billing" if len(item.text) % 2 else "fault" for item in items]
        return [Outcome(s, s == i.label, len(i.text) / 1000) for s, i in zip(said, items, strict=True)]

    return Rung(name, "plain", "takes its time", lambda bench: Ready(answer), at_once=at_once)


def said(rows):
    return [(row.method, row.ids, row.predictions, row.correct, row.confidence) for row in rows]


def forked(work) -> int:
    """Do work in a process of its own that can be killed; return its id."""
    child = os.fork()
    if child == 0:
        code = 1
        tqdm.set_lock(threading.RLock())  # the usual one is shared with the parent, who would wait for one killed
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return child


def exit_code(child) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_every_rung_runs_within_the_minutes_and_ends_in_a_page(own, tmp_path, capsys):
    made = plan(own, minutes=5, lm=tiny_lm(), embedder=WordEmbedder())
    assert [step.skipped for step in made.steps] == [""] * 8
    told = str(made)
    assert all(step.rung.name in told for step in made.steps)
    rows = climb(made, progress=False)
    assert [row.method for row in rows] == [step.rung.name for step in made.steps]
    assert {row.n for row in rows} == {len(own.task.test)}
    assert rows[-1].training_seconds > 0
    assert rows[-1].model == "a tiny random model"
    assert all(row.data_sha256 == rows[0].data_sha256 for row in rows)
    found = own_task.report(made, rows, target=0.8, show=False)
    page = (made.bench.folder / "report.html").read_text()
    for row in rows:
        assert row.method in page
    assert found.chosen.approach == "plain"
    assert "macro-F1" in page
    capsys.readouterr()
    own_task.report(made, rows, target=0.8)  # on a terminal, where nothing shows Markdown or pictures
    shown = capsys.readouterr().out
    assert all(line in shown for line in ("macro-F1", rows[0].method, str(found), "report.html"))
    assert "<IPython" not in shown and "image/png" not in shown
    before = len(store.read(lookup.path(), LedgerRow, "row"))
    assert said(climb(made, progress=False)) == said(rows)
    assert len(store.read(lookup.path(), LedgerRow, "row")) == before


def test_many_labels_are_weighed_by_those_of_the_nearest(tmp_path):
    leads = ("yesterday", "neighbour", "urgently", "somewhere", "friend", "Monday")
    words = [hashlib.sha256(bytes([i])).hexdigest() for i in range(25)]
    pairs = [(f"{lead} {word[:8]} {word[8:16]}", f"kind {i}") for i, word in enumerate(words) for lead in leads]
    (tmp_path / "many.csv").write_text(csv(pairs))
    own = reading.read(tmp_path / "many.csv")
    rungs = {rung.name: rung for rung in label_rungs.rungs(25)}
    assert "8 nearest examples, 8 likeliest labels" in rungs
    made = ladder(own, *(rungs[name] for name in rungs if "likeliest" in name), items=4, lm=tiny_lm())
    made.bench.lora_rows, made.bench.epochs = 30, 1
    rows = climb(made, progress=False)
    assert len(rows) == 4
    assert all(row.details["listed"] == 1.0 for row in rows)
    assert all(len(row.confidence) == 4 and min(row.confidence) >= 1 / 8 - 1e-6 for row in rows)
    table = own_figures.table(rows)
    assert table[0][:4] == ("method", "right, 95 % interval", "items", "macro-F1")


def test_a_long_text_is_cut_alike_for_training_and_for_asking(own):
    bench = Bench(own, tiny_lm(), WordEmbedder())
    long = "start " + "middle " * 8000 + "the end<|im_end|>"
    short = bench.short(long)
    assert short.startswith("start ")
    assert short.endswith("the end<im_end>")
    assert bench.lm.count_tokens(short) <= benches.MOST_TOKENS + 10
    assert bench.short(short[:100]) == short[:100]
    message = own.task.train[0]
    learned = bench.shortened([type(message)("x", long, message.label)])[0].text
    assert learned == short


def test_documents_climb_to_a_page_too(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fees.md").write_text("# Fees\nA late tool costs $2 a day.\n\n## Lost\nA lost tool costs $40.")
    (tmp_path / "docs" / "hours.html").write_text("<h1>Hours</h1><p>We open at nine.</p><script>no()</script>")
    (tmp_path / "docs" / "plan.pdf").write_bytes(b"%PDF")
    (tmp_path / "faq.csv").write_text(
        "question,answer,document\nWhat does a late tool cost a day?,$2|two dollars,fees\n"
        "When do you open?,at nine,hours.html\nWhat does a lost tool cost?,$40,fees\n"
        "Do you lend ladders?,not stated,\nWhen?,,\nWhen do you open?,at nine,nowhere\n"
    )
    own = documents.read(tmp_path / "docs", tmp_path / "faq.csv")
    assert (len(own.documents), len(own.test), own.read, own.used) == (2, 4, 6, 4)
    assert own.read == own.used + sum(finding.lost for finding in own.findings)
    assert "no()" not in own.documents[1].text
    made = plan(own, minutes=5, lm=tiny_lm(), embedder=WordEmbedder())
    rows = climb(made, progress=False)
    assert len(rows) == 6
    first = {row.method: row for row in rows}["best sentence, by words"]
    assert sum(first.correct) >= 2
    found = own_task.report(made, rows, show=False)
    assert "questions" in str(found)


def test_a_climb_killed_at_ten_moments_gives_the_table_of_a_clean_one(own, monkeypatch, tmp_path):
    rungs = [slow(), slow(0.003, "slow too", 5)]
    rng = random.Random(1)
    for moment in range(10):
        child = forked(lambda: climb(ladder(own, *rungs), progress=False) and None)
        time.sleep(rng.uniform(0.001, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        target = file_of(Bench(own), rungs[moment % 2])
        if target.exists():
            with open(target, "ab") as file:
                file.write(b'{"key": "torn')
    again = climb(ladder(own, *rungs), progress=False)
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "clean"))
    assert said(again) == said(climb(ladder(own, *rungs), progress=False))


def test_stop_keeps_what_is_done_and_the_same_call_goes_on(own, capsys):
    asked = []

    def stopping(items):
        if len(asked) == 2:
            asked.append("stopped")
            raise KeyboardInterrupt
        asked.append([item.id for item in items])
        return [Outcome("fault", item.label == "fault") for item in items]

    rung = Rung("stopped", "plain", "", lambda bench: Ready(stopping), at_once=5)
    made = ladder(own, slow(0), rung)
    assert [row.method for row in climb(made, progress=False)] == ["slow"]
    assert "Stopped at 'stopped'" in capsys.readouterr().out
    rows = climb(made, progress=False)
    assert [row.method for row in rows] == ["slow", "stopped"]
    measured = [item for part in asked if part != "stopped" for item in part]
    assert sorted(measured) == sorted(rows[1].ids), "no item was asked twice"


def test_training_goes_on_where_it_was_stopped(own, monkeypatch):
    rung = next(rung for rung in label_rungs.rungs(2) if rung.approach == "tune")
    made = ladder(own, rung, items=6, lm=tiny_lm())
    whole = label_rungs.tuning.train
    stop_at = {"step": 11}

    def train(*args, **options):
        def on_step(step):
            if step.step == stop_at["step"]:
                raise KeyboardInterrupt

        return whole(*args, on_step=on_step, **options)

    monkeypatch.setattr(label_rungs.tuning, "train", train)
    assert climb(made, progress=False) == []
    stop_at["step"] = 0
    (row,) = climb(made, progress=False)
    monkeypatch.setenv("COURSE_RESULTS", str(made.bench.folder / "clean"))
    (clean,) = climb(made, progress=False)
    assert said([row]) == said([clean])
    assert row.details["steps"] == clean.details["steps"]


def test_two_notebooks_at_once_measure_the_same_table(own):
    rungs = [slow(), slow(0.003, "slow too", 5)]
    children = [forked(lambda: climb(ladder(own, *rungs), progress=False) and None) for _ in range(2)]
    assert [exit_code(child) for child in children] == [0, 0]
    pieces = [p for p in store.read(file_of(Bench(own), rungs[0]), Piece, "a piece")]
    assert {item for piece in pieces for item in piece.ids} == set(climb(ladder(own, *rungs), False)[0].ids)
    rows = store.read(lookup.path(), LedgerRow, "row")
    assert {row.method for row in rows} == {"slow", "slow too"}


def test_a_full_disk_stops_with_its_name_and_loses_nothing(own, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "spare", lambda target: tmp_path / "spare" / target.name)

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            climb(ladder(own, slow(0)), progress=False)
        except OSError:
            return 7

    assert exit_code(forked(full)) == 7
    (row,) = climb(ladder(own, slow(0)), progress=False)
    assert row.n == 12


@pytest.mark.parametrize(("each", "code"), [(50_000_000, 0), (2_000_000_000, 9)])
def test_short_memory_halves_a_piece_and_then_stops_with_a_remedy(own, each, code):
    room = 200_000_000

    def hungry(items):
        held = np.ones((len(items), each), dtype=np.uint8)
        return [Outcome("fault", i.label == "fault", float(row[0])) for i, row in zip(items, held, strict=True)]

    rung = Rung("hungry", "plain", "", lambda bench: Ready(hungry), at_once=12)

    def short():
        used = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
        try:
            climb(ladder(own, rung), progress=False)
        except TooLargeError as error:
            return 9 if "plan.without" in str(error) and "row " in str(error) else 8

    assert exit_code(forked(short)) == code


@pytest.mark.parametrize("room", [True, False])
def test_counted_words_wait_on_the_disk_while_a_model_needs_the_memory(own, room, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    if not room:
        monkeypatch.setattr(label_rungs.tempfile, "TemporaryFile", full)
    bench = Bench(own)
    before = sum(type(one) is TextClassifier for one in gc.get_objects())
    first, second = ([one.prediction for one in label_rungs._words(bench).answer(bench.items)] for _ in range(2))
    assert sum(type(one) is TextClassifier for one in gc.get_objects()) == before
    assert first == second == list(label_rungs._counted(own.task.train).predict([item.text for item in bench.items]))
    file = bench.memo["words"]
    del bench
    assert file.closed


def test_training_lets_go_of_an_embedder_that_nobody_lent(own, monkeypatch):
    lent, loaded = WordEmbedder(), WordEmbedder()
    monkeypatch.setattr(benches.catalogue, "load_embedder", lambda: loaded)
    for bench, held in ((Bench(own, tiny_lm(), lent), lent), (Bench(own, tiny_lm()), None)):
        bench.lora_rows, bench.epochs = 8, 1
        vectors = bench.pool_vectors
        label_rungs._lora(bench)
        assert bench._embedder is held
        assert bench.vectors([message.text for message in bench.pool]).tolist() == vectors.tolist()
        assert bench._embedder is held
        assert bench.vectors(["What is new here?"]).any() and bench.embedder is (held or loaded)


def test_a_gpu_without_memory_is_asked_less_at_once(own):
    sizes = []

    def on_gpu(items):
        sizes.append(len(items))
        if len(items) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [Outcome("fault", item.label == "fault") for item in items]

    (row,) = climb(ladder(own, Rung("gpu", "plain", "", lambda bench: Ready(on_gpu), at_once=12)), progress=False)
    assert row.n == 12
    assert sizes == [12, 6, 3, 3, 6, 3, 3]


def test_other_errors_are_no_lack_of_memory(own, capsys):
    def broken(items):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        climb(ladder(own, Rung("broken", "plain", "", lambda bench: Ready(broken))), progress=False)

    def refused(bench):
        raise ValueError("no such thing here")

    rows = climb(ladder(own, Rung("refused", "plain", "", refused), slow(0)), progress=False)
    assert [row.method for row in rows] == ["slow"]
    assert "refused: left out, it does not work here: no such thing here" in capsys.readouterr().out


def test_a_clock_that_moved_back_changes_no_table(own, monkeypatch):
    monkeypatch.setattr(climbing.time, "strftime", lambda form: "2031-01-01T00:00:00")
    climb(ladder(own, slow(0), items=6), progress=False)
    monkeypatch.setattr(climbing.time, "strftime", lambda form: "2020-01-01T00:00:00")
    climb(ladder(own, slow(0), items=12), progress=False)
    (row,) = lookup.rows(own.name)
    assert row.n == 12


def test_it_needs_no_network(own, monkeypatch):
    def refuse(*_):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    rungs = label_rungs.rungs(2)[:5]
    assert len(climb(ladder(own, *rungs, items=4, lm=tiny_lm()), progress=False)) == 5


def test_other_words_or_settings_are_measured_anew(own):
    rung = next(rung for rung in label_rungs.rungs(2) if rung.name == "prompt")
    first = climb(ladder(own, rung, items=4, lm=tiny_lm()), progress=False)
    other = own.with_words({"fault": "something is broken"}, "You read letters.")
    again = climb(ladder(other, rung, items=4, lm=tiny_lm()), progress=False)
    assert first[0].confidence != again[0].confidence


def test_a_plan_leaves_out_what_the_minutes_do_not_buy(own):
    dear = Rung("dear", "prompt", "", lambda bench: Ready(lambda items: time.sleep(0.05 * len(items)) or []), "model")
    made = plan(own, minutes=0.001, lm=tiny_lm(), embedder=WordEmbedder(), rungs=[slow(0), dear])
    assert made.steps[0].items == len(own.task.test)
    assert "would need some" in made.steps[1].skipped
    with pytest.raises(ValueError, match="no rung begins with 'x'; there are slow, dear"):
        made.without("x")
    assert made.without("slow").steps[0].skipped == "left out"
    with pytest.raises(ValueError, match="minutes must be above 0"):
        plan(own, minutes=0)


def test_a_plan_is_kept_so_that_a_climb_goes_on_by_it(own):
    tried = []

    def counted(items):
        tried.append(len(items))
        return slow(0).begin(None).answer(items)

    def made(**options):
        rung = Rung("counted", "plain", "", lambda bench: Ready(counted))
        return plan(own, 1, tiny_lm(), WordEmbedder(), rungs=[rung], **options)

    first, again = made(), made()
    assert len(tried) == 1
    assert [step.items for step in first.steps] == [step.items for step in again.steps]
    assert (first.bench.lora_rows, first.seconds) == (again.bench.lora_rows, again.seconds)
    assert "made before" in str(again)
    assert "made before" not in str(made(anew=True))
    assert len(tried) == 2


def test_an_estimate_is_what_the_climb_then_takes(own, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def begin(bench):
        clock[0] += 3

        def answer(items):
            clock[0] += 2 * len(items)
            return [Outcome("fault", item.label == "fault") for item in items]

        return Ready(answer)

    made = plan(own, minutes=1, rungs=[Rung("by the clock", "plain", "", begin, at_once=4)])
    assert made.seconds == 3 + 2 * len(own.task.test)
    started = clock[0]
    climb(made, progress=False)
    assert clock[0] - started == made.seconds


def test_what_lies_outside_has_figures_of_its_own(own):
    rows = climb(ladder(own, slow(0)), progress=False)
    table = own_figures.table(rows, outside="fault")
    assert table[0][4:6] == ("right inside", "found: fault")
    found = own_figures.scope(rows[0], "fault")
    hits = [ok for gold, ok in zip(rows[0].gold, rows[0].correct, strict=True) if gold == "fault"]
    assert found.outside.estimate == sum(hits) / len(hits)
    assert own_figures.scope(rows[0], "no such label") is None


def test_a_decision_takes_the_cheapest_of_a_tie_and_says_how_sure_it_is(own):
    rows = climb(ladder(own, slow(0), slow(0, "slow too")), progress=False)
    found = own_decision.decide(rows, target=0.95)
    assert "cannot tell it from slow too (" in str(found)
    assert "None of them costs less to run." in str(found)
    assert "need fewer" not in str(found)
    assert "12 texts can hardly say which of two such methods is better" in str(found)
    assert "measure it again on texts that nobody has looked at" in str(found)
    with pytest.raises(ValueError, match="no rung has been measured yet"):
        own_decision.decide([])
    with pytest.raises(ValueError, match="target is a share"):
        own_decision.decide(rows, target=90)


def test_a_decision_tells_the_share_of_all_items_and_of_those_that_all_were_asked():
    def row(name, count, right):
        ids, hits = [str(i) for i in range(count)], [int(i % 10 < right) for i in range(count)]
        gold = ["ab"[i % 2] for i in range(count)]
        said = [one if hit else "ab"[one == "a"] for one, hit in zip(gold, hits, strict=True)]
        return LedgerRow("t", name, "test", "plain", ids, gold, said, hits, ids)

    found = own_decision.decide([row("all", 300, 9), row("few", 100, 8)], target=0.85)
    first = found.sentences[0]
    assert first.startswith(
        "Take all: it is right on 0.900 [0.861, 0.929] of 300 texts. On the 100 that all were asked"
    )
    assert "all reaches your target of 0.85." in found.sentences  # of 100 texts it would be too close to call
    assert "in one pair compared alone, 100 texts often miss differences below about" in str(found)
    assert "with all pairs compared at once, as above, a gap must be wider" in str(found)

    lines = own_figures.table(found.rows, shared=found.rows)
    assert lines[0][1] == "right, 95 % interval"  # one column will do where all have the same items
    lines = own_figures.table([row("all", 300, 9), row("few", 100, 8)], shared=found.rows)
    assert lines[0][1:3] == ("right on the same 100", "right, 95 % interval")
    assert [line[:2] for line in lines[1:]] == [("all", "0.900"), ("few", "0.800")]


def answers(name, approach, said, gold):
    ids = [str(i) for i in range(len(said))]
    hits = [int(one == other) for one, other in zip(said, gold[: len(said)], strict=True)]
    return LedgerRow("t", name, "test", approach, ids, list(gold[: len(said)]), list(said), hits, ids)


GOLD = "aaabaaacab" * 9


def test_a_method_that_falls_behind_on_few_items_does_not_cut_the_others_to_them(own):
    """Ninety texts speak for the vote, and the fifty that a slow prompt was asked for the constant answer."""
    vote = "".join("a" if i < 50 else one for i, one in enumerate(GOLD))
    vote = vote.replace("b", "c", 1)
    rows = [answers("majority", "plain", "a" * 90, GOLD), answers("vote", "plain", vote, GOLD)]
    rows.append(answers("prompt", "prompt", "cb" * 25, GOLD))
    found = own_decision.decide(rows)
    assert {row.n for row in found.rows} == {50} and found.chosen.n == 90
    assert found.chosen.method == "vote"
    told = "It is not shown that anything sorts here: majority, which says 'a' to everything"
    assert told not in str(found)
    hardly = answers("vote", "plain", "a" * 87 + GOLD[87:], GOLD)  # two more than the constant answer
    assert own_decision.decide([rows[0], hardly]).sentences[1].startswith(told)
    assert any("the best plain method on the 50 that all were asked, " in one for one in found.sentences)
    assert "Behind on the 50 texts that all were asked, and out: prompt. The others are compared on the 90" in str(
        found
    )
    (line,) = [one for one in found.sentences if one.startswith("prompt says")]
    assert line.startswith("prompt says 'c' to 25 of 50 texts, and does worse than one answer to all would (0.")


def test_a_constant_answer_is_not_recommended_as_if_it_sorted(own, capsys):
    rows = [answers("majority", "plain", "a" * 90, GOLD), answers("counts", "plain", "aab" * 30, GOLD)]
    found = own_decision.decide(rows)
    assert found.chosen.method == "majority" and found.shown.method == "counts"
    first = found.sentences[0]
    assert "which says 'a' to everything" in first and "and no sorting" in first
    assert "Of those that read the texts, counts has the highest share" in first
    parts = {part.heading: part for part in page.sections(own, rows, found)}
    assert parts["Label by label"].table[0][0] == "label, with counts"
    assert parts["Label by label"].paragraphs[0].startswith("counts, on 90 texts;")


def test_a_decision_says_what_it_knows_nothing_of(own, capsys):
    made = ladder(own, slow(0))
    left = Step(slow(0, "LoRA"), 0, 0.0, 0.0, 0, "its training needs some 6 minutes in all")
    made = replace(made, steps=(*made.steps, left))
    found = own_task.report(made, climb(made, progress=False))
    told = "Of what was not measured this says nothing: LoRA (its training needs some 6 minutes in all)."
    assert told in found.sentences and told in capsys.readouterr().out
    page_text = (made.bench.folder / "report.html").read_text()
    assert "slow: takes its time." in page_text  # what each method does
    assert "LoRA: takes its time." not in page_text


def test_a_target_that_nobody_named_or_that_one_label_reaches_is_said_to_be_so(own):
    def said(target, **options):
        ids, hits = list("abcdefghij"), [1] * 9 + [0]
        one = LedgerRow("t", "m", "test", "plain", ids, ["x"] * 9 + ["y"], ["x"] * 10, hits, ids)
        return str(own_decision.decide([one], target, **options))

    assert "a target of 0.85 (taken since none was named)" in said(None)
    assert "your target of 0.95" in said(0.95)
    assert "So does always saying the most frequent label (0.90)" in said(0.85)
    assert "most frequent label" not in said(0.95)
    told = said(0.95, doubts=["But labels are codes."]).split("\n")
    assert told[0].startswith("Nothing measured here is known to be right more often than m, which says 'x' to")
    assert told[1] == "But labels are codes."


def test_labels_that_say_nothing_are_doubted_beside_the_decision(tmp_path, own, capsys):
    assert page.doubts(own) == []
    path = tmp_path / "codes.csv"
    path.write_text(csv([(text, "01"[label == "fault"]) for text, label in [*PAIRS, *MORE]]))
    codes = reading.read(path)
    made = ladder(codes, slow(0))
    rows = climb(made, progress=False)
    found = own_task.report(made, rows)
    told = "But 2 of 2 labels, such as '0', tell a language model nothing"
    assert found.sentences[1].startswith(told) and "--word 0='…' --word 1='…'" in found.sentences[1]
    assert told in capsys.readouterr().out
    assert page.doubts(codes.with_words({"0": "billing", "1": "faults"})) == []
    words = {name: name for name in ("billing", "fault", "card", "app", "fee", "w2")}
    one_of_many = SimpleNamespace(task=SimpleNamespace(words=words, labels=tuple(words)))
    assert page.doubts(one_of_many) == []


def test_each_of_few_labels_is_told_with_recall_and_precision(own, capsys):
    made = ladder(own, slow(0))
    rows = climb(made, progress=False)
    found = own_task.report(made, rows)
    (table,) = [part.table for part in page.sections(own, rows, found) if part.heading == "Label by label"]
    assert [line[0] for line in table[1:]] == sorted(set(rows[0].gold))
    right = sum(gold == said == "fault" for gold, said in zip(rows[0].gold, rows[0].predictions, strict=True))
    line = next(line for line in table if line[0] == "fault")
    assert line[1].endswith(f"({right} of {rows[0].gold.count('fault')})")
    assert line[2].endswith(f"({right} of {rows[0].predictions.count('fault')})")
    assert "right where said (precision)" in capsys.readouterr().out


def test_a_vote_of_the_same_neighbors_stands_beside_the_examples_that_are_shown():
    def row(name, approach, share):
        hits = [int(i % 10 < share) for i in range(100)]
        ids, said = [str(i) for i in range(100)], ["ab"[not hit] for hit in hits]
        return LedgerRow("t", name, "test", approach, ids, ["a"] * 100, said, hits, ids)

    rows = [row("counts", "plain", 9), row(label_rungs.VOTE, "plain", 8), row(f"{label_rungs.NEAREST}, 8", "prompt", 7)]
    (line,) = [one for one in own_decision.decide(rows, against=label_rungs.AGAINST).sentences if "neighbors" in one]
    assert "is behind a vote of such neighbors without a model" in line
    rows = rows[1:]  # the vote is the best plain method, which has its sentence
    assert "neighbors" not in str(own_decision.decide(rows, against=label_rungs.AGAINST))


def test_what_a_page_cuts_it_says(own):
    names = [f"label {i}" for i in range(30)]
    said = [names[(i + 1) % 30] for i in range(30)]
    row = LedgerRow("t", "m", "test", "plain", names, names, said, [0] * 30, names)
    parts = page.sections(own, [row], own_decision.decide([row]))
    (mistakes,) = [part for part in parts if part.heading == "Mistakes of m"]
    assert mistakes.paragraphs == ("30 of 30 are wrong, in 30 ways; the 15 commonest:",)


def test_a_decision_says_which_of_a_tie_need_fewer_labels(own):
    first, second, third = climb(ladder(own, slow(0), slow(0, "few"), slow(0, "none")), progress=False)
    rows = [replace(first, labels_used=99), replace(second, labels_used=8), replace(third, labels_used=0)]
    told = "slow learned from 99 labeled rows; of these, few needs 8 and none needs none."
    assert told in str(own_decision.decide(rows))


@pytest.mark.parametrize(
    ("plain", "prompt", "said", "chosen"),
    [(0.4, 0.9, "is ahead of", "asked"), (0.9, 0.4, "is behind", "counted"), (0.7, 0.7, "is too close", "counted")],
)
def test_a_model_that_leads_is_said_to_lead(own, plain, prompt, said, chosen):
    def row(name, approach, share, tokens):
        right = [int(i < share * 100) for i in range(100)]
        gold = ["ab"[i % 2] for i in range(100)]
        told = [g if ok else "ba"[i % 2] for i, (g, ok) in enumerate(zip(gold, right, strict=True))]
        ids = [str(i) for i in range(100)]
        about = {"model": "m"} if tokens else {}
        columns = {"prompt_tokens": [tokens] * 100, "seconds": [0.1] * 100}
        return LedgerRow("t", name, "test", approach, ids, gold, told, right, ids, **columns, **about)

    found = own_decision.decide([row("counted", "plain", plain, 0.0), row("asked", "prompt", prompt, 100.0)], 0.5)
    assert found.chosen.method == chosen
    (against,) = [line for line in found.sentences if line.startswith("asked is ")]
    assert said in against
    assert f"{prompt - plain:.3f}" in against
    told = str(own_decision.decide([row("asked", "prompt", prompt, 100.0), row("tuned", "tune", 0.5, 50.0)], 0.5))
    assert "the model's best without training, asked: " in told
    cost = "10,000 requests a month cost 0.15 dollars" if chosen == "asked" else "cost next to nothing"
    assert cost in str(found)


def test_it_says_where_all_lies_and_what_that_holds(own, capsys, monkeypatch, tmp_path):
    made = ladder(own, slow(0))
    rows = climb(made, progress=False)
    own_task.report(made, rows)
    assert f"The page for a colleague: {made.bench.folder / 'report.html'}." in capsys.readouterr().out
    monkeypatch.setattr(page, "in_notebook", lambda: True)
    monkeypatch.setattr(page, "show", lambda *_: None)
    own_task.report(made, rows)
    out = capsys.readouterr().out
    name = own.name.removeprefix("own:").replace(":", "-")
    assert f"own/{name}/report.html in the folder that COURSE_RESULTS names" in out
    assert "row numbers, labels and hashes, not your texts" in out
    kept = [path for path in lookup.path().parent.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} >= {".jsonl", ".html", ".md"}
    for path in kept:
        if path.suffix == ".jsonl":
            assert not any(message.text in path.read_text() for message in own.task.test)
    monkeypatch.delenv("COURSE_RESULTS")
    monkeypatch.setattr(own_task.runtime, "ROOT", tmp_path)
    (tmp_path / "results" / "own").mkdir(parents=True, exist_ok=True)
    own_task.report(made, rows)
    assert f"results/own/{name}/report.html, seen from the course's folder" in capsys.readouterr().out


def test_the_figures_say_what_tokens_and_seconds_hold(own):
    rows = climb(ladder(own, slow(0)), progress=False)
    assert page.about_figures(rows) == ""
    asked = replace(rows[0], prompt_tokens=[9.0] * rows[0].n)
    assert "all that one text is asked with" in page.about_figures([asked])
    told = [part for part in page.sections(own, [asked], own_decision.decide([asked])) if part.heading == "Figures"]
    assert told[0].paragraphs == (page.about_figures([asked]),)


def test_notebook_and_command_begin_with_the_same_minutes_and_target():
    told = own_task._arguments().parse_args(["x"])
    cells = (runtime.ROOT / "notebooks" / "source" / "09_your_task.py").read_text()
    assert f"MINUTES = {told.minutes:g}\n" in cells
    assert f"TARGET, REQUESTS = {own_decision.TARGET:g}, {told.requests:_}\n" in cells
    assert told.target is None  # so that a decision can say that nobody named one


def test_the_command_reads_asks_and_refuses_in_words(tmp_path, capsys, monkeypatch):
    path = tmp_path / "desk.csv"
    path.write_text(csv([*PAIRS, *MORE]))
    assert own_task.main([str(path), "--only-read"]) == 0
    assert "WHICH COLUMNS ARE MEANT IS A GUESS" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert own_task.main([str(path)]) == 1
    assert "say --yes" in capsys.readouterr().out
    assert own_task.main([str(tmp_path / "none.csv")]) == 1
    assert "error: none.csv is not there" in capsys.readouterr().err
    for told, said in (("loans", "write a label"), ("=books", "write a label"), ("nobody=books", "no label 'nobody'")):
        assert own_task.main([str(path), "--only-read", "--word", told]) == 1
        assert said in capsys.readouterr().err
    first = own_task.read(path).task.labels[0]
    assert own_task.main([str(path), "--only-read", "--word", f"{first}= what a person = says "]) == 0
    assert f"{first} → what a person = says" in capsys.readouterr().out
    without = [word for name in ("MiniLM", "prompt", "8", "LoRA") for word in ("--without", name)]
    assert own_task.main([str(path), "--yes", *without]) == 0
    out = capsys.readouterr().out
    assert "Take " in out
    assert "report.html" in out
