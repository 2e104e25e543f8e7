"""What every set of policy questions is held to: its own answers are graded right, and no question answers itself."""

from helpers.tasks import grading


def assert_right(questions):
    """Assert that every accepted answer is graded right, and that no question grades itself right."""
    for question in questions:
        if question.answerable:
            for variant in (question.answer, *question.accepted):
                assert grading.grade(question, variant).verdict == "right", (question.id, variant)
            assert grading.grade(question, question.question).verdict != "right", question.id
        else:
            assert grading.grade(question, "The policies do not say.").verdict == "abstained"
