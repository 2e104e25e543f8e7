"""What the articles' rules say of the lesson's tasks, and how many of their answers can be judged."""

from dataclasses import replace

import pytest

from helpers.lesson import decide_parts, main_rows
from helpers.results import decisions, overview

TRUE_OF = {
    "intents": ("narrow", "stable", "costly"),
    "changes": ("behavior", "narrow", "stable"),
    "policy_qa_plain": ("needs_facts", "facts_change"),
}


@pytest.fixture(scope="module")
def ruled():
    return decide_parts.ask(overview.gather(main_rows.MAIN), TRUE_OF, 1_000_000, 0.80)


def test_each_rule_is_asked_about_each_task(ruled):
    assert set(ruled.judgments) == {(task, letter) for task in TRUE_OF for letter in decisions.RULES}
    assert set(ruled.cases) == set(ruled.facts) == set(ruled.best) == set(TRUE_OF)
    assert ruled.facts["changes"].behavior and not ruled.facts["intents"].behavior
    assert ruled.table.count("\n") >= len(decisions.RULES)


def test_only_answers_about_tasks_with_one_leading_approach_are_counted(ruled):
    clear = [task for task, found in ruled.best.items() if len(found.approaches) == 1]
    mostly = sum(one.mostly for (task, _), one in ruled.judgments.items() if task in clear)
    said = ruled.told()
    assert f"rules give {len(clear) * len(decisions.RULES)} answers;\n{mostly} of these" in said
    assert f"the {2 ** len(decisions.JUDGED)} ways" in said
    tied = {task: replace(found, approaches=("prompt", "tune")) for task, found in ruled.best.items()}
    assert "no rule can be judged" in replace(ruled, best=tied).told()
