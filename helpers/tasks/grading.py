"""Grades a free answer against the accepted ones: right, abstained or wrong. Also used on its own parts by citations.

An answer is right if, after both are normalized, it holds the expected answer or an accepted variant as whole words,
and gives no second, different value of the same kind. How far this agrees with grading by hand is held by a test on
data/policy_qa/graded_answers.jsonl. Metrics over many grades are left to statistics.
"""

import re
import unicodedata
from dataclasses import dataclass

from helpers.tasks.policies import PolicyQuestion

GRADES = ("right", "abstained", "wrong")
ABSTAINING = re.compile(
    r"(policies|policy|passages?|text|information|documents?|context)( \w+){0,4} "
    r"(do not|does not|don t|doesn t|did not|not) (\w+ )?"
    r"(say|state|mention|specify|hold|contain|provide|include|cover|given?)"
    r"|not (stated|mentioned|specified|provided|given|covered|found) (in|by) (the|any|this|these|our) "
    r"|\b(i|we) (do not|don t|cannot|can t|am not able to|are not able to|am unable to) "
    r"(know|say|answer|tell|find|provide|determine)"
    r"|(?<!if )(?<!when )\bi (do not|don t) (\w+ )?have (?!the ability|to )"
    r"|\bi m (not sure|unable to)|\bi am not sure|no (information|passage|answer)( \w+){0,3} (about|on|is|in|for|given)"
    r"|^not (stated|specified|mentioned|known)"
)
SMALL_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
SMALL = {word: value for value, word in enumerate(SMALL_WORDS.split())}
TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
TENS = {word: 10 * ten for ten, word in enumerate(TEN_WORDS.split(), start=2)}
_UNIT = "|".join(list(SMALL)[1:10])
_BELOW_HUNDRED = rf"(?:(?:{'|'.join(TENS)})(?: (?:{_UNIT}))?|{'|'.join(SMALL)})\b"
_NUMBER = re.compile(
    rf"\b(?:(?P<hundreds>{_UNIT}) hundred\b(?: (?:and )?(?P<more>{_BELOW_HUNDRED}))?|(?P<below>{_BELOW_HUNDRED}))"
)
COMMON = """a an the of to in on at for and or is are was were be been it its this that as by with from if you your we
our i my they their he she his her will would can may must should do does did not no have has had there"""
STOP = frozenset(COMMON.split())
MEASURES = {"dollar": "$", "usd": "$", "min": "minute", "sec": "second", "hr": "hour"}  # short for one of KINDS
KINDS = ("percent", "$", "second", "minute", "hour", "day", "week", "month", "year")


@dataclass(frozen=True)
class Grade:
    """A verdict with its reason; `matched` is the accepted text that was found, or empty."""

    verdict: str
    reason: str
    matched: str = ""


