"""The ledger loses nothing, returns a stored row only where all agrees, and refuses comparisons that mean nothing."""

import json
import multiprocessing
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.results import ledger, lookup, markdown, store
from helpers.results.rows import APPROACHES, UNKNOWN, LedgerRow, digest
from tests.ledger_rows import ITEMS, Item, row

CHAT = [[{"role": "user", "content": f"Sort: {item.text}"}] for item in ITEMS]
HOW = {"approach": "prompt", "model": "a model", "prompts": CHAT, "labels": ["a", "b"], "seed": 3, "labels_used": 8}
HOW |= {"settings": {"k": 8}}


@pytest.fixture(autouse=True)
def own_reference(monkeypatch, tmp_path):
    monkeypatch.setattr(lookup, "REFERENCE", tmp_path / "reference.jsonl")
    monkeypatch.setattr(store, "_said", set())
    monkeypatch.delenv("COURSE_RERUN", raising=False)


def always_a(texts):
    return ["a"] * len(texts)


def never(texts):
    raise AssertionError("measured, where a stored row was there")


def measured(method="m", items=ITEMS, predict=always_a, **more):
    return ledger.measure("toy", method, items, predict, **{**HOW, **more})


def changed(items=ITEMS, **change):
    """The items with the last one changed."""
    return [*items[:-1], replace(items[-1], **change)]


# ---- a stored row is returned only where all that is asked for agrees


def test_a_stored_row_is_returned_where_everything_agrees_and_cut_to_the_items():
    made = measured()
    some = ITEMS[3:1:-1]
    found = measured(items=some, predict=never, heavy=True, prompts=CHAT[3:1:-1])
    assert found == made.cut(["3", "2"])
    assert (found.n, found.ids, found.gold, found.correct) == (2, ["3", "2"], ["b", "a"], [0, 1])


DIFFERENT = {
    "another model": {"model": "a larger model"},
    "another prompt": {"prompts": [*CHAT[:-1], [{"role": "user", "content": "Sort! text 5"}]]},
    "another item text": {"items": changed(text="text 5, edited")},
    "another right answer": {"items": changed(label="a")},
    "another item": {"items": changed(id="new")},
    "another label set": {"labels": ["a", "b", "c"]},
    "another seed": {"seed": 4},
    "other labels used": {"labels_used": 9},
    "other settings": {"settings": {"k": 9}},
    "another approach": {"approach": "retrieve"},
    "another split": {"split": "dev"},
    "another method": {"method": "m2"},
}


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
@pytest.mark.parametrize("whose", ["own", "reference"])
def test_a_row_that_differs_in_anything_is_not_returned(change, whose, capsys):
    measured()
    if whose == "reference":
        ledger.keep(ledger.path())
        ledger.path().unlink()
    new = measured(heavy=True, **change)
    assert new.made and not new.reference
    assert len(ledger.read(ledger.path(), LedgerRow, "a ledger row")) == 1 + (whose == "own")
    silent = {"method", "split", "model"} & set(change)  # what makes it a row of another name, or another model's
    assert ("a row of that name is kept, but" in capsys.readouterr().err) != bool(silent)


def test_what_differs_is_said_in_words_and_once(capsys):
    measured()
    assert ledger.stored("toy", "m", changed(text="new"), model="a model") is None
    assert ledger.stored("toy", "m", changed(text="new"), model="a model") is None
    assert capsys.readouterr().err.count("it measured another text of 5") == 1
    assert ledger.stored("toy", "m", ITEMS, model="another") is None
    assert capsys.readouterr().err == ""


def test_another_number_format_is_another_row_where_it_is_asked_for():
    row(dtype="bfloat16", model="a model")
    assert ledger.stored("toy", "m", ITEMS, model="a model").dtype == "bfloat16"
    assert ledger.stored("toy", "m", ITEMS, model="a model", dtype="float32") is None


def test_another_file_under_the_same_name_is_not_taken_for_it():
    measured()
    other = [Item(item.id, f"a stranger's {item.text}", item.label) for item in ITEMS]
    assert ledger.stored("toy", "m", other, model="a model") is None


def test_a_prompt_that_was_not_recorded_agrees_with_none_that_is_asked_for(capsys):
    row(model="a model", prompts=[UNKNOWN] * 6)
    assert ledger.stored("toy", "m", ITEMS, model="a model")
    assert ledger.stored("toy", "m", ITEMS, model="a model", prompts=CHAT) is None
    assert "it does not say what the model read for 0" in capsys.readouterr().err
    row(model="a model", prompts=["other"] * 6)
    assert ledger.stored("toy", "m", ITEMS, model="a model", prompts=CHAT) is None
    assert "another prompt than now is what the model read for 0" in capsys.readouterr().err


