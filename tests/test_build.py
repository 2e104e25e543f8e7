"""Building: a lesson runs again only if something changed that its run read; no stamp and no output is set by hand."""

import doctest
import json
import pathlib
import shutil

import build
import contents
import execution
import handouts
import house
import ledger_rows
import nbformat
import pytest
import reach
import sources
import stamps
import workshop

from helpers.machine import runtime
from helpers.results import ledger, lookup, store

LESSON = """\
# %% [markdown]
# # What does a test lesson read?
#
# {{badges}} {{measured}} {{next}}

# %%
import json, pathlib, sys
import helpers
from helpers import small

root = pathlib.Path(helpers.__file__).parents[1]
print(small.double(int((root / "data" / "read.txt").read_text())))
print([path.name for path in sorted((root / "data" / "many").glob("*.txt"))])
print((root / "data" / "many" / "a.txt").read_text(), (root / "data" / "not_yet.txt").exists())

# %%
kept = (root / "data" / "reference_results.jsonl").read_text() and (root / "data" / "claims.json").read_text()
sys.audit("course.read", "row/intents/test/rules", "0")
sys.audit("course.read", "row/intents/test/unknown", "none")
sys.audit("course.read", "row/changes/*", "")
sys.audit("course.read", "claims/X1", "0")
sys.audit("course.read", "verdicts/X2", "none")
sys.audit("course.read", "manifest/many/a.txt", (root / "data" / "manifest.json").read_text())
try:
    open(root / "data" / "absent.txt")
except FileNotFoundError:
    print("absent")

# %%
#: solution
answer = 4
#: why Two and two are four, and that is all that there is to say of it.
#: stub
#| answer = ...
#: end

check = print
check("00.1", answer)

# %% tags=["machine"]
print((root / "data" / "reference_results.jsonl").read_text().count("method"), "rows")
"""
SMALL = '''"""A module."""


def double(number):
    """Return it twice."""
    return TWO * number  # twice


def thrice(number):
    return 3 * number


TWO = 2
'''
CLAIM = {"id": "X1", "sources": ["A"], "lesson": "00", "claim": "One.", "rule": "none"}


def row(method, right):
    return {"task": "intents", "split": "test", "method": method, "correct": [right], "made": "today"}


def write_rows(folder, *rows):
    path = folder / "data" / "reference_results.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))


def write_claims(folder, *claims):
    (folder / "data" / "claims.json").write_text(json.dumps({"articles": {"A": "An article"}, "claims": claims}))


def write_manifest(folder, **entries):
    (folder / "data" / "manifest.json").write_text(json.dumps({"many/a.txt": {"sha256": "0"}, **entries}))


def settle(patch, folder):
    """Point the machinery of building at a folder that holds a course, and lessons at its helpers."""
    for module in (build, execution, handouts, house, sources, stamps):
        for name, value in list(vars(module).items()):
            if isinstance(value, pathlib.Path):
                patch.setattr(module, name, folder / value.relative_to(runtime.ROOT))
    patch.setattr(workshop, "write", lambda: None)  # plans and handouts are of the real lessons
    patch.setenv("PYTHONPATH", str(folder))
    house.imports.cache_clear()


