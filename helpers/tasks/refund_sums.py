"""A calculator that a model may call: finds calc(…) in an answer, reads the sum inside, and works it out exactly.

The text comes from a model, so nothing of it is ever run: a small reader knows numbers, + - * / and brackets, and no
more. Amounts are fractions until the end, so that no cent is lost on the way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from helpers.model.language_model import LanguageModel
from helpers.tasks import files

MOST_CHARACTERS = 200  # of one sum
MOST_DEPTH = 20  # brackets and signs inside one another
MOST_DIGITS = 15  # of one number
SPLITS = ("train", "dev", "test")
NONE = "none"  # the kind of questions whose amount stands in them, so that nothing is to be worked out
NONE_SPLITS = ("none_train", "none_test")
BARE = "Work out the amount in dollars."
CALL = "Write the sum that gives the amount in dollars, as calc(...)."
EITHER = (
    "Give the amount in dollars. If it stands in the message, write it as it is. If it must be worked out, write the "
    "sum as calc(...)."
)
_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"})
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\$?\s*(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\$?\s*\.\d+)|(?P<mark>[-+*/()%]))", re.ASCII
)


class CalculatorError(ValueError):
    """A sum cannot be read or worked out; the message says where and why."""


@dataclass(frozen=True)
class Call:
    """One calc(…) in a text: the sum inside. `closed`: is its bracket closed?"""

    expression: str
    closed: bool


@dataclass(frozen=True)
class Sum:
    """One question about money, with the sum that answers it and its result, rounded to cents ("54.32")."""

    id: str
    question: str
    expression: str
    answer: str
    kind: str

    text = property(attrgetter("question"))  # under the names that all tasks share
    label = property(attrgetter("answer"))


@dataclass(frozen=True)
class Worked:
    """What came of a model's answer: its amount, or None with the reason. `called`: did it call the calculator?"""

    amount: str | None
    called: bool
    problem: str = ""


@dataclass(frozen=True)
class Answered:
    """A model's answer to one question: its text, what it comes to, whether that is right, and its tokens."""

    text: str
    worked: Worked
    right: bool
    new_tokens: int
    prompt_tokens: int

    @property
    def verdict(self) -> str:
        """What the ledger keeps of it: the amount, or why there is none."""
        return self.worked.amount or self.worked.problem


def load(split: str) -> list[Sum]:
    """Return one split of the questions about money: `train` (120), `dev` (20) or `test` (60).

    `none_train` (20) and `none_test` (40) need no sum: the amount stands in the question.

    >>> len(load("test"))
    60
    """
    return [Sum(**row) for row in files.read_split("refund_sums", split, (*SPLITS, *NONE_SPLITS))]


def spoken(item: Sum, called: bool) -> str:
    """Return the answer that a model should give: a call of the calculator where a sum is needed, or the bare amount.

    >>> spoken(Sum("a", "Two plugs at $29?", "2*29", "58.00", "product"), True)
    'calc(2*29)'
    """
    return f"calc({item.expression})" if called and item.kind != NONE else f"${item.answer}"


def chat(question: str, called: bool, shown: Sequence[Sum] = (), either: bool = False) -> list[dict]:
    """Return the prompt of a question, after solved examples if some are shown; `either`: it says when to call."""
    turns = [{"role": "system", "content": EITHER if either else CALL if called else BARE}]
    for item in shown:
        turns.append({"role": "user", "content": item.question})
        turns.append({"role": "assistant", "content": spoken(item, called)})
    return [*turns, {"role": "user", "content": question}]


def evaluate(expression: str) -> Fraction:
    """Return the exact value of a sum.

    Args:
        expression: numbers with + - * / and brackets. A number may carry "$" before it, "%" after it (15% is 0.15),
            and commas between thousands.

    Raises:
        CalculatorError: anything else stands in it, it is too long or too deep, or it divides by zero.

    >>> evaluate("129.00 - 15% * 129.00")
    Fraction(2193, 20)
    """
    if len(expression) > MOST_CHARACTERS:
        raise CalculatorError(f"the sum has {len(expression)} characters, and {MOST_CHARACTERS} are the most")
    tokens = _tokens(expression.translate(_SIGNS))
    if not tokens:
        raise CalculatorError("there is no sum; write one, such as 129.00 - 0.15 * 129.00")
    reader = _Reader(tokens)
    value = reader.terms(0)
    if reader.at < len(tokens):
        raise CalculatorError(f"{tokens[reader.at]!r} is one too many, after {' '.join(tokens[: reader.at])}")
    return value


