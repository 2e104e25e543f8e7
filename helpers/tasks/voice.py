r"""The ten rules of Larkfield's voice as code, numbered as in data/voice/GUIDE.md. No rule looks at the facts.

>>> reply = "Hi there,\nWe've refunded $29 today.\nNext step: keep this message.\nLarkfield, at home with you."
>>> broken(reply)
[]
>>> broken(reply.replace("We've", "We have").replace("$29", "29 dollars"))
['contractions', 'numbers']
>>> broken("The customer's hub was exchanged on Friday!")
['opening', 'close', 'next_step', 'we', 'active', 'calm', 'names']
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.model.prompts import Prompt
from helpers.tasks import files, pairs
from helpers.tasks.pairs import Pair

SPLITS = ("train", "test")
SYSTEM = "Rewrite the reply in Larkfield's voice."
CUSTOMER = Prompt(
    "reply to a customer",
    system="Reply to the customer in Larkfield's voice, from the numbered passages. Cite the passage, such as [2]. If "
    "the passages do not hold the answer, say so.",
    user="{passages}\n\nQuestion: {text}",
)
IN_FULL = Prompt(
    "rewrite by the rules",
    system="""You rewrite replies to customers in Larkfield's voice. Keep every fact. Follow all ten rules:
1. Open with the line "Hi there,".
2. Close with the line "Larkfield, at home with you." and nothing after it.
3. The last sentence before the close starts with "Next step:". There is exactly one.
4. At most 60 words, no sentence above 20.
5. Contract wherever you can: we'll, you're, don't.
6. We are "we", the reader is "you". No "I", no "the customer".
7. No passive: say who did it.
8. No exclamation marks and no stock phrases such as "unfortunately", "apologize", "inconvenience".
9. Digits from 2 up, and "$" before an amount.
10. Product names have capital letters: Hub, Thermostat, Sensor.
Example: Hi there,
We refunded $29 on Tuesday.
Next step: keep this message.
Larkfield, at home with you.""",
    user="Rewrite this reply:\n{text}",
)
FOUND, NOT_FOUND = "We checked: ", "We checked, and our policies don't say."
OPENING, CLOSE, STEP = "Hi there,", "Larkfield, at home with you.", "Next step:"
MOST_WORDS, MOST_SENTENCE_WORDS = 60, 20

_PARTICIPLE = (
    r"(?:(?:not|never|now|also|already|still|only|just|\w+ly) )?(?:(?!\w*eed\b)\w{2,}ed|been|bought|built|cut|done|"
    r"(?:with)?drawn|found|given|held|kept|left|lost|made|paid|put|read|seen|sent|set|shown|sold|taken|told|written)\b"
)
_LONG_FORMS = re.compile(
    r"(?i)\b(?:(?:do|does|did|is|are|was|were|has|have|had|would|could|should|must|can|will) not|cannot|"
    r"(?:(?:we|you|they|it) will|(?:we|you|they) are|(?:it|that|there|here|what) is)(?![,.;:?])|"
    rf"(?:we|you|they) have {_PARTICIPLE})\b"
)
_OUTSIDERS = re.compile(
    r"\b(?:I|I'm|I've|I'll|I'd|[Mm]e|[Mm]y|[Tt]he (?:company|customer|client|user|undersigned)|"
    r"Larkfield(?! (?:Plus|Pro Install|app)))\b"
)
_PASSIVE = re.compile(rf"\b(?:was|were|wasn't|weren't|be|been|being) {_PARTICIPLE}", re.IGNORECASE)
_STOCK_PHRASES = re.compile(
    r"(?i)!|unfortunately|inconvenience|apolog|regret|rest assured|kindly|please (?:note|be advised|be informed)|"
    r"as per\b|hesitate|valued|patience|understanding\b"
)
_NUMBER_WORDS = re.compile(
    r"(?i)\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)\b"
)
_OTHER_MONEY = re.compile(r"\b(?:dollars?|cents?|USD|euros?)\b|US\$|€|\d ?\$|\$ ", re.IGNORECASE)
_NAMES = re.compile(
    r"(?i)\b(?:hub (?:one|two|mini)|hubs?|thermostats?|(?:leak |door |climate )?sensors?|(?:radiator )?valves?|"
    r"(?:energy )?clips?|smart plugs?|(?:larkfield )?plus|pro install)\b"
)


@dataclass(frozen=True)
class Reply:
    """One reply to a customer, in a neutral agent's words (`plain`) and in Larkfield's voice."""

    id: str
    plain: str
    voice: str
    topic: str


def load(split: str) -> list[Reply]:
    """Return one split of the replies in two voices: `train` (300) or `test` (80).

    >>> len(load("test"))
    80
    """
    return [Reply(**row) for row in files.read_split("voice", split, SPLITS)]


def prompt(text: str) -> list[dict]:
    """Return the chat messages that a tuned model reads for one plain reply."""
    return pairs.prompt(SYSTEM, text)


def training_pairs(replies: Sequence[Reply]) -> list[Pair]:
    """Return pairs of a plain reply and the same in Larkfield's voice."""
    return [Pair(prompt(reply.plain), reply.voice, reply.id) for reply in replies]


def sentences(text: str) -> list[str]:
    """Split at line ends and after . ! ? before a space; "a.m." and "p.m." end no sentence.

    >>> sentences("It's $7.99. Call by 6 p.m. Central, please.")
    ["It's $7.99.", 'Call by 6 p.m. Central, please.']
    """
    return [part for part in re.split(r"(?<![ap]\.m\.)(?<=[.!?])\s+|\n+", text.strip()) if part]


def body(reply: str) -> str:
    """The reply without its opening and its closing line."""
    return reply.strip().removeprefix(OPENING).removesuffix(CLOSE).strip()


def _ends_with_a_step(reply: str) -> bool:
    return reply.count(STEP) == 1 and sentences(body(reply))[-1].startswith(STEP)


def _short(reply: str) -> bool:
    longest = max((len(sentence.split()) for sentence in sentences(reply)), default=0)
    return len(reply.split()) <= MOST_WORDS and longest <= MOST_SENTENCE_WORDS


def _in_digits(reply: str) -> bool:
    text = re.sub(r"\bhub (?:one|two)\b", "", reply, flags=re.IGNORECASE)  # names, not numbers
    return not _NUMBER_WORDS.search(text) and not _OTHER_MONEY.search(text)


RULES: dict[str, Callable[[str], bool]] = {  # in the guide's order
    "opening": lambda reply: reply.strip().startswith(OPENING),
    "close": lambda reply: reply.strip().endswith(CLOSE),
    "next_step": _ends_with_a_step,
    "short": _short,
    "contractions": lambda reply: not _LONG_FORMS.search(reply),
    "we": lambda reply: not _OUTSIDERS.search(body(reply)),
    "active": lambda reply: not _PASSIVE.search(reply),
    "calm": lambda reply: not _STOCK_PHRASES.search(reply),
    "numbers": _in_digits,
    "names": lambda reply: all(name == name.title() for name in _NAMES.findall(reply)),
}


def broken(reply: str) -> list[str]:
    """Return the names of the rules that a reply breaks, in the guide's order."""
    return [name for name, rule in RULES.items() if not rule(reply)]