def builds(*arguments):
    """Run the command in this process; return its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["build.py", *arguments])
        return build.main()


@pytest.fixture
def stale(capsys):
    """A call that returns what `build.py --check` says is stale, a line an entry."""

    def ask():
        capsys.readouterr()
        status, said = builds("--check"), capsys.readouterr().out.splitlines()
        assert status == int(said != ["all is as its sources, helpers and data give it"])
        return said[:-1]

    return ask


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small course of one lesson, built."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(runtime.ROOT / "helpers", folder / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "helpers" / "small.py").write_text(SMALL)
    (folder / "notebooks" / "source").mkdir(parents=True)
    for path in (runtime.ROOT / "notebooks").glob("*.py"):
        shutil.copy(path, folder / "notebooks")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(runtime.ROOT / name, folder)
    (folder / "notebooks" / "source" / "00_reads.py").write_text(LESSON)
    (folder / "data" / "many").mkdir(parents=True)
    for name, text in (("read.txt", "21"), ("many/a.txt", "a"), ("many/b.txt", "b"), ("other.txt", "unread")):
        (folder / "data" / name).write_text(text)
    write_rows(folder, row("rules", 1), row("others", 1))
    write_claims(folder, CLAIM, {**CLAIM, "id": "X2"})
    write_manifest(folder)
    (folder / "data" / "reference_verdicts.jsonl").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        settle(patch, folder)
        assert builds() == 0
    house.imports.cache_clear()
    return folder


@pytest.fixture
def course(built, tmp_path, monkeypatch):
    """A copy of the small course, for one test to change."""
    folder = shutil.copytree(built, tmp_path / "course")
    settle(monkeypatch, folder)
    yield folder
    house.imports.cache_clear()


def change(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def outputs(folder):
    notebook = nbformat.read(folder / "notebooks" / "00_reads.ipynb", as_version=4)
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def test_a_built_lesson_is_current_and_prints_what_a_learner_would_see(course, stale):
    assert outputs(course)[0][0].text == "42\n['a.txt', 'b.txt']\na False\n"
    assert stale() == []


def test_a_stamp_names_what_was_read_and_nothing_else(built):
    kept = json.loads((built / "notebooks" / "stamps.json").read_text())["00_reads"]
    assert sorted(kept["files"]) == ["data/absent.txt", "data/many", "data/many/a.txt", "data/read.txt"]
    assert sorted(kept["stored"]) == [
        *("claims/X1", "manifest/many/a.txt", "row/changes/*", "row/intents/test/rules", "row/intents/test/unknown"),
        "verdicts/X2",
    ]
    assert kept["stored"]["row/intents/test/unknown"] == kept["files"]["data/absent.txt"] == stamps.ABSENT
    assert {"helpers", "helpers.small"} <= set(kept["modules"])
    assert "helpers.methods.tuning" not in kept["modules"]
    assert set(kept["versions"]) == {"python", "torch", "transformers"}


def test_nothing_runs_for_what_no_output_depends_on(course, stale):
    change(course / "helpers" / "small.py", "# twice", "# two times, as it were")
    change(course / "helpers" / "small.py", "Return it twice.", "Return twice the number.")
    change(course / "helpers" / "small.py", "3 * number", "number + number + number")  # which no cell reaches
    change(course / "helpers" / "methods" / "tuning" / "loop.py", "import", "import antigravity\nimport")
    change(course / "helpers" / "lesson" / "setup.py", "def start(lesson: str) -> None:", "def start(lesson):\n    0")
    change(course / "pyproject.toml", "line-length = 120", "line-length = 110")
    change(course / "notebooks" / "execution.py", "CELL_TIMEOUT = 900", "CELL_TIMEOUT = 1000")
    (course / "data" / "other.txt").write_text("changed")
    (course / "data" / "many" / "b.txt").write_text("its name is read, its text is not")
    write_rows(course, {**row("rules", 1), "made": "tomorrow"}, row("others", 0))
    write_claims(course, CLAIM, {**CLAIM, "id": "X2", "claim": "Another."})
    write_manifest(course, **{"new.txt": {"sha256": "1"}})
    assert stale() == []


def test_what_judges_answers_makes_no_lesson_stale_and_what_it_reaches_elsewhere_does():
    code = 'from helpers.lesson.exercises import check\ncheck("05.1", 3)'
    judging = stamps.judges_of("05", stamps.now().texts)
    assert {"helpers.lesson.exercises", "helpers.lesson.checks.training_sets"} <= judging
    assert not any(name.endswith("lesson_01") for name in judging)
    ran = ["helpers", "helpers.tasks.curation.labels", *judging]
    kept = stamps.hashes_of_modules(code, ran, stamps.now())
    assert set(kept) == {"helpers", "helpers.tasks.curation.labels"}
    assert stamps.hashes_of_modules(code, kept, stamps.now(), "labs/05_form") == kept


def test_new_text_is_stored_and_runs_nothing(course, stale, capsys):
    before, stamp = outputs(course), (course / "notebooks" / "stamps.json").read_bytes()
    change(course / "notebooks" / "source" / "00_reads.py", "# {{badges}}", "# A word more.\n#\n# {{badges}}")
    change(course / "pyproject.toml", 'version = "', 'version = "9.')  # which the badges name
    assert stale() == [
        f"{path}: its cells are not those of its source" for path in ("00_reads.ipynb", "solutions/00_reads.ipynb")
    ]
    capsys.readouterr()
    assert builds() == 0
    assert capsys.readouterr().out == "00_reads: new text, nothing ran\n"
    assert (outputs(course), (course / "notebooks" / "stamps.json").read_bytes()) == (before, stamp)
    assert stale() == []


def test_all_that_was_read_makes_a_lesson_stale_and_is_named(course, stale):
    change(course / "helpers" / "small.py", "TWO * number", "3 * number")
    (course / "data" / "read.txt").write_text("22")
    (course / "data" / "many" / "c.txt").write_text("c")
    (course / "data" / "absent.txt").write_text("now")
    write_rows(course, row("rules", 0), row("unknown", 1), {**row("rules", 1), "task": "changes"})
    (course / "data" / "reference_verdicts.jsonl").write_text(json.dumps({"id": "X2", "outcome": "held"}))
    write_claims(course, {**CLAIM, "claim": "One and a half."})
    write_manifest(course, **{"many/a.txt": {"sha256": "1"}})
    assert stale() == [
        f"00_reads: {reason}"
        for reason in (
            "helpers/small.py changed",
            "data/absent.txt is there now",
            "data/many changed",
            "data/read.txt changed",
            "claims/X1 changed",
            "manifest/many/a.txt changed",
            "row/changes/* is there now",
            "row/intents/test/rules changed",
            "row/intents/test/unknown is there now",
            "verdicts/X2 is there now",
        )
    ]


def test_what_a_machine_cell_shows_of_new_data_is_stored_though_all_other_cells_say_the_same(course, stale):
    assert outputs(course)[-1][0].text == "2 rows\n"
    write_rows(course, row("rules", 0), row("others", 1), row("unknown", 1))
    assert builds("00") == 0
    assert outputs(course)[-1][0].text == "3 rows\n"
    write_rows(course, row("rules", 0), row("others", 1), row("unknown", 1), row("unread", 1))
    change(course / "helpers" / "small.py", "TWO * number", "number * TWO")
    assert builds("00") == 0
    assert outputs(course)[-1][0].text == "3 rows\n", "helpers alone changed, and the other cells say the same"
    assert stale() == []


def test_an_articles_title_is_part_of_its_claims(course, stale):
    change(course / "data" / "claims.json", "An article", "Another article")
    assert stale() == ["00_reads: claims/X1 changed"]


def test_outputs_and_stamps_set_by_hand_are_seen(course, stale):
    notebook, kept = course / "notebooks" / "00_reads.ipynb", course / "notebooks" / "stamps.json"
    genuine = notebook.read_text()
    change(notebook, "42\\n", "43\\n")
    assert stale() == ["00_reads: the outputs of 00_reads.ipynb are not those of its last run"]
    notebook.write_text(genuine)
    change(course / "helpers" / "small.py", "TWO * number", "3 * number")
    held = json.loads(kept.read_text())
    held["00_reads"]["modules"]["helpers.small"] = "0" * 16
    kept.write_text(json.dumps(held))
    assert stale() == ["00_reads: its stamp was changed by hand"]


def test_changed_code_runs_again_and_only_then(course, stale, capsys):
    assert builds() == 0
    assert capsys.readouterr().out == "00_reads: unchanged\n"
    change(course / "notebooks" / "source" / "00_reads.py", "small.double(int(", "small.double(1 + int(")
    assert stale()[2:] == ["00_reads: its code changed"]
    assert builds() == 0
    assert "00_reads: its code changed" in capsys.readouterr().out
    assert outputs(course)[0][0].text.startswith("44\n")
    assert stale() == []


def test_a_new_version_or_address_of_the_course_is_no_new_code(monkeypatch):
    before = build.code_of("00_start_here")
    held = {"address": "https://example.org/another", "version": "9.9.9"}
    monkeypatch.setattr(sources, "course", lambda: held)
    assert "9.9.9" in sources.make("00_start_here", solved=False).cells[1].source
    assert build.code_of("00_start_here") == before


def test_the_lesson_that_shows_all_verdicts_is_built_last():
    assert build.in_order(["00_a", "08_b", "09_c", "labs/08_d", "labs/09_e"]) == [
        *("00_a", "09_c", "labs/08_d", "labs/09_e", "08_b"),
    ]


def test_a_lesson_that_is_not_there_is_told_with_those_that_are(course, capsys):
    assert builds("77") == 1
    assert capsys.readouterr().err == "error: there is no lesson '77'; there are 00_reads\n"


def test_a_stored_name_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="names start with row, claims, verdicts, manifest"):
        stamps.hash_of_stored("adapter/intents")


def test_rows_that_the_ledger_reports_are_followed_by_model(tmp_path, monkeypatch):
    """What is read through the ledger is reported under the names by which a stamp finds it again."""
    (tmp_path / "data").mkdir()
    held = tmp_path / "data" / "reference_results.jsonl"
    small, large = (ledger_rows.row(model=model, reference=True) for model in ("none", "Large"))
    store.write([small, large], held)
    monkeypatch.setattr(lookup, "REFERENCE", held)
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    heard, name = [], f"{small.task}/{small.split}/{small.method}"
    monkeypatch.setattr(lookup.sys, "audit", lambda event, *report: heard.append(report))
    ledger.find(small.task, small.method, small.split)
    monkeypatch.undo()
    assert [report[0] for report in heard] == [f"row/{name}"]
    monkeypatch.setattr(stamps, "ROOT", tmp_path)
    assert stamps.named(*heard[0]) == f"row/{name} by none"
    before = stamps.hash_of_stored(f"row/{name} by none"), stamps.hash_of_stored(f"row/{name}")
    store.write([small], held)
    assert stamps.hash_of_stored(f"row/{name} by none") == before[0]
    assert stamps.hash_of_stored(f"row/{name}") != before[1]


def test_verdicts_that_a_run_has_reached_itself_are_not_its_ground():
    read = {"modules": [], "files": [], "folders": [], "stored": [["verdicts/P1", "0"], ["verdicts/P2", "0"]]}
    assert list(stamps.stamp("0", read, stamps.House({}), [], {"P1"})["stored"]) == ["verdicts/P2"]


@pytest.mark.parametrize("module", [contents, reach, sources, stamps], ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module):
    assert doctest.testmod(module).failed == 0


def test_what_is_printed_after_a_picture_stays_after_it_and_a_progress_bar_leaves_nothing(tmp_path):
    notebook = nbformat.v4.new_notebook()
    code = """
import sys, tqdm.auto
from IPython.display import display
for name in ("first", "second"):
    display({"text/plain": name}, raw=True)
    print("In", end=" ", flush=True)
    for _ in tqdm.auto.tqdm(range(3)): print("words:", end=" ") if not _ else None
    print("kept", file=sys.stderr)
    print(name)
"""
    notebook.cells = [nbformat.v4.new_code_cell(code)]
    execution.execute(notebook, "a test", tmp_path)
    seen = [output.get("text") or output.data["text/plain"] for output in notebook.cells[0].outputs]
    assert seen == ["first", "In words: first\n", "kept", "second", "In words: second\n", "kept"]
