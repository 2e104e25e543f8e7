"""What `make test` runs of a lesson: the learner's copy whole, then the exercises solved and what depends on them."""

import nbformat
import pytest
import rehearse
import sources

CELLS = (
    ("k = 3", "k = 3"),
    ("def twice(x): ...\ncheck('1', twice)", "def twice(x):\n    return 2 * x\n\ncheck('1', twice)"),
    ("other = [twice for twice in range(k)]", None),  # a name of its own inside the brackets
    ("result = twice(k)", None),
    ("def show():\n    print(result)", None),
    ("show()", None),
    ("print(k, other)", None),
)


def notebook(column):
    codes = [pair[column] or pair[0] for pair in CELLS]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])


def test_what_reads_a_solution_directly_or_through_others_runs_again_and_nothing_else():
    assert rehearse.changed(notebook(0), notebook(1)) == [1, 3, 4, 5]


def test_the_untouched_copy_comes_first_and_each_part_says_what_checks_must_say():
    whole = rehearse.rehearsal(notebook(0), notebook(1))
    nbformat.validate(whole)
    said = [cell.source for cell in whole.cells]
    assert "not attempted" in said[0] and said[1:8] == [cell.source for cell in notebook(0).cells]
    assert "correct" in said[8] and said[9] == CELLS[1][1] and len(said) == 13


def test_it_tells_what_the_untouched_copy_took_of_memory_and_what_all_did(tmp_path):
    cells = rehearse.rehearsal(notebook(0), notebook(1), "03_few_shot", tmp_path / "peaks.txt").cells
    assert len(cells) == 15
    for place in (8, 14):
        exec(cells[place].source, {})
    first, last = (tmp_path / "peaks.txt").read_text().splitlines()
    assert first.startswith("03_few_shot: ") and first.endswith(" GB at its peak, untouched")
    assert 0.01 < float(first.split()[1]) <= float(last.split()[1])


@pytest.mark.parametrize("name", sources.names())
def test_every_exercise_of_a_lesson_is_run_solved(name):
    learner, solved = (nbformat.read(path, as_version=4) for path, _ in sources.targets(name))
    exercises = [cell.source for cell in solved.cells if "exercise" in cell.metadata.get("tags", [])]
    again = [cell.source for cell in rehearse.rehearsal(learner, solved).cells if cell.id.startswith("solved-")]
    assert exercises and set(exercises) <= set(again)