def test_an_older_row_that_agrees_is_found_behind_a_newer_one_that_does_not():
    first = measured()
    measured(seed=9)
    assert ledger.stored("toy", "m", ITEMS, model="a model", seed=3) == first


@pytest.mark.parametrize("switch", ["rerun", "environment"])
def test_either_switch_measures_again(switch, monkeypatch):
    measured()
    ledger.keep(ledger.path())
    if switch == "environment":
        monkeypatch.setenv("COURSE_RERUN", "1")
    again = measured(predict=lambda texts: ["b"] * len(texts), heavy=True, rerun=switch == "rerun")
    assert again.predictions == ["b"] * 6 and not again.reference


def test_settings_may_hold_tuples_and_numbers_as_keys():
    made = measured(settings={1: (2, 3)})
    assert measured(settings={1: (2, 3)}, predict=never, heavy=True) == made == ledger.rows("toy", model=ledger.ANY)[0]


def test_a_light_measurement_is_always_made():
    measured()
    assert measured(predict=lambda texts: ["b"] * len(texts)).predictions == ["b"] * 6


text_or_number = st.text(st.characters(exclude_categories=())) | st.integers()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=2, max_size=5, unique=True), st.data())
def test_whatever_the_texts_a_row_is_found_for_these_and_for_no_others(monkeypatch, tmp_path_factory, texts, data):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path_factory.mktemp("results")))
    items = [Item(str(i), text, "a") for i, text in enumerate(texts)]
    made = ledger.measure("toy", "m", items, always_a, approach="plain", settings={"first": texts[0]})
    assert ledger.rows("toy") == [made]
    ids = data.draw(st.permutations(range(len(items))))
    assert ledger.stored("toy", "m", [items[i] for i in ids]).ids == [str(i) for i in ids]
    place = data.draw(st.integers(0, len(items) - 1))
    other = [*items]
    other[place] = replace(items[place], text=items[place].text + data.draw(st.characters()))
    assert ledger.stored("toy", "m", other) is None


# ---- what a row holds


class Model:
    """Like a language model: a name, and weights to ask for size, number format and device."""

    name = "SmolLM2-135M-Instruct + facts"

    def __init__(self):
        import torch

        self.model = torch.nn.Linear(3, 2, dtype=torch.bfloat16)


def test_model_size_number_format_and_device_are_read_from_the_model():
    made = measured(model=Model())
    about = made.model, made.parameters, made.dtype, made.device
    assert about == ("SmolLM2-135M-Instruct + facts", 8, "bfloat16", "cpu")
    assert made.language_model == "SmolLM2-135M-Instruct"


def test_scores_give_tokens_labels_and_confidence_for_each_item():
    scores = SimpleNamespace(
        predictions=["a"] * 6,
        labels=("b", "a"),
        prompt_tokens=np.arange(6),
        probabilities=np.array([[0.25, 0.75]] * 6),
    )
    made = measured(predict=lambda texts: scores, labels=None)
    assert made.prompt_tokens == [0, 1, 2, 3, 4, 5] and made.prompt_tokens_per_item == 2.5
    assert made.confidence == [0.75] * 6
    assert made.labels == ["a", "b"]
    assert made.cut(["5", "0"]).prompt_tokens == [5, 0]


def test_judged_answers_give_their_verdicts_texts_and_tokens(capsys):
    def answer(texts):
        return [
            SimpleNamespace(
                text=f"to {text}", verdict="wrong", right=i == 2, prompt_tokens=7, new_tokens=i, prompt=text
            )
            for i, text in enumerate(texts)
        ]

    made = measured(predict=answer, labels=None, prompts=None, noun="questions")
    assert made.predictions == ["wrong"] * 6 and made.correct == [0, 0, 1, 0, 0, 0]
    assert made.answers[5] == "to text 5" and made.cut(["5"]).answers == ["to text 5"]
    assert made.new_tokens == [0, 1, 2, 3, 4, 5] and made.tokens_per_item == 9.5
    assert made.prompts == [digest(item.text) for item in ITEMS]
    assert "m: good 0.167" in capsys.readouterr().out


def test_every_grade_is_counted_however_many_there_are(capsys):
    grades = ["right", "right", "wrong", "abstained", "no source", "wrong source"]
    measured(predict=lambda texts: [SimpleNamespace(text=g, verdict=g, right=g == "right") for g in grades])
    assert "(1 abstained; 1 no source; 2 right; 1 wrong; 1 wrong source)" in capsys.readouterr().out


