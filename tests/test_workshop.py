"""Plans, handouts, notes and citation name what the lessons hold, have the right sums, and are up to date."""

import json
import re
import shutil

import build
import collect
import handouts
import nbformat
import pytest
import sources
import workshop

from helpers.machine import runtime
from helpers.results import verdicts

DOCS = runtime.ROOT / "docs"
REMEDY = "run `python notebooks/workshop.py`"
PLANS = workshop.stated()["plan"]
STEPS = [step for plan in PLANS for step in plan["steps"] if "lesson" in step]
NOTES = re.sub(r"\n  +", " ", (DOCS / "instructors.md").read_text(encoding="utf-8"))  # without line breaks in items


def headings(name):
    return [heading for heading, _ in handouts.sections(name)]


def exercises(name):
    return [number for number, _ in handouts.exercises(name)]


def test_minutes_are_stated_for_every_lesson_and_no_other():
    assert list(workshop.stated()["minutes"]) == sources.lessons()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["lesson"])
def test_a_plan_names_sections_and_exercises_that_its_lesson_has(step):
    known = headings(step["lesson"])
    named = [*step.get("live", []), *step.get("shown", [])]
    assert [heading for heading in named if heading not in known] == []
    for kind in ("live", "shown"):
        assert sorted(step.get(kind, []), key=known.index) == step.get(kind, []), "in the order of the lesson"
    assert set(step.get("exercises", [])) <= set(exercises(step["lesson"]))
    assert named, "a lesson in a plan is live or shown"


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["name"])
def test_a_plan_fits_and_its_sums_are_those_of_the_stated_and_the_measured_minutes(plan):
    stated, measured = workshop.stated(), json.loads(sources.MEASURED.read_text())
    people = machine = 0
    for step in plan["steps"]:
        people += step.get("minutes", 0) + stated["shown"] * len(step.get("shown", []))
        if "lesson" in step:
            rates = stated["minutes"][step["lesson"]]
            people += rates["live"] * len(step.get("live", [])) + rates["exercise"] * len(step.get("exercises", []))
            machine += measured.get(step["lesson"], {"minutes": 0})["minutes"] if step.get("live") else 0
    page = (DOCS / "workshop.md").read_text(encoding="utf-8").split(f"### {plan['name']}\n")[1]
    assert f"**{people + machine:g} of {plan['length']} minutes**" in page, REMEDY
    assert f"| **sum** | | | | **{people:g}** | **{machine:g}** |" in page.split("\n### ")[0], REMEDY
    assert people + machine <= plan["length"], "too long: take out a section in docs/workshop.toml"


def test_a_lesson_without_measured_minutes_is_named_and_not_guessed(monkeypatch):
    step = {"lesson": "01_measure_first", "live": ["The task"]}
    monkeypatch.setattr(workshop, "measured", lambda: {"00_start_here": {"minutes": 1, "gigabytes": 1}})
    plan = {
        "name": "x",
        "for": "y",
        "length": 9,
        "steps": [{"lesson": "00_start_here", "live": ["Meet the model"]}, step],
    }
    told = workshop.section(plan)
    assert "machine's minutes of 01, not measured yet" in told
    assert told.count("| ? |") == 1


def test_the_written_pages_are_those_that_lessons_and_measurements_give_now():
    assert workshop.GUIDE.read_text(encoding="utf-8") == workshop.guide(), REMEDY
    assert workshop.CITATION.read_text(encoding="utf-8") == workshop.citation(), REMEDY
    wanted = handouts.pages()
    assert {*handouts.FOLDER.rglob("*.html")} == {*wanted}, REMEDY
    assert [path.name for path, text in wanted.items() if path.read_text(encoding="utf-8") != text] == [], REMEDY


def test_every_build_writes_them(monkeypatch):
    written = []
    monkeypatch.setattr(build.house, "write", lambda: written.append("README"))
    monkeypatch.setattr(build.workshop, "write", lambda: written.append("plans"))
    build.write_pages()
    assert written == ["README", "plans"]


def test_a_guide_without_a_place_for_the_plans_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workshop, "GUIDE", tmp_path / "workshop.md")
    workshop.GUIDE.write_text("# A guide")
    with pytest.raises(ValueError, match="has no place for the plans"):
        workshop.guide()


@pytest.mark.parametrize("name", sources.names())
def test_a_handout_holds_the_lessons_goals_claims_predictions_exercises_and_three_things(name):
    source = (sources.SOURCES / f"{name}.py").read_text(encoding="utf-8")
    assert 2 <= len(handouts.goals(name)) <= 5
    assert len(handouts.remember(name)) == 3
    assert len(handouts.predictions(name)) == len(re.findall(r"\*\*Predict\b", source))
    assert exercises(name) == re.findall(r'^check\("([^"]+)"', source, re.M)
    page = handouts.page(name)
    for claim in handouts.claims_of(name):
        assert handouts.inline(claim["claim"]) in page
    assert page.count(f"☐&nbsp;{verdicts.OUTCOMES[0]}") == len(handouts.claims_of(name))
    text = re.sub(r"<style>.*?</style>|<[^>]+>", "", page, flags=re.S)
    assert not re.search(r"\]\(|\*\*|`|\0", text), "Markdown is left over"


def test_every_claim_is_on_a_handout_of_its_lesson():
    for claim in json.loads(handouts.CLAIMS.read_text(encoding="utf-8"))["claims"]:
        on = [name for name in sources.names() if claim in handouts.claims_of(name)]
        assert [sources.number_of(name) for name in on] == [claim["lesson"]], claim["id"]


