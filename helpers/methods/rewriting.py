"""Replies rewritten in the company's voice, told or learned, as ledger rows: what each keeps of the ten rules.

Of a row, a reply's prediction is the rules that it breaks, or ALL. The rules themselves are voice's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from helpers import statistics
from helpers.methods import adapters, tuning
from helpers.methods.forms import Judged
from helpers.model.language_model import LanguageModel
from helpers.results import markdown
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval
from helpers.tasks import files, voice
from helpers.tasks.files import Message

ALL = "all ten rules"
MOST_TOKENS = 110  # that a rewritten reply may have


def replies(fast: int = 8) -> list[Message]:
    """Return the plain test replies, each to be rewritten so that it keeps ALL; `fast` of them in the fast profile."""
    return files.for_profile([Message(one.id, one.plain, ALL) for one in voice.load("test")], fast=fast)


def rewrite(lm: LanguageModel, chats: Sequence[list[dict]]) -> list[Judged]:
    """Return a model's answers to chats that ask for a rewritten reply, judged by the ten rules."""
    made = lm.generate(chats, max_new_tokens=MOST_TOKENS, progress=False)
    broken = [voice.broken(text) for text in made.texts]
    return [
        Judged(text, ", ".join(some) or ALL, not some, wrote, read)
        for text, some, wrote, read in zip(made.texts, broken, made.new_tokens, made.prompt_tokens, strict=True)
    ]


def told(lab: Lab, items: Sequence[Message]) -> LedgerRow:
    """Return how the lab's model rewrites replies under a prompt that holds all ten rules and an example."""

    def chats(texts: Sequence[str]) -> list[list[dict]]:
        return [voice.IN_FULL.messages(text) for text in texts]

    return lab.measure(
        "prompt with the ten rules",
        items,
        lambda texts: rewrite(lab.model, chats(texts)),
        approach="prompt",
        prompts=chats,
        token_limit=MOST_TOKENS,
        heavy=True,
    )


def learned(lab: Lab, items: Sequence[Message], sizes: Mapping[int, Sequence[int]]) -> dict[int, list[LedgerRow]]:
    """Return n -> how models tuned on the first n rewritten replies do, a row for each seed; sizes: n -> seeds."""
    recipe = replace(adapters.find("voice").recipe, row_tokens=512)  # side by side: the same steps, faster on a GPU

    def chats(texts: Sequence[str]) -> list[list[dict]]:
        return [voice.prompt(text) for text in texts]

    return {
        n: tuning.repeated(
            lab,
            f"LoRA, {n} replies",
            [voice.training_pairs(voice.load("train")[:n])],
            recipe,
            items,
            lambda lm, texts: rewrite(lm, chats(texts)),
            seeds=seeds,
            prompts=chats,
            token_limit=MOST_TOKENS,
        )
        for n, seeds in sizes.items()
    }


def broken_in(row: LedgerRow) -> list[list[str]]:
    """Return for each reply of a row the rules that it breaks."""
    return [[] if said == ALL else said.split(", ") for said in row.predictions]


def shares(rows: Sequence[LedgerRow]) -> dict[str, Interval]:
    """Return, over runs of the same replies, the share of rules kept and that of replies that keep all ten."""
    kept = [[1 - len(some) / len(voice.RULES) for some in broken_in(row)] for row in rows]
    whole = [row.correct for row in rows]
    found = {"rules kept, of ten": kept, "replies with all ten kept": whole}
    return {name: statistics.runs_interval(runs) for name, runs in found.items()}


def broken_by_rule(rows: Sequence[LedgerRow]) -> dict[str, float]:
    """Return rule -> the share of replies that break it, over all rows."""
    found = Counter(rule for row in rows for some in broken_in(row) for rule in some)
    return {rule: found[rule] / sum(row.n for row in rows) for rule in voice.RULES}


def by_rule(shown: Mapping[str, Sequence[LedgerRow]]) -> str:
    """Return Markdown: a line for each rule with the share of replies that break it, most broken of the last first.

    shown: name -> rows of the same replies.
    """
    found = {name: broken_by_rule(rows) for name, rows in shown.items()}
    last = list(found.values())[-1]
    ordered = sorted(voice.RULES, key=last.get, reverse=True)
    lines = [[rule, *(f"{share[rule]:.2f}" for share in found.values())] for rule in ordered]
    return markdown.table(["rule", *found], lines)
