"""Running lessons without a screen: one that stops, in whatever way, is told of, and the next ones run."""

import execution
import nbformat
import pytest
import run

STOPS = {
    "raises": "1 / 0",
    "takes too long": "import time; time.sleep(30)",
    "kills its kernel": "import os; os._exit(1)",
}


@pytest.mark.parametrize("how", STOPS)
def test_a_lesson_that_stops_is_told_of_and_the_next_one_runs(how, monkeypatch, tmp_path, capsys):
    cells = {"first": ["print('before')", STOPS[how]], "second": ["print('after')"]}

    def make(name, solved):
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells[name]])

    monkeypatch.setattr(run, "make", make)
    monkeypatch.setattr(execution, "CELL_TIMEOUT", 10)
    assert run.run(["first", "second"], tmp_path) == ["first"]
    told = capsys.readouterr()
    assert "first stopped:" in told.err and "second: " in told.out
    kept = nbformat.read(tmp_path / "course" / "first.ipynb", as_version=4)
    assert kept.cells[0].outputs[0].text == "before\n", "what it had computed is kept"