def test_a_handout_of_a_lesson_that_is_gone_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(handouts, "FOLDER", tmp_path)
    (tmp_path / "99_gone.html").write_text("")
    monkeypatch.setattr(handouts, "names", lambda: ["00_start_here"])
    handouts.write()
    assert [path.name for path in tmp_path.iterdir()] == ["00_start_here.html"]


def test_the_notes_have_every_lesson_with_its_four_parts():
    parts = re.split(r"^## ", NOTES, flags=re.M)[1:]
    assert [part.split("\n")[0] for part in parts] == [
        f"{sources.number_of(name)} {sources.title_of(name)}" for name in sources.lessons()
    ]
    for part, name in zip(parts, sources.lessons(), strict=True):
        assert re.findall(r"^- \*\*([\w ,]+):\*\*", part, re.M)[:4] == ["Must land", "Stumble", "Ask", "If late, skip"]
        assert set(re.findall(r"\b\d\d\.\d+\b", part)) <= set(exercises(name))
        for lab in (lab for lab in sources.names() if lab.startswith(f"labs/{name[:2]}")):
            assert f"[{sources.title_of(lab)}](../notebooks/{lab}.ipynb)" in part


@pytest.mark.parametrize("name", ["workshop.md", "instructors.md"])
def test_links_lead_somewhere(name):
    """Notebooks that are not built yet are known by their source; sections of them by their headings."""
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", (DOCS / name).read_text(encoding="utf-8")):
        lesson = re.fullmatch(r"\.\./notebooks/((?:labs/)?\d\d_\w+)\.ipynb", target)
        if lesson:
            assert lesson[1] in sources.names(), target
            assert not anchor or anchor in [heading.replace(" ", "-") for heading in headings(lesson[1])], anchor
            continue
        path = (DOCS / target).resolve() if target else DOCS / name
        assert path.exists(), target
        if anchor:
            known = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
            assert anchor in [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in known], anchor


@pytest.mark.parametrize("name", ["workshop.md", "instructors.md"])
def test_the_guide_is_plain_and_its_commands_are_there(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    assert not re.search(r"\b(simply|just|obviously)\b", text, re.I)
    typed = re.sub(f"{workshop.OPEN}.*{workshop.CLOSE}", "", text, flags=re.S)
    assert not re.search(r"\b(\d+|two|three|four|five|ten) (seconds|minutes|hours|MB|GB)\b", typed), (
        "typed, not computed"
    )
    for module in re.findall(r"python[\d.]* -m (helpers[\w.]+)", text):
        assert (runtime.ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for script in re.findall(r"python (notebooks/\w+\.py)", text):
        assert (runtime.ROOT / script).is_file(), script
    for target in re.findall(r"`(?:[A-Z_]+=\S+ )*make (\w+)", text):
        assert re.search(rf"^{target}:", (runtime.ROOT / "Makefile").read_text(encoding="utf-8"), re.M), target


def test_what_the_guide_quotes_is_what_the_course_says():
    """Messages in the table of what goes wrong, and settings, stand in the code that says them."""
    said = "".join(path.read_text(encoding="utf-8") for path in (runtime.ROOT / "helpers").rglob("*.py"))
    said += (runtime.ROOT / "Makefile").read_text(encoding="utf-8")
    guide = workshop.GUIDE.read_text(encoding="utf-8")
    for quoted in (
        "no Python 3.11 to 3.14 found",
        "Python's venv module does not work here",
        "PyTorch's index of CPU builds did not answer",
        "packages are missing or too old",
        "PyTorch makes no package for Macs with an Intel processor",
        "cannot compute, so the CPU is used",
        "which does not work here",
        "restart the session",
        "write your answer in place of ..., run the cell, and check again",
    ):
        assert quoted in guide
        assert quoted in said
    for setting in set(re.findall(r"COURSE_[A-Z]+", guide)):
        assert setting in said, setting


def test_the_citation_has_the_version_of_the_course_and_the_fields_that_its_format_asks_for():
    lines = workshop.CITATION.read_text(encoding="utf-8").splitlines()
    top = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z-]+: ", line))
    assert top["version"].strip('"') == sources.course()["version"]
    assert top["repository-code"] == sources.course()["address"]
    assert (top["cff-version"], top["type"]) == ("1.2.0", "software")
    assert {"message", "title"} <= set(top)
    assert lines[lines.index("authors:") + 1] == "  - name: The course's authors"
    assert top["license"] == "Apache-2.0"


@pytest.fixture
def collected(tmp_path):
    for name, solved in (("b", False), ("a", True)):
        shutil.copy(sources.targets("00_start_here")[solved][0], tmp_path / f"{name}.ipynb")
    return tmp_path


def test_collecting_tells_what_the_checks_said(collected, capsys):
    assert collect.main(str(collected)) == 0
    solved, untouched = capsys.readouterr().out.splitlines()
    assert solved == "a.ipynb: 3 of 3 correct"
    assert untouched.startswith("b.ipynb: 0 of 3 correct; 00.1 not attempted")


def test_collecting_tells_a_check_that_was_not_run_and_a_file_that_is_broken(collected, capsys):
    notebook = nbformat.read(collected / "a.ipynb", as_version=4)
    for cell in notebook.cells:
        if 'check("00.2"' in cell.source:
            cell.outputs = []
    nbformat.write(notebook, collected / "a.ipynb")
    (collected / "b.ipynb").write_text("{")
    assert collect.main(str(collected)) == 1
    said = capsys.readouterr().out
    assert "a.ipynb: 2 of 3 correct; 00.2 not run" in said
    assert "b.ipynb: no notebook that can be read" in said
