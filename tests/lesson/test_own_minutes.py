"""What the check of 09.2 says fits the mistake that was made."""

import pytest

from helpers.lesson.checks import lesson_09


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda seconds, begin, each: int(seconds / sum(each)), "Pay the beginning first"),
        (lambda seconds, begin, each: (seconds - sum(begin)) / sum(each), "Round down"),
        (
            lambda seconds, begin, each: max(0, min(int((seconds - b) / e) for b, e in zip(begin, each, strict=True))),
            "The rungs share the seconds",
        ),
    ],
)
def test_advice_on_minutes_fits_the_mistake(answer, said, capsys):
    with pytest.raises(lesson_09.NotYet, match=said):
        lesson_09.check_affordable.check(answer)