def test_seconds_of_a_batch_are_spread_evenly_and_said_to_be():
    made = measured()
    assert len(set(made.seconds)) == 1 and made.details["timed"] == "together"


def test_looks_at_test_are_counted_for_each_method_and_dev_is_free():
    assert [measured().looks for _ in range(3)] == [0, 1, 2]
    assert measured("m2").looks == 0
    assert [measured(split="dev").looks for _ in range(2)] == [0, 0]


def test_the_approach_is_required_and_never_guessed():
    with pytest.raises(TypeError, match="approach"):
        ledger.measure("toy", "a tuned reader of passages", ITEMS, always_a)
    with pytest.raises(ValueError, match="approach is 'tuning'; give one of plain, prompt"):
        measured(approach="tuning")
    assert [measured(f"tuned by {way}", approach=way).approach for way in APPROACHES] == list(APPROACHES)


def test_bad_rows_are_refused_by_name():
    with pytest.raises(ValueError, match="equally long"):
        measured(predict=lambda texts: ["a", "b"])
    with pytest.raises(ValueError, match="id is repeated"):
        measured(items=[ITEMS[0], ITEMS[0]], prompts=None)
    row("known")
    with pytest.raises(KeyError, match="measured so far: known"):
        ledger.find("toy", "unknown")


# ---- nothing measured is lost


def test_a_row_comes_back_as_it_was_stored():
    made = measured(details={"note": "v1"})
    assert ledger.rows("toy", model="a model") == [made]
    assert made.correct == [1, 0, 1, 0, 1, 0]
    assert str(made.interval).startswith("0.500")


def test_the_newest_row_counts_and_older_ones_stay_in_the_file():
    row()
    again = row(predictions=["b"] * 6)
    assert ledger.rows("toy") == [again]
    assert len(ledger.path().read_text().splitlines()) == 2


@pytest.mark.parametrize("odd", ["a\u2028b", "x\x85y", "new\nline", "tab\t", "half \ud83d", "\x00"])
def test_odd_characters_anywhere_are_stored_and_come_back(odd):
    items = [Item(odd, odd, odd)]
    how = {"approach": "prompt", "prompts": [odd], "settings": {odd: odd}, "labels": [odd]}
    made = ledger.measure("toy", odd, items, lambda texts: texts, show=False, **how)
    assert ledger.rows("toy") == [made]
    assert ledger.stored("toy", odd, items, prompts=[odd]) == made
    ledger.table().encode("utf-8")


