"""Every exercise has a check that accepts its solution and refuses a plausible wrong answer and a cheat."""

import ast
import contextlib
import importlib
import json
import pathlib
import re
import time
from functools import cache

import execution
import nbformat
import pytest
import sources

from helpers import statistics
from helpers.lesson import exercises
from helpers.lesson.checks import lesson_01, lesson_02
from helpers.lesson.checks.patience import told_if_long
from helpers.model.language_model import LanguageModel
from helpers.tasks import intents

LESSONS = [sources.number_of(name) for name in sources.lessons()]
ALL = [exercise for lesson in LESSONS for exercise in exercises.lesson_exercises(lesson).values()]
REFUSED = {  # by lesson, the two tables of what its checks must refuse: wrong answers, cheats
    path.stem.removeprefix("lesson_"): (module.WRONG, module.CHEATS)
    for path in sorted((pathlib.Path(__file__).parent / "wrong_answers").glob("lesson_*.py"))
    for module in [importlib.import_module(f"tests.lesson.wrong_answers.{path.stem}")]
}
ANSWERS = [
    pytest.param(exercise, answer, id=f"{exercise}: {name}")
    for tables in REFUSED.values()
    for table in tables
    for exercise, answers in table.items()
    for name, answer in answers.items()
]
RIGHT = [
    pytest.param(exercise, answer, id=f"{exercise}: {name}")
    for path in sorted((pathlib.Path(__file__).parent / "right_answers").glob("lesson_*.py"))
    for exercise, answers in importlib.import_module(f"tests.lesson.right_answers.{path.stem}").RIGHT.items()
    for name, answer in answers.items()
]


@pytest.fixture(scope="module", autouse=True)
def model_in_use():
    """Keep one model loaded, as a lesson does, so that checks which ask a model share it."""
    return LanguageModel.load()


@cache
def solved_cells(name):
    return [cell.source for cell in sources.make(name, solved=True).cells if cell.cell_type == "code"]


def place_of(exercise):
    """Return the code cells of a lesson or lab up to the one that checks an exercise, and the names it hands over."""
    for name in sources.names():
        for place, cell in enumerate(solved_cells(name)):
            call = re.search(rf'^check\("{exercise}", ([^)]*)\)', cell, re.M)
            if call:
                return solved_cells(name)[: place + 1], [answer.strip() for answer in call[1].split(",")]
    raise AssertionError(f'no lesson checks {exercise}; add a cell that ends with check("{exercise}", answer)')


def page_of(exercise):
    """Return the name of the lesson or lab that checks an exercise."""
    return next(name for name in sources.names() if f'check("{exercise}"' in "".join(solved_cells(name)))


@cache
def said_on_pages():
    """Return all lines that the stored notebooks with solutions have printed, without their figures."""
    paths = [sources.targets(name)[1][0] for name in sources.names()]
    pages = [nbformat.read(path, as_version=4) for path in paths if path.is_file()]
    outputs = [output for page in pages for cell in page.cells for output in cell.get("outputs", [])]
    texts = [output.text for output in outputs if output.output_type == "stream"]
    return {no_figures(line) for text in texts for line in text.split("\n")}


def no_figures(text):
    """Leave out figures after a decimal point, which differ with the number format."""
    return re.sub(r"\.\d+", ".", text)


def asked(exercise):
    return place_of(exercise)[1]


def light(cell):
    """Return those statements of a cell that need no model: imports, and plain values given a name."""
    code = "\n".join(line for line in cell.splitlines() if not line.startswith("%"))
    for statement in ast.parse(code).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield ast.unparse(statement)
        elif isinstance(statement, ast.Assign):
            with contextlib.suppress(ValueError):
                ast.literal_eval(statement.value)
                yield ast.unparse(statement)


def solve(exercise):
    """Run the stored solution after the imports and plain values of its lesson so far, and return the answers."""
    cells, answers = place_of(exercise)
    namespace = {}
    for cell in cells[:-1]:
        exec("\n".join(light(cell)), namespace)
    exec("\n".join(line for line in light(cells[-1]) if "import" in line), namespace)
    exec(json.loads(exercises.SOLUTIONS.read_text())[exercise]["code"], namespace)
    return [namespace[name] for name in answers]


def test_each_lesson_asks_the_exercises_that_its_checks_know():
    assert sorted(sources.solution_texts()) == sorted(entry.id for entry in ALL)


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_every_exercise_is_complete(entry):
    assert len(entry.hints) >= 2
    assert "−" not in "".join(entry.hints), "whoever copies a minus out of a hint needs the one that Python reads"
    for table, what in zip(REFUSED.get(entry.id[:2], ({}, {})), ("a wrong answer", "a cheat"), strict=True):
        assert table.get(entry.id), f"tests/lesson/wrong_answers/lesson_{entry.id[:2]}.py has no {what} for {entry.id}"
    stored = json.loads(exercises.SOLUTIONS.read_text())[entry.id]
    assert len(stored["why"]) > 40


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
def test_the_solution_passes(entry):
    result = exercises.judge(entry.id, *solve(entry.id))
    assert result.status == exercises.CORRECT, result
    # A change to what judges answers makes no lesson stale (stamps.JUDGES), so what its page says is held here.
    built = sources.targets(page_of(entry.id))[1][0].is_file()
    assert not built or no_figures(str(result)) in said_on_pages(), (
        f"build.py --all {sources.number_of(page_of(entry.id))}"
    )