def money(value: Fraction) -> str:
    """Return a value in cents as text, half a cent rounded away from zero.

    >>> money(Fraction(1, 8)), money(Fraction(-1, 8)), money(Fraction(29))
    ('0.13', '-0.13', '29.00')
    """
    cents = value * 100
    whole = (abs(cents.numerator) * 2 + cents.denominator) // (2 * cents.denominator)
    return f"{'-' if value < 0 and whole else ''}{whole // 100}.{whole % 100:02}"


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise CalculatorError(f"{text[at:].strip()[:12]!r} is no number and none of + - * / ( ) %")
        token = match["mark"] or re.sub(r"[$,\s]", "", match["number"])
        if sum(map(str.isdigit, token)) > MOST_DIGITS:
            raise CalculatorError(f"the number {token[:MOST_DIGITS]}… has more than {MOST_DIGITS} digits")
        found.append(token)
        at = match.end()
    return found


class _Reader:
    """Reads tokens by the usual rules: brackets, then * and /, then + and -, from the left."""

    def __init__(self, tokens: Sequence[str]):
        self.tokens, self.at = tokens, 0

    def next_is(self, *marks: str) -> str:
        """Take the next token if it is one of the marks; else return an empty text."""
        if self.at < len(self.tokens) and self.tokens[self.at] in marks:
            self.at += 1
            return self.tokens[self.at - 1]
        return ""

    def terms(self, depth: int) -> Fraction:
        value = self.factors(depth)
        while mark := self.next_is("+", "-"):
            other = self.factors(depth)
            value = value + other if mark == "+" else value - other
        return value

    def factors(self, depth: int) -> Fraction:
        value = self.number(depth)
        while mark := self.next_is("*", "/"):
            other = self.number(depth)
            if mark == "/" and other == 0:
                raise CalculatorError("the sum divides by zero")
            value = value * other if mark == "*" else value / other
        return value

    def number(self, depth: int) -> Fraction:
        if depth > MOST_DEPTH:
            raise CalculatorError(f"brackets and signs stand more than {MOST_DEPTH} deep")
        if mark := self.next_is("-", "+"):
            value = self.number(depth + 1)
            return -value if mark == "-" else value
        if self.next_is("("):
            value = self.terms(depth + 1)
            if not self.next_is(")"):
                raise CalculatorError("a bracket is opened and not closed")
        else:
            value = self._plain_number()
        while self.next_is("%"):
            value /= 100
        return value

    def _plain_number(self) -> Fraction:
        if self.at == len(self.tokens):
            raise CalculatorError(f"the sum ends where a number should come, after {' '.join(self.tokens)}")
        token = self.tokens[self.at]
        if not token[0].isdigit() and token[0] != ".":
            raise CalculatorError(f"{token!r} stands where a number should come")
        self.at += 1
        return Fraction(token.removesuffix(".") or "0")


def find_calls(text: str) -> list[Call]:
    """Return every calc(…) in a text, in order; brackets inside are matched, and a call cut short is not `closed`.

    >>> [call.expression for call in find_calls("That is calc((2+3)*4) in all.")]
    ['(2+3)*4']
    """
    calls, at = [], 0
    while found := re.compile(r"\bcalc\s*\(", re.IGNORECASE).search(text, at):
        depth, at = 1, found.end()
        while at < len(text) and depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        calls.append(Call(text[found.end() : at - (depth == 0)], depth == 0))
    return calls


def last_amount(text: str) -> str | None:
    """Return the last number in a text as an amount in cents, or None.

    >>> last_amount("69 - 8.28 is $60.72, so $60.7"), last_amount("$40 less 6.5%"), last_amount("nothing")
    ('60.70', '40.00', None)
    """
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.translate(_SIGNS))
    found = re.findall(r"(?a)(?<![\d.])(-?)\$?(\d{1,15}(?:\.\d{1,15})?)(?![\d%]|\.\d)", plain)
    return money(Fraction("".join(found[-1]))) if found else None


def work_out(text: str) -> Worked:
    """Return the amount that an answer comes to: of its first call if it makes one, else the last in its text."""
    calls = find_calls(text)
    if not calls:
        amount = last_amount(text)
        return Worked(amount, False, "" if amount else "holds no amount")
    if not calls[0].closed:
        return Worked(None, True, "the call is not closed")
    try:
        return Worked(money(evaluate(calls[0].expression)), True)
    except CalculatorError as error:
        return Worked(None, True, str(error))


def answer(lm: LanguageModel, items: Sequence[Sum], chats: Sequence[list[dict]], **options) -> list[Answered]:
    """Let a model answer questions from prompts that `chat` made, and work out what each answer comes to.

    Options are those of LanguageModel.generate.
    """
    made = lm.generate(chats, **{"max_new_tokens": 40, **options})
    return [
        Answered(text, worked := work_out(text), worked.amount == item.answer, new, read)
        for item, text, new, read in zip(items, made.texts, made.new_tokens, made.prompt_tokens, strict=True)
    ]
