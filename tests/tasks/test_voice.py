"""The voice set: every reply keeps every rule and every fact, and no two are alike."""

import collections
import re

import pytest

from helpers.tasks import files, intents, voice

SIZES = {"train": 300, "test": 80}
TOPICS = {"billing", "technical_support", "refund_request", "product_inquiry", "complaint", "other"}
TOO_ALIKE = 0.35
DATES = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)(?:days?)?\b"
)
CODES = re.compile(r"\b(?:[A-Z]+-\d+(?:-R)?|\S+@\S+\w|[\w.]+\.example)")
LOW = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
UNITS = {word: value for value, word in enumerate([*LOW.split(), "seventeen", "eighteen", "nineteen"])}
TENS = {
    word: 10 * ten
    for ten, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
SCALES = {"hundred": 100, "thousand": 1000}
_WORD = rf"(?:{'|'.join([*UNITS, *TENS, *SCALES])})"


def _value(match: re.Match[str]) -> str:
    """The digits for a run of number words; a lone "one" stays, since it is mostly a pronoun."""
    words = re.findall(r"[a-z]+", match[0].lower())
    if words == ["one"]:
        return match[0]
    total = part = 0
    for word in words:
        if word in SCALES:
            part = max(part, 1) * SCALES[word]
            if word == "thousand":
                total, part = total + part, 0
        else:
            part += UNITS.get(word, 0) + TENS.get(word, 0)
    return str(total + part)


def numbers(text: str) -> set[float]:
    """Every number in a text, spelled or in digits; cents become dollars.

    >>> sorted(numbers("Twenty-four months at USD 7.90, sixty cents off, order LF-10042, Hub Two."))
    [0.6, 7.9, 24.0, 10042.0]
    """
    text = re.sub(r"\bhub (?:one|two)\b", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"\b{_WORD}(?:(?:[ -]| and ){_WORD})*\b", _value, text, flags=re.IGNORECASE)
    text = re.sub(r"(\d+) dollars and (\d\d) cents", r"\1.\2", text)
    text = re.sub(r"\b(\d+(?:\.\d+)?) cents", lambda match: f"{float(match[1]) / 100:.4f}", text)
    return {float(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)}


def changed_facts(plain: str, said: str) -> dict[str, set]:
    """Numbers, dates, codes and proper names that stand in one of the two texts only."""
    inner = voice.body(said)
    found = {
        "numbers": numbers(plain) ^ numbers(inner),
        "dates": set(DATES.findall(plain)) ^ set(DATES.findall(inner)),
        "codes": set(CODES.findall(plain)) ^ set(CODES.findall(inner)),
        "new names": {name.rstrip("s") for name in re.findall(r"(?<=[a-z,] )[A-Z]\w+", inner.replace(voice.STEP, ""))}
        - {"Larkfield", *(word[0].upper() + word[1:].rstrip("s") for word in re.findall(r"\w+", plain))},
    }
    return {kind: values for kind, values in found.items() if values}


def trigrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def alike(texts: dict[str, str]) -> list[tuple[str, str]]:
    """Pairs of ids whose texts share too many trigrams (Jaccard above TOO_ALIKE)."""
    bags = [(name, trigrams(text)) for name, text in texts.items()]
    return [
        (first, second)
        for place, (first, one) in enumerate(bags)
        for second, other in bags[place + 1 :]
        if len(one & other) > TOO_ALIKE * len(one | other)
    ]


SPLITS = {split: voice.load(split) for split in SIZES}
ROWS = [row for rows in SPLITS.values() for row in rows]


@pytest.mark.parametrize("split", SIZES)
def test_counts_ids_and_topics(split):
    rows = SPLITS[split]
    assert [row.id for row in rows] == [f"{split}-{place:03}" for place in range(1, SIZES[split] + 1)]
    topics = collections.Counter(row.topic for row in rows)
    assert set(topics) == set(intents.LABELS)
    assert max(topics.values()) - min(topics.values()) <= 1


def test_every_voice_keeps_every_rule_and_every_plain_reply_breaks_some():
    breaks = collections.Counter()
    for row in ROWS:
        assert not voice.broken(row.voice), row
        assert voice.broken(row.plain), row.id
        assert 20 <= len(row.plain.split()) <= 70, row.id
        breaks.update(voice.broken(row.plain))
    assert breaks.total() >= 4 * len(ROWS)
    assert all(breaks[name] >= 0.2 * len(ROWS) for name in voice.RULES), (
        "a rule that is hardly ever broken teaches little"
    )


def test_facts_are_kept():
    for row in ROWS:
        assert not changed_facts(row.plain, row.voice), (row.id, changed_facts(row.plain, row.voice))


def test_the_fact_check_sees_a_changed_fact():
    row = ROWS[0]
    assert changed_facts(row.plain, row.voice.replace("$7.99", "$8.99"))
    assert changed_facts(row.plain, row.voice.replace("March", "May"))


@pytest.mark.parametrize("field", ["plain", "voice"])
def test_no_two_are_alike(field):
    texts = {row.id: voice.body(getattr(row, field)) for row in ROWS}
    assert len(set(texts.values())) == len(ROWS)
    assert not alike(texts), alike(texts)


@pytest.mark.parametrize("name", voice.RULES)
def test_each_rule_can_be_broken_alone(name):
    good = "Hi there,\nWe've sent 2 Sensors on May 2.\nNext step: none.\nLarkfield, at home with you."
    spoil = {
        "opening": good.replace("Hi there,", "Hello,"),
        "close": good.replace("Larkfield, at home with you.", "Bye."),
        "next_step": good.replace("Next step: none.", "That is it.").replace("That is it", "Done"),
        "short": good.replace("We've", "We've " + "now " * 25),
        "contractions": good.replace("We've sent", "We have sent"),
        "we": good.replace("We've sent", "The company's sent"),
        "active": good.replace("We've sent 2 Sensors", "2 Sensors were sent"),
        "calm": good.replace("May 2.", "May 2!"),
        "numbers": good.replace("2 Sensors", "two Sensors"),
        "names": good.replace("Sensors", "sensors"),
    }
    assert voice.broken(good) == []
    assert set(voice.broken(spoil[name])) - {"next_step"} <= {name}
    assert name in voice.broken(spoil[name])


def test_unknown_splits_name_the_known_ones():
    with pytest.raises(files.DataError, match="train, test"):
        voice.load("dev")