@pytest.mark.parametrize(("exercise", "answer"), ANSWERS)
def test_wrong_answers_and_cheats_fail_with_a_reason(exercise, answer):
    result = exercises.judge(exercise, *(answer if isinstance(answer, tuple) else (answer,)))
    assert result.status == exercises.NOT_YET
    assert len(result.message) > 15


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_right_answers_of_other_shapes_pass(exercise, answer):
    result = exercises.judge(exercise, *(answer if isinstance(answer, tuple) else (answer,)))
    assert result.status == exercises.CORRECT, result


def _blank_function(*_): ...


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
@pytest.mark.parametrize("answer", [..., None, _blank_function])
def test_what_is_not_written_is_not_attempted(entry, answer):
    assert exercises.judge(entry.id, *[answer] * len(asked(entry.id))).status == exercises.NOT_ATTEMPTED


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.id)
@pytest.mark.parametrize("answer", [42, "text", [], {}, lambda *_: 1 / 0, lambda: 1, lambda *_: "?", object()])
def test_no_answer_makes_a_check_raise(entry, answer):
    answers = [answer] * len(asked(entry.id))
    assert exercises.judge(entry.id, *answers).status in (exercises.NOT_YET, exercises.NOT_ATTEMPTED)


def test_a_learners_own_error_is_shown():
    result = exercises.judge("01.3", lambda gold, predicted: gold[10**9])
    assert "IndexError" in result.message


def test_hints_come_one_at_a_time_and_start_again(capsys):
    exercises._hints_given.clear()
    for _ in range(3):
        exercises.hint("01.5")
    lines = capsys.readouterr().out.splitlines()
    assert [re.search(r"Hint \d of \d", line)[0] for line in lines] == ["Hint 1 of 2", "Hint 2 of 2", "Hint 1 of 2"]


def test_solution_shows_code_and_reasoning(capsys):
    exercises.solution("01.5")
    said = capsys.readouterr().out
    assert "def messages_needed" in said
    assert "Why:" in said


def test_unknown_exercises_name_the_known_ones():
    with pytest.raises(KeyError, match=r"lesson 01 has 01\.1"):
        exercises.find("01.99")
    with pytest.raises(KeyError, match="ids look like"):
        exercises.find("77.1")


def test_expected_status_is_enforced_where_asked(monkeypatch):
    exercises.check("01.5", ...)
    monkeypatch.setenv("COURSE_EXPECT", exercises.CORRECT)
    with pytest.raises(AssertionError, match="not attempted"):
        exercises.check("01.5", ...)


def lesson(number):
    return next(sources.SOURCES.glob(f"{number}_*.py")).read_text(encoding="utf-8")


def test_checks_and_lesson_02_speak_of_the_same_words():
    assert lesson_02.OF_THE_LESSON.split(", ") == list(intents.WORDS.values())


def test_what_a_lesson_says_a_check_asks_is_what_it_asks():
    assert f"an accuracy of at least {lesson_01.RULES_MUST_REACH:.2f}." in lesson("01")
    assert "at least three of the six" in lesson("02")
    assert lesson_02.NEW_WORDS == 3
    assert f"at most {lesson_02.LONGEST_PROMPT:,} letters" in lesson("02")
    assert f"{len(lesson_02.LABELS) * lesson_02.PER_LABEL} messages that this notebook does not hold" in lesson("02")


def test_what_lesson_01_says_of_the_course_is_so():
    told = " ".join(lesson("01").replace("# ", "").split())
    assert f"lies within {statistics.WORTHWHILE:.2f} of zero, the difference is too small to matter" in told
    assert f"p is below {1 - statistics.LEVEL:.2f};" in lesson("01")
    assert f"at {100 * statistics.LEVEL:.0f} % as in the picture" in lesson("01")
    assert "; from {duplicates.MEANING} on, two are too alike" in lesson("01")


def limits_of(claim):
    rules = json.loads((pathlib.Path(__file__).parents[2] / "data" / "claims.json").read_text(encoding="utf-8"))
    return [part["limit"] for one in rules["claims"] if one["id"] == claim for part in one["parts"]]


