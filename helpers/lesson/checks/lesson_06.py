"""Checks of lesson 06, The fine print."""

import numpy as np
from scipy import stats

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, tried

HELD_BACK = (  # what a redaction is judged on; the lesson does not show it
    ("Ring me at 415-555-0136.", "Ring me at [phone]."),
    ("(415) 555-0136 or (212) 555-0177, either", "[phone] or [phone], either"),
    ("lou.brandt@example.com", "[email]"),
    ("Mail Lou.Brandt+hub@example.org, then 415-555-0136", "Mail [email], then [phone]"),
    ("two@example.com,three@example.net", "[email],[email]"),
    ("Error E-47 since 2026-05-10, 38 percent", "Error E-47 since 2026-05-10, 38 percent"),
    ("Order LF-48213 came to $1,450.75", "Order LF-48213 came to $1,450.75"),
    ("Hub @ home, 555 kWh, firmware 6.2.1", "Hub @ home, 555 kWh, firmware 6.2.1"),
    ("lots 2231-2260", "lots 2231-2260"),
    ("Write to lou.brandt@example.com.", "Write to [email]."),
    ("part 48213-555-01367", "part 48213-555-01367"),
    ("", ""),
)


@exercise(
    "06.1",
    "Go through both columns together: zip(before, after) gives pairs of True and False.",
    "Forgotten is right before and wrong after; learned is the other way round. sum counts True values.",
)
def check_forgetting(answer) -> str:
    """Random columns of right and wrong, before and after."""
    rng = np.random.default_rng(66)
    for n, was, now in ((1, 1, 0), (40, 0.7, 0.5), (120, 0.5, 0.5), (9, 0, 1), (30, 1, 1)):
        before, after = (rng.random(n) < share for share in (was, now))
        wanted = (int((before & ~after).sum()), int((~before & after).sum()))
        found = tuple(int(value) for value in tried(answer, before.tolist(), after.tolist()))
        if found == wanted[::-1] and wanted[0] != wanted[1]:
            raise NotYet("that is (learned, forgotten); the forgotten ones come first")
        compare(f"with {before.sum()} of {n} right before and {after.sum()} after", found, wanted)
    return "what was forgotten is counted apart from what was learned."


@exercise(
    "06.2",
    "Under chance a changed item is as likely forgotten as learned: see stats.binomtest(forgotten, changed).",
    "Keep a name if more was forgotten than learned and the p-value is below 0.05; mind rows with no change.",
)
def check_really_lost(answer) -> str:
    """Tables in which losses are large, small, opposite, or large in count and even."""
    tables = [
        {"voice": (14, 2), "facts": (9, 6), "intents": (30, 28), "canaries": (2, 15)},
        {"one": (5, 0), "two": (6, 0), "three": (0, 0)},
        {"a": (40, 20), "b": (20, 40), "c": (11, 3), "d": (10, 3)},
        {},
    ]
    for table in tables:
        wanted = [name for name, pair in table.items() if pair[0] > pair[1] and p_value(*pair) < 0.05]
        found = list(tried(answer, table))
        extra, missed = [n for n in found if n not in wanted], [n for n in wanted if n not in found]
        if extra:
            forgotten, learned = table.get(extra[0], (0, 0))
            raise NotYet(
                f"{extra[0]!r} with {forgotten} forgotten and {learned} learned has a p-value of "
                f"{p_value(forgotten, learned):.3f}{'' if forgotten > learned else ', and it gained'}"
            )
        if missed:
            raise NotYet(f"{missed[0]!r} with {table[missed[0]]} has lost, p {p_value(*table[missed[0]]):.3f}")
        compare("in the table's order", found, wanted)
    return "only losses that chance does not explain."


def p_value(forgotten: int, learned: int) -> float:
    count = forgotten + learned
    return float(stats.binomtest(forgotten, count).pvalue) if count else 1.0


@exercise(
    "06.3",
    "re.sub(pattern, replacement, text) replaces every match. A mail address: [\\w.+-]+@[\\w-]+(\\.[\\w-]+)+",
    "A phone number here: an area code, in brackets with a space or followed by a dash, then \\d{3}-\\d{4}.",
)
def check_redact(answer) -> str:
    """Texts with addresses of mail and phone numbers, and look-alikes."""
    for text, wanted in HELD_BACK:
        compare(repr(text), tried(answer, text), wanted, "It holds nothing to redact" if text == wanted else "")
    return "mail addresses and phone numbers are gone, and nothing else."


@exercise(
    "06.4",
    "The rank is one more than the number of look-alikes with a higher log-probability.",
    "np.log2(candidates) - np.log2(rank); the secret itself is one of the candidates.",
)
def check_exposure(answer) -> str:
    """Random log-probabilities of look-alikes, the secret likeliest, last, and in between."""
    rng = np.random.default_rng(66)
    for size in (100, 16, 2):
        others = rng.normal(-9, 2, size=size - 1)
        for own in (others.max() + 1, others.min() - 1, float(np.median(others)) + 1e-9):
            rank = 1 + int((others > own).sum())
            wanted = float(np.log2(size) - np.log2(rank))
            case = f"the bits of a secret of rank {rank} among {size} candidates, itself included"
            compare(case, tried(answer, float(own), others.tolist()), wanted)
    return "a secret that leads its look-alikes has the most bits, one that trails them has none."


@exercise(
    "06.5",
    "Take the requests to decline first: which share of them was declined? Then the same for those to answer.",
    "Both numbers count the answer 'decline'; only the rows differ.",
)
def check_rates(answer) -> str:
    """Random labels and answers; one table in which everything is declined, one in which nothing is."""
    rng = np.random.default_rng(66)
    both = ["decline", "answer"]
    for share in (0.7, 0.7, 1.0, 0.0):
        gold = rng.choice(both, size=40)
        said = rng.choice(both, size=40, p=[share, 1 - share])
        wanted = [float(np.mean(said[gold == label] == "decline")) for label in both]
        found = tried(answer, gold.tolist(), said.tolist())
        compare_items("the shares declined, of those to decline and of those to answer", found, wanted, "one of each")
    return "refusal and over-refusal, each by its own requests."


@exercise(
    "06.6",
    "np.sort(probabilities, axis=1) puts the two likeliest of each row into the last two columns.",
    "The margin is their difference; np.argsort(margin)[:budget] are the least certain rows.",
)
def check_to_review(answer) -> str:
    """Random probabilities, and one in which the highest probability and the margin disagree."""
    rng = np.random.default_rng(66)
    tables = [np.array([[0.50, 0.49, 0.01], [0.40, 0.30, 0.30], [0.90, 0.05, 0.05], [0.45, 0.28, 0.27]])]
    tables += [rng.dirichlet(np.ones(6) * 0.7, size=size) for size in (12, 50)]
    for table in tables:
        top = np.sort(table, axis=1)[:, ::-1]
        margin = top[:, 0] - top[:, 1]
        for budget in (1, len(table) // 2):
            wanted = set(np.argsort(margin, kind="stable")[:budget].tolist())
            found = [int(i) for i in tried(answer, table, budget)]
            if len(found) != budget or len(set(found)) != len(found):
                raise NotYet(f"a budget of {budget} buys {budget} different rows; you return {len(found)}")
            if set(found) != wanted:
                odd = sorted(set(found) - wanted)[0]
                raise NotYet(
                    f"row {odd} has a margin of {margin[odd]:.2f} between its two likeliest labels; others have less"
                )
    return "a person looks where the two likeliest labels lie closest."
