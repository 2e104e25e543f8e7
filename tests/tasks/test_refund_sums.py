"""The calculator agrees with Python's own exact arithmetic, and nothing but a sum gets through."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import near_copies
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.tasks import files, refund_sums
from helpers.tasks.refund_sums import CalculatorError, evaluate, money

NUMBERS = st.decimals(min_value=0, max_value=100_000, places=2)


def sums():
    """Pairs of (a sum as text, its value by Python's fractions)."""
    leaves = NUMBERS.map(lambda number: (str(number), Fraction(number)))

    def combine(parts):
        def join(one, mark, two):
            if mark == "/" and two[1] == 0:
                mark = "*"
            value = {"+": one[1] + two[1], "-": one[1] - two[1], "*": one[1] * two[1]}.get(mark)
            return f"({one[0]} {mark} {two[0]})", one[1] / two[1] if mark == "/" else value

        signed = parts.map(lambda part: (f"-{part[0]}", -part[1]))
        shares = parts.map(lambda part: (f"({part[0]})%", part[1] / 100))
        return st.one_of(st.builds(join, parts, st.sampled_from("+-*/"), parts), signed, shares)

    return st.recursive(leaves, combine, max_leaves=6).filter(lambda pair: len(pair[0]) <= refund_sums.MOST_CHARACTERS)


@given(sums())
def test_every_sum_has_the_value_that_fractions_give(pair):
    text, value = pair
    assert evaluate(text) == value
    assert evaluate(f" {text.replace('-', '−').replace('*', '×')} ") == value


@given(st.lists(st.tuples(st.sampled_from("+-*"), NUMBERS), min_size=1, max_size=8))
def test_without_brackets_the_usual_order_holds(steps):
    text = "1" + "".join(f" {mark} {number}" for mark, number in steps)
    by_python = eval(re.sub(r"[\d.]+", r"Fraction('\g<0>')", text))  # the text is made here, from numbers and marks
    assert evaluate(text) == by_python


@given(st.fractions(min_value=-10_000, max_value=10_000))
def test_amounts_are_rounded_as_decimal_does(value):
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    rounded = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert Decimal(money(value)) == rounded


@pytest.mark.parametrize(
    ("text", "wanted"), [("0.125", "0.13"), ("0.115 * 1", "0.12"), ("2.675", "2.68"), ("-0.001", "0.00")]
)
def test_half_a_cent_goes_up_where_floats_would_lose_it(text, wanted):
    assert money(evaluate(text)) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no sum"),
        ("   ", "no sum"),
        ("2 +", "ends where a number"),
        ("2 + * 3", "'\\*' stands where a number"),
        ("2 3", "one too many"),
        ("(2 + 3", "not closed"),
        ("2 + 3)", "one too many"),
        ("1 / 0", "divides by zero"),
        ("1 / (2 - 2)", "divides by zero"),
        ("2 ** 9", "stands where a number"),
        ("9 ^ 9", "no number"),
        ("1e9", "no number"),
        ("0x10", "no number"),
        ("1_000", "no number"),
        ("__import__('os').system('true')", "no number"),
        ("(lambda: 1)()", "no number"),
        ("open", "no number"),
        ("٣ + 1", "no number|digits"),
        ("1" * 16, "digits"),
        ("1+" * 120 + "1", "characters"),
        ("(" * 60 + "1" + ")" * 60, "deep"),
        ("-" * 60 + "1", "deep"),
        ("2; 3", "no number"),
        ("2\x003", "no number"),
    ],
)
def test_what_is_no_sum_is_refused_with_a_reason(text, says):
    with pytest.raises(CalculatorError, match=says):
        evaluate(text)


@given(st.text(max_size=300))
def test_no_text_does_anything_but_give_a_number_or_a_reason(text):
    try:
        evaluate(text)
    except CalculatorError as error:
        assert len(str(error)) > 10
    worked = refund_sums.work_out(text)
    assert (worked.amount is None) == bool(worked.problem)


@given(st.text(alphabet="calc()+-*/. 0123456789%$,", max_size=250))
def test_texts_of_calls_and_brackets_are_survived(text):
    for call in refund_sums.find_calls(text):
        assert call.expression in text
    assert refund_sums.work_out(text).called == bool(refund_sums.find_calls(text))


def test_calls_are_found_where_they_stand():
    text = "First calc(2*(3+4)), then CALC( 1 ) and localcalc(9), at last calc(5"
    calls = refund_sums.find_calls(text)
    assert [(call.expression, call.closed) for call in calls] == [("2*(3+4)", True), (" 1 ", True), ("5", False)]


@pytest.mark.parametrize(
    ("text", "amount", "called"),
    [
        ("calc(69 - 12% * $69)", "60.72", True),
        ("calc(1,450.00 / 2)", "725.00", True),
        ("calc(2+2) is $5", "4.00", True),
        ("calc(2+)", None, True),
        ("calc(5", None, True),
        ("first calc(1), then calc(2)", "1.00", True),
        ("You get $1,450.5 back.", "1450.50", False),
        ("12 percent of it, so 60.72", "60.72", False),
        ("minus −3.5", "-3.50", False),
        ("no idea", None, False),
        ("", None, False),
    ],
)
def test_an_answer_comes_to_the_amount_it_says(text, amount, called):
    worked = refund_sums.work_out(text)
    assert (worked.amount, worked.called) == (amount, called)


@pytest.mark.parametrize(("split", "size"), [("train", 120), ("dev", 20), ("test", 60)])
def test_every_answer_is_its_sum(split, size):
    items = refund_sums.load(split)
    assert len(items) == size == len({item.id for item in items}) == len({item.question for item in items})
    for item in items:
        by_python = eval(re.sub(r"[\d.]+", r"Fraction('\g<0>')", item.expression))
        exact = Decimal(by_python.numerator) / Decimal(by_python.denominator)
        assert item.answer == str(exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)), item.id
        assert Decimal(item.answer) > 0
        assert item.kind in ("share", "product", "total")


@pytest.mark.parametrize(("split", "size"), [("none_train", 20), ("none_test", 40)])
def test_where_no_sum_is_needed_the_amount_stands_in_the_question(split, size):
    items = refund_sums.load(split)
    assert len(items) == size == len({item.id for item in items}) == len({item.question for item in items})
    for item in items:
        assert item.kind == refund_sums.NONE
        assert item.expression in item.question, item.id
        assert item.answer == money(evaluate(item.expression))
        assert refund_sums.spoken(item, called=True) == refund_sums.spoken(item, called=False) == f"${item.answer}"


def test_no_question_is_near_another_of_another_split():
    every = (*refund_sums.SPLITS, *refund_sums.NONE_SPLITS)
    near_copies.assert_none([item.question for split in every for item in refund_sums.load(split)])


def test_no_answer_stands_in_its_question():
    for split in refund_sums.SPLITS:
        for item in refund_sums.load(split):
            assert item.answer not in item.question, item.id


def test_unknown_split_lists_the_known_ones():
    with pytest.raises(files.DataError, match="train, dev, test"):
        refund_sums.load("shifted")
