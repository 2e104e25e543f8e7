"""What claims on deciding are judged by: counts are told so that one task is one, and 0 says what it means."""

from types import SimpleNamespace

import pytest

from helpers.results import judged, overview


@pytest.mark.parametrize(
    ("leads", "told"),
    [
        ([True], "of 1 task with a tie: it changes no choice"),
        ([False], "of 1 task with a tie"),
        ([True, False], "of 2 tasks with a tie"),
    ],
)
def test_a_count_of_changed_choices_is_told_in_words(monkeypatch, leads, told):
    tasks = {f"task {i}": SimpleNamespace(leader="leader") for i in range(len(leads))}
    measure = next(iter(overview.MEASURES))
    chosen = {f"task {i}": {measure: "leader" if lead else "another"} for i, lead in enumerate(leads)}
    monkeypatch.setattr(overview, "changes_choice", lambda summaries, _: chosen[summaries])
    (part,) = judged.choices({task: task for task in tasks}, tasks, []).values()
    assert (part.interval.estimate, part.note) == (leads.count(False), told)