def test_a_torn_last_line_does_not_swallow_the_next_row(capsys):
    first = row("first")
    whole = ledger.path().read_bytes()
    ledger.path().write_bytes(whole + whole[: len(whole) // 2])
    second = row("second")
    assert ledger.rows("toy") == [first, second]
    assert "line 2 is not a ledger row" in capsys.readouterr().err


def test_a_broken_line_is_warned_of_once_and_kept(capsys):
    made = row()
    with open(ledger.path(), "ab") as file:
        file.write(b'{"task": "toy", cut off \xff\n')
    assert ledger.rows("toy") == ledger.rows("toy") == [made]
    assert capsys.readouterr().err.count("line 2 is not a ledger row") == 1
    row("next")
    assert b"cut off" in ledger.path().read_bytes()


@pytest.mark.parametrize("trouble", ["read-only", "full"])
def test_where_the_folder_cannot_be_written_the_row_is_kept_elsewhere_and_found(trouble, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(store.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    if trouble == "read-only":
        monkeypatch.setenv("COURSE_RESULTS", "/proc/results")
    else:
        monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "full"))
        whole = store._write

        def write(line, target):
            if "full" in target.parts:
                raise OSError(28, "No space left on device")
            whole(line, target)

        monkeypatch.setattr(store, "_write", write)
    made = [measured("one"), measured("two")]
    assert ledger.rows("toy", model="a model") == made
    said = capsys.readouterr().err
    assert said.count("cannot be written") == 1 and str(tmp_path / "temporary") in said


def test_a_write_that_fails_half_way_leaves_no_torn_line(monkeypatch, tmp_path):
    target = tmp_path / "rows.jsonl"
    store._write(b"first\n", target)

    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def flush(self):
            raise OSError(28, "No space left on device")

    real = open
    monkeypatch.setattr("builtins.open", lambda *a, **k: Full(real(*a, **k)))
    with pytest.raises(OSError, match="No space"):
        store._write(b"second\n", target)
    monkeypatch.undo()
    assert target.read_bytes() == b"first\n"


def _write_many(name):
    for i in range(20):
        row(f"{name}-{i}")


def test_processes_that_write_at_once_lose_nothing():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.map(_write_many, "abc")
    assert len(ledger.rows("toy")) == 60


# ---- which rows stand together


def test_profiles_do_not_mix(monkeypatch):
    row()
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    assert ledger.rows("toy") == []
    row("fast one", profile="fast")
    assert [found.method for found in ledger.rows("toy")] == ["fast one"]
    assert ledger.stored("toy", "m", ITEMS) is None


def test_reference_rows_fill_gaps_and_are_marked_with_their_model():
    row("theirs", model="SmolLM2-135M-Instruct"), row("mine", model="SmolLM2-135M-Instruct")
    ledger.keep(ledger.path())
    ledger.path().unlink()
    mine = row("mine", model="SmolLM2-135M-Instruct")
    found = {r.method: r for r in ledger.rows("toy", reference=True)}
    assert found["theirs"].reference
    assert found["mine"] == mine
    assert "theirs (reference, SmolLM2-135M-Instruct)" in ledger.table()
    assert ledger.rows("toy") == [mine]


def test_rows_of_another_model_are_shown_only_where_asked_for_and_then_under_its_name():
    row("m", model="SmolLM2-135M-Instruct + facts"), row("plain", approach="plain")
    row("vote", model="all-MiniLM-L6-v2", approach="plain")
    ledger.keep(ledger.path())
    ledger.path().unlink()
    own = row("m", model="tiny")
    found = ledger.rows("toy", reference=True, model="tiny")
    assert {r.method for r in found} == {"plain", "vote", "m"} and own in found
    assert [r.model for r in ledger.rows("toy", reference=True) if r.method == "m"] == ["SmolLM2-135M-Instruct + facts"]
    every = ledger.rows("toy", reference=True, model=ledger.ANY)
    assert len(every) == 4
    assert "m (reference, SmolLM2-135M-Instruct + facts)" in ledger.table(every)


def test_two_files_under_one_task_name_never_stand_together(capsys):
    row("majority"), row("other method")
    other = [Item(item.id, f"file b {item.text}", item.label) for item in ITEMS]
    newer = row("other method", items=other)
    assert ledger.rows("toy") == [newer]
    assert "'majority' on toy/test measured other items of that name" in capsys.readouterr().err


def test_rows_on_different_items_or_texts_are_not_compared():
    for other in (changed(id="9"), changed(text="new"), changed(label="a")):
        with pytest.raises(ValueError, match="different items"):
            ledger.compare(row("one"), row("two", items=other))


def test_rows_of_two_language_models_are_not_compared_unless_that_is_the_point():
    base, tuned, other = (row(name, model=name) for name in ("small", "small + facts", "large"))
    plain, vote = row("p"), row("v", model="all-MiniLM-L6-v2")
    for first, second in ((base, tuned), (plain, other), (vote, base)):
        ledger.compare(first, second)
    with pytest.raises(ValueError, match="large and small"):
        ledger.compare(tuned, other)
    ledger.compare(tuned, other, across_models=True)


def test_comparison_uses_judgments_not_labels():
    assert ledger.compare(row("one", correct=[0] * 6), row("two", correct=[1] * 6)).difference.estimate == 1


def test_keeping_replaces_the_same_method_of_the_same_model_and_leaves_the_others():
    row("m", model="one"), row("other")
    ledger.keep(ledger.path())
    ledger.path().unlink()
    row("m", ["b"] * 6, model="one"), row("m", model="two"), row("in a hurry", profile="fast")
    assert ledger.keep(ledger.path()) == 3
    kept = {(r["method"], r["model"]): r for r in map(json.loads, lookup.REFERENCE.read_text().splitlines())}
    assert kept["m", "one"]["predictions"] == ["b"] * 6
    assert all(r["reference"] for r in kept.values())
    row("m", ["c"] * 6, model="two"), row("m", ["c"] * 6, model="one"), row("plain", model="")
    assert ledger.keep(ledger.path(), "two") == 3, "of one model, and no plain method beside it"
    kept = {
        (r["method"], r["model"]): r["predictions"][0]
        for r in map(json.loads, lookup.REFERENCE.read_text().splitlines())
    }
    assert (kept["m", "one"], kept["m", "two"]) == ("b", "c")


def test_a_table_shows_every_name_as_it_stands():
    row("m | n", task="own <img src=x onerror=alert(1)>", split="$\\frac$")
    line = ledger.table().splitlines()[-1]
    assert line.replace("\\|", "").count("|") == 9
    assert "<img" not in line and "\\$" in line


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=())), min_size=2, max_size=2), max_size=4))
def test_a_table_has_its_shape_whatever_stands_in_it(cells):
    lines = markdown.table(["a", "b"], cells).split("\n")
    assert len(lines) == 2 + len(cells)
    assert all(line.replace("\\\\", "").replace("\\|", "").count("|") == 3 for line in lines)