def normalize(text: str) -> str:
    """Return a text for comparing: lower case, numbers as digits, one spelling of units, words parted by one space.

    Amounts keep their sign as a word of its own ("$ 18"), decimals and thousands their value ("1,450" is "1450"),
    dashes within words part them, and an ending in 's' of a unit is dropped ("days" is "day").

    >>> normalize("Thirty-eight calendar DAYS, or $1,450.00!")
    '38 calendar day or $ 1450'
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("−", "-")
    text = re.sub(r"(?<=\d)[, \u00a0](?=\d{3}\b)", "", text)
    text = re.sub(r"(\d+\.\d*?)0+\b", r"\1", text)
    text = re.sub(r"(\d+)\.(?!\d)", r"\1 ", text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*(dollars?|usd)\b", r"$ \1 ", text)
    text = text.replace("%", " percent ").replace("per cent", "percent").replace("$", " $ ").replace("°", " ° ")
    text = re.sub(r"(\d)([a-z])", r"\1 \2", text)
    words = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|[$°@]", text)
    return " ".join(map(_one_spelling, _NUMBER.sub(_digits, " ".join(words)).split()))


def _one_spelling(word: str) -> str:
    singular = word[:-1] if word.endswith("s") and (word[:-1] in KINDS or word[:-1] in MEASURES) else word
    return MEASURES.get(singular, singular)


def _digits(number: re.Match) -> str:
    """Return a number in words up to 999 as digits; "one" alone stays, it is mostly no number."""
    if number[0] == "one":
        return "one"
    below = (number["more"] or number["below"] or "").split()
    return str(100 * SMALL.get(number["hundreds"], 0) + sum(TENS.get(word, SMALL.get(word)) for word in below))


def content_words(text: str) -> list[str]:
    """Return a text's normalized words without the commonest ones.

    >>> content_words("You have 38 days for the return.")
    ['38', 'day', 'return']
    """
    return [word for word in normalize(text).split() if word not in STOP and word not in "$°@"]


def holds(text: str, phrase: str) -> bool:
    """Return whether a text holds a phrase as whole words, both normalized; an empty phrase is held by none.

    >>> holds("It takes 26 days.", "6 days"), holds("That is $18.", "18 dollars"), holds("That is $182.", "$18")
    (False, True, False)
    """
    wanted = normalize(phrase)
    return bool(wanted) and f" {wanted} " in f" {normalize(text)} "


def abstains(text: str) -> bool:
    """Return whether an answer says that it has no answer. Words such as "not allowed" are an answer.

    >>> abstains("I don't have to return it."), abstains("If I don't have the receipt, yes.")
    (False, False)
    >>> abstains("The policies do not say."), abstains("I don't have that figure."), abstains("That is not possible.")
    (True, True, False)
    """
    return bool(ABSTAINING.search(normalize(text)))


def values(text: str) -> set[tuple[str, str]]:
    """Return the amounts in a text as (kind, number): money, shares and lengths of time.

    >>> sorted(values("38 days, or $11"))
    [('$', '11'), ('day', '38')]
    """
    kinds = "|".join(re.escape(kind) for kind in KINDS if kind != "$")
    plain = normalize(text)
    found = {
        (kind, number)
        for number, kind in re.findall(rf"(\d+(?:\.\d+)?) (?:working |business |calendar |full )?({kinds})\b", plain)
    }
    return found | {("$", number) for number in re.findall(r"\$ (\d+(?:\.\d+)?)", plain)}


def grade(question: PolicyQuestion, text: str) -> Grade:
    """Grade one answer.

    Right: it holds the answer or an accepted variant, and names no other value of the kind that was asked for (a value
    that stands in the question is no second answer). An answer that hedges between two values is wrong: it leaves the
    choice to the reader. Abstained: it says that it has no answer, and holds none; for an unanswerable question that
    is what should be said, and its verdict is still "abstained". Everything else, an empty text too, is wrong.
    """
    matched = next((option for option in (question.answer, *question.accepted) if holds(text, option)), "")
    if question.answerable and matched:
        other = _second_value(question, text)
        if other:
            return Grade("wrong", f"also says {other}", matched)
        return Grade("right", f"holds {matched!r}", matched)
    if abstains(text):
        return Grade("abstained", "says that it has no answer")
    if not text.strip():
        return Grade("wrong", "is empty")
    return Grade("wrong", "holds no accepted answer" if question.answerable else "answers what no document says")


def _second_value(question: PolicyQuestion, text: str) -> str:
    """A value in the text of the same kind as the expected one, and named neither as right nor in the question."""
    right = values(" ; ".join((question.answer, *question.accepted)))
    asked = values(question.question)
    rights = {number for _, number in right}
    kinds = {kind for kind, _ in right}
    others = [(kind, number) for kind, number in sorted(values(text)) if kind in kinds and number not in rights]
    others = [(kind, number) for kind, number in others if (kind, number) not in asked]
    return ", ".join(f"${number}" if kind == "$" else f"{number} {kind}" for kind, number in others)


def correct(question: PolicyQuestion, verdict: str) -> bool:
    """Return whether a verdict is what the question deserves: right, or abstained where nothing holds the answer."""
    return verdict == ("right" if question.answerable else "abstained")