def test_what_lessons_say_of_the_rules_of_p1_and_f7_is_so():
    assert f'"all that is needed": {limits_of("P1")[0]}' in lesson("02")
    assert f"(The line at {limits_of('P1')[0]}: " in lesson("02")
    assert limits_of("F8")[1] == 0.1 and "fewer than ten more false alarms in a hundred" in lesson("labs/03_bad")
    assert len(set(limits_of("F7"))) == 1
    assert f"the interval must lie above {limits_of('F7')[0]:.2f}." in lesson("03").replace("\n# ", " ")


def test_what_text_calls_worth_having_is_the_course_s_limit():
    told = f"above 0, by at least {statistics.WORTHWHILE:.2f}*"
    for path in sorted(sources.SOURCES.glob("**/0[0-3]*.py")):
        words = " ".join(path.read_text(encoding="utf-8").replace("\n# ", " ").split())
        assert len(re.findall(r"(?i)above 0,\*?,? by at least", words)) == words.lower().count(told), path.name
        for figure in re.findall(r"(?:under|at least|by) (0\.\d+) ", words):
            assert float(figure) in (statistics.WORTHWHILE, lesson_01.RULES_MUST_REACH), path.name


def test_a_comparison_names_the_case_and_both_values():
    exercises.compare("so", 0.3333333, 1 / 3)
    exercises.compare_items("so", (1, 2.0), [1, 2.0], "two of them")
    for found, wanted, said in (
        ("a", "b", r"so: you return 'a'; 'b' is right\. Look again"),
        (0.25, 0.5, r"so: you return 0\.250; 0\.500 is right"),
        ([1], 0.5, r"so: you return \[1\]; a number is asked for"),
    ):
        with pytest.raises(exercises.NotYet, match=said):
            exercises.compare("so", found, wanted, "Look again")
    for found, said in (
        (7, "so: 2 items are asked for, two of them; you return 1"),
        ([1, 3], "so, at index 1: .*2 is"),
    ):
        with pytest.raises(exercises.NotYet, match=said):
            exercises.compare_items("so", found, [1, 2], "two of them")


def test_calls_that_go_wrong_are_told_in_words():
    assert "give your answer too" in exercises.judge("01.1").message
    assert "a function is asked for, and this is a list" in exercises.judge("01.1", [1]).message
    with pytest.raises(ValueError, match="text in quotes"):
        exercises.check(1.1, len)


def test_an_exercise_that_is_there_twice_is_told(monkeypatch):
    monkeypatch.setattr(lesson_01, "again", exercises.find("01.1"), raising=False)
    with pytest.raises(ValueError, match="given twice"):
        exercises.find("01.1")


def test_a_lesson_goes_on_with_the_learners_answer_only_where_its_check_says_correct(monkeypatch, capsys):
    def judged(*answers):
        exercises.compare("3", exercises.tried(answers[0], 3), 6)
        return ""

    made = exercises.Exercise("01.1", judged, ())
    monkeypatch.setattr(exercises, "lesson_exercises", lambda lesson: {"01.1": made})

    def own(n):
        return 2 * n

    def mine(n):
        return n + n

    def left_out(n): ...

    assert exercises.yours("01.1", mine, own) is mine
    for other in (left_out, lambda n: n, lambda n: n / 0, lambda n: None, "words", ...):
        assert exercises.yours("01.1", other, own) is own
    assert "01.1 is not attempted: from here on" in capsys.readouterr().out
    assert exercises.yours("01.1", (mine, own), (own, own)) == (mine, own)
    assert exercises.yours("01.1", (left_out, own), (own, own)) == (own, own)
    capsys.readouterr()
    exercises.yours("01.1", mine, own)
    on_mine = capsys.readouterr().out
    exercises.yours("01.1", left_out, own)
    assert execution.YOURS.sub(execution.OWN, on_mine) == capsys.readouterr().out, "as a built learner's copy says it"


def test_a_check_that_goes_on_and_on_says_how_to_stop_it(capsys):
    with told_if_long("05.4", seconds=0.01):
        time.sleep(0.2)
    assert "05.4 is still being checked" in capsys.readouterr().out
    with told_if_long("05.4", seconds=60):
        pass
    assert not capsys.readouterr().out


def test_a_learner_who_stops_an_endless_loop_is_told_where_it_was(capsys):
    def endless(first, second):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.check("05.4", endless)
    said = capsys.readouterr().out
    assert said.startswith("05.4 not yet: you stopped the check, when your function was given [")
    assert "Does every loop in it end?" in said


def test_who_stops_a_check_that_is_not_in_their_code_is_not_told_of_loops(monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(exercises, "find", lambda name: exercises.Exercise(name, stopped, ()))
    with pytest.raises(KeyboardInterrupt):
        exercises.check("05.4", 5)
    assert capsys.readouterr().out == "05.4 not yet: you stopped the check\n"


def test_every_check_is_told_when_it_goes_on_and_on(monkeypatch):
    asked = []
    monkeypatch.setattr(exercises, "told_if_long", lambda name: asked.append(name) or contextlib.nullcontext())
    exercises.judge("05.4", len)
    assert asked == ["05.4"]