# ---- what a build is told


def _heard(work):
    heard, on = [], [True]
    sys.addaudithook(lambda event, args: heard.append(args) if on[0] and event == "course.read" else None)
    work()
    on[0] = False
    return heard


def test_who_reads_a_reference_row_is_heard_and_who_finds_none_too():
    measured()
    ledger.keep(ledger.path())
    ledger.path().unlink()
    (kept,) = ledger.read(lookup.REFERENCE, LedgerRow, "a ledger row")
    assert _heard(lambda: measured(heavy=True)) == [("row/toy/test/m", kept.sha256)]
    assert _heard(lambda: ledger.stored("toy", "m2", ITEMS)) == [("row/toy/test/m2", "none")]
    told = _heard(lambda: ledger.rows("toy", reference=True, model="a model"))
    assert ("row/toy/test/m", kept.sha256) in told


# ---- a lesson's lab


def test_a_lab_shares_what_its_measurements_share(capsys):
    lab = ledger.Lab("toy", "a model", labels=["b", "a"], noun="messages")
    prompted = lab.measure("m", ITEMS, always_a, approach="prompt", prompts=CHAT)
    plain = lab.measure("p", ITEMS, always_a, approach="plain")
    assert (prompted.model, prompted.labels, plain.model) == ("a model", ["a", "b"], "none")
    assert capsys.readouterr().out.count("on 6 messages") == 2
    assert lab.measure("m", ITEMS, never, approach="prompt", prompts=CHAT, heavy=True) == prompted
    assert lab.stored("m", ITEMS, prompts=CHAT) == prompted
    again = replace(lab, rerun=True).measure("m", ITEMS, always_a, approach="prompt", prompts=CHAT, heavy=True)
    assert again.looks == 1


def test_the_command_keeps_rows_and_prints_the_table(capsys, tmp_path):
    row("m")
    assert ledger.main(["keep", str(ledger.path())]) == 0
    assert "now holds 1 rows" in capsys.readouterr().out
    assert ledger.main([]) == 0
    assert "| m |" in capsys.readouterr().out
    assert ledger.main(["keep", str(tmp_path / "none.jsonl")]) == 1


# ---- rows that take long are measured, taken from the store, or left out by name


@pytest.mark.parametrize(
    ("kept", "environment", "fast", "wanted"),
    [
        ([], {}, True, False),
        (["m"], {}, True, False),
        (["m", "n"], {}, True, True),
        ([], {"COURSE_MISSING": "1"}, False, True),
        ([], {"COURSE_RERUN": "1"}, False, True),
        ([], {"COURSE_PROFILE": "fast"}, True, True),
        ([], {"COURSE_PROFILE": "fast"}, False, False),
    ],
)
def test_slow_rows_are_had_where_all_are_kept_or_asked_for(monkeypatch, capsys, kept, environment, fast, wanted):
    for name in ("COURSE_PROFILE", "COURSE_MISSING"):
        monkeypatch.delenv(name, raising=False)
    for method in kept:
        measured(method)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    lab = ledger.Lab("toy", "a model", labels=["a", "b"])
    assert lab.affords("both", ["m", "n"], ITEMS, minutes_each=1, fast=fast) is wanted
    assert ("both: left out" in capsys.readouterr().out) is not wanted


@pytest.mark.parametrize("asked", [False, True])
def test_what_is_missing_and_about_how_long_it_takes_is_said_before_it_is_measured(monkeypatch, capsys, asked):
    monkeypatch.delenv("COURSE_PROFILE", raising=False)
    monkeypatch.setenv("COURSE_MISSING", "1" if asked else "")
    measured("m")
    capsys.readouterr()
    lab = ledger.Lab("toy", "a model", labels=["a", "b"])
    assert lab.affords("three", ["m", "n", "o"], ITEMS, minutes_each=4) is asked
    said = capsys.readouterr().out
    assert "2 of 3 rows are not kept" in said and "about 8 minutes on two cores" in said
    assert ("measured now" in said) is asked and ("COURSE_MISSING=1 measures" in said) is not asked
    assert lab.affords("one", ["m"], ITEMS, minutes_each=4) and not capsys.readouterr().out, "all is kept"
