"""Checks of lesson 06, The fine print."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from helpers.lesson.checks.places import need_places
from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, positions, shown, tried

HELD_BACK = (  # what a redaction is judged on; the lesson does not show it
    ("Ring me at 415-555-0136.", "Ring me at [phone]."),
    ("(415) 555-0136 or (212) 555-0177, either", "[phone] or [phone], either"),
    ("lou.brandt@example.com", "[email]"),
    ("Mail Lou.Brandt+hub@example.org, then 415-555-0136", "Mail [email], then [phone]"),
    ("two@example.com,three@example.net", "[email],[email]"),
    ("415-555-0136\n(212) 555-0177", "[phone]\n[phone]"),
    ("  call 415-555-0136  ", "  call [phone]  "),
    ("Error E-47 since 2026-05-10, 38 percent", "Error E-47 since 2026-05-10, 38 percent"),
    ("Order LF-48213 came to $1,450.75", "Order LF-48213 came to $1,450.75"),
    ("Hub @ home, 555 kWh, firmware 6.2.1", "Hub @ home, 555 kWh, firmware 6.2.1"),
    ("lots 2231-2260", "lots 2231-2260"),
    ("Write to lou.brandt@example.com.", "Write to [email]."),
    ("part 48213-555-01367", "part 48213-555-01367"),
    ("serial 1-415-555-0136", "serial 1-415-555-0136"),
    ("serial 415-555-0136-22", "serial 415-555-0136-22"),
    ("(415) 555-01367", "(415) 555-01367"),
    ("tag 415-555-01367", "tag 415-555-01367"),
    ("lot 2415-555-0136", "lot 2415-555-0136"),
    ("room 555-0136, part 415.555.0136", "room 555-0136, part 415.555.0136"),
    ("212-867-5309 and (646) 201-4477", "[phone] and [phone]"),
    ("Ask anna-lena_7@my-shop.co.uk, please", "Ask [email], please"),
    ("a.b@mail.larkfield-home.info\nc@d.io", "[email]\n[email]"),
    ("", ""),
    ("Call us (415-555-0136).", "Call us ([phone])."),
    ("(lou@example.com) or <lou@example.com>", "([email]) or <[email]>"),
    ("code 415 555-0136", "code 415 555-0136"),
    ("lou@4homes-24.example.com... or lou@example.com!", "[email]... or [email]!"),
    ("forms (415)555-0136 and (415)-555-0136", "forms (415)555-0136 and (415)-555-0136"),
    ("LOU@EXAMPLE.COM", "[email]"),
    ("Grüße an Zoë – 415-555-0136 …", "Grüße an Zoë – [phone] …"),
    ("tel:415-555-0136/(212) 555-0177", "tel:[phone]/[phone]"),
    ("\"lou@example.com\"; 'anna@example.org'", "\"[email]\"; '[email]'"),
)


@exercise(
    "06.1",
    "Go through both lists together: zip(trained, new). Leave out the facts that were not right as trained.",
    "not any(some) is True where no new wording was right; divide by the number of facts right as trained, if any.",
)
def check_by_rote(answer) -> str:
    """Facts of two and of three new wordings, with some, all and none right; as True and False and as 1 and 0."""
    rng = np.random.default_rng(66)
    for n, known, lucky, wordings, kind in (
        (40, 0.8, 0.4, 2, bool),
        (40, 0.5, 0.2, 3, int),
        (7, 1.0, 0.0, 2, bool),
        (9, 0.6, 1.0, 2, int),
        (5, 0.0, 0.5, 2, bool),
    ):
        trained, new = rng.random(n) < known, rng.random((n, wordings)) < lucky
        lost = int((trained & ~new.any(axis=1)).sum())
        wanted = lost / int(trained.sum()) if trained.any() else 0.0
        found = tried(answer, trained.astype(kind).tolist(), new.astype(kind).tolist())
        case = f"with {trained.sum()} of {n} right as trained, {lost} of these wrong in all {wordings} new wordings"
        if wanted == 0.0 and isinstance(found, float) and found != found:
            raise NotYet(f"{case}: you divide by zero; 0 is asked for where no fact is right as trained")
        compare(case, found, float(wanted))
    return "what is left of a fact in no other wording than the trained one was learned by rote."


@exercise(
    "06.2",
    "Go through both columns together: zip(before, after) gives pairs, one for each question.",
    "Forgotten is right before and wrong after; learned is the other way round. sum counts True values.",
)
def check_forgetting(answer) -> str:
    """Random columns of right and wrong, before and after, as True and False and as 1 and 0."""
    rng = np.random.default_rng(66)
    for n, was, now, kind in (
        (1, 1, 0, bool),
        (40, 0.7, 0.5, bool),
        (120, 0.5, 0.5, int),
        (9, 0, 1, int),
        (30, 1, 1, bool),
    ):
        before, after = (rng.random(n) < share for share in (was, now))
        wanted = [int((before & ~after).sum()), int((~before & after).sum())]
        found = tried(answer, before.astype(kind).tolist(), after.astype(kind).tolist())
        found = list(found) if isinstance(found, Iterable) and not isinstance(found, str | Mapping) else found
        if found == wanted[::-1] and wanted[0] != wanted[1]:
            raise NotYet("that is (learned, forgotten); the forgotten ones come first")
        case = f"with {before.sum()} of {n} right before and {after.sum()} after"
        compare_items(case, found, wanted, "how many were forgotten and how many were learned")
    return "what was forgotten is counted apart from what was learned."


@exercise(
    "06.3",
    "Part the pairs first: those whose question is in changed, and the others. changed.items() gives the new pairs.",
    "np.random.default_rng(seed).permutation(len(others))[:rehearse] draws places without replacement.",
)
def check_patch(answer) -> str:
    """Facts with few and many changes, with none, some and all of the others rehearsed, and with many seeds."""
    for facts, changes in ((9, 3), (40, 15), (5, 1)):
        pairs = [(f"question {i}", f"answer {i}") for i in range(facts)]
        changed = {f"question {i * 2}": f"new answer {i * 2}" for i in range(changes)}
        others = [pair for pair in pairs if pair[0] not in changed]
        for rehearse in (0, 2, len(others)):
            found = _pairs(tried(answer, pairs, changed, rehearse, 7))
            _check_patch(found, pairs, changed, rehearse)
            if sorted(found) != sorted(_pairs(tried(answer, pairs, changed, rehearse, 7))):
                raise NotYet("the same seed gave two different draws; start a generator of your own from it")
    draws = [_pairs(tried(answer, pairs, changed, 2, seed)) for seed in range(SEEDS)]
    drawn = Counter(pair for draw in draws for pair in draw)
    for pair in others:  # each is in half of the draws; these bounds are more than four standard deviations away
        if not 0.25 * SEEDS < drawn[pair] < 0.75 * SEEDS:
            raise NotYet(
                f"over {SEEDS} seeds, 2 of {len(others)} others drawn each time, {pair[0]!r} came {drawn[pair]} times; "
                f"a random draw takes each about {SEEDS // 2} times"
            )
    together = {frozenset(draw) & frozenset(others) for draw in draws}
    for two in itertools.combinations(others, 2):  # a random draw misses one of the six once in two million times
        if frozenset(two) not in together:
            names = " and ".join(repr(question) for question, _ in two)
            raise NotYet(f"over {SEEDS} seeds, 2 of {len(others)} others drawn each time, {names} never came together")
    return "every new value goes in, no old one comes back, and what is rehearsed is drawn anew with each seed."


SEEDS = 80


def _pairs(found) -> list[tuple[str, str]]:
    pairs = (
        [tuple(map(str, pair)) for pair in found if isinstance(pair, Iterable)] if isinstance(found, Iterable) else []
    )
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise NotYet(f"a list of pairs (question, answer) is asked for; you return {shown(found)}")
    return pairs


def _check_patch(found: list, pairs: list, changed: dict, rehearse: int) -> None:
    case = f"{len(pairs)} facts, {len(changed)} changed, {rehearse} to rehearse"
    for question, new in changed.items():
        given = [answer for asked, answer in found if asked == question]
        if given != [new]:
            raise NotYet(f"{case}: {question!r} changed to {new!r}; you train on it {len(given)} times, with {given}")
    rest = [pair for pair in found if pair[0] not in changed]
    if not set(rest) <= set(pairs):
        raise NotYet(f"{case}: {sorted(set(rest) - set(pairs))[0]} is no pair of those that were given")
    if len(rest) != rehearse or len(set(rest)) != rehearse:
        raise NotYet(f"{case}: you rehearse {len(rest)} pairs, {len(set(rest))} of them different")


@exercise(
    "06.4",
    "re.sub(pattern, replacement, text) replaces every match. A mail address: [\\w.+-]+@[\\w-]+(\\.[\\w-]+)+",
    "A phone number: (\\(\\d{3}\\) |\\d{3}-)\\d{3}-\\d{4}. (?<![\\w-]) before, (?![\\w-]) behind: no longer ones.",
)
def check_redact(answer) -> str:
    """Texts with addresses of mail and phone numbers, and look-alikes."""
    for text, wanted in HELD_BACK:
        compare(repr(text), tried(answer, text), wanted, "It holds nothing to redact" if text == wanted else "")
    return "mail addresses and phone numbers are gone, and nothing else."


@exercise(
    "06.5",
    "The rank is one more than the number of look-alikes with a higher log-probability.",
    "np.log2(candidates) - np.log2(rank); the secret itself is one of the candidates.",
)
def check_exposure(answer) -> str:
    """Random log-probabilities of look-alikes, the secret likeliest, last, in between, and level with some."""
    rng = np.random.default_rng(66)
    for size in (100, 16, 2):
        others = rng.normal(-9, 2, size=size - 1)
        others[: size // 4] = others[0]
        for own in (others.max() + 1, others.min() - 1, float(np.median(others)) + 1e-9, others[0]):
            rank = 1 + int((others > own).sum())
            wanted = float(np.log2(size) - np.log2(rank))
            case = f"the bits of a secret of rank {rank} among {size} candidates, itself included"
            level = int((others == own).sum())
            advice = f"{level} look-alikes are as likely as the secret, and none of these is likelier" if level else ""
            compare(case, tried(answer, float(own), others.tolist()), wanted, advice)
    return "a secret that leads its look-alikes has the most bits, one that trails them has none."


@exercise(
    "06.6",
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
        told = (
            f"{(gold == label).sum()} to {label}, {((gold == label) & (said == 'decline')).sum()} of these declined"
            for label in both
        )
        compare_items(f"with {' and '.join(told)}", found, wanted, "the share declined of each")
    return "refusal and over-refusal, each by its own requests."


@exercise(
    "06.7",
    "np.sort(probabilities, axis=1) puts the two likeliest of each row into the last two columns.",
    "The margin is their difference; np.argsort(margin)[:budget] are the least certain rows.",
)
def check_to_review(answer) -> str:
    """Random probabilities, one in which the highest probability and the margin disagree, rows that stand twice."""
    rng = np.random.default_rng(66)
    tables = [np.array([[0.50, 0.49, 0.01], [0.40, 0.30, 0.30], [0.90, 0.05, 0.05], [0.45, 0.28, 0.27]])]
    tables += [rng.dirichlet(np.ones(6) * 0.7, size=size) for size in (12, 50)]
    tables += [np.concatenate([table, table[::-1]]) for table in tables]
    for table in tables:
        top = np.sort(table, axis=1)[:, ::-1]
        margin = top[:, 0] - top[:, 1]
        for budget in (1, len(table) // 2):
            found = positions(tried(answer, table, budget))
            need_places(f"among {len(table)} rows, with a budget of {budget}", found, len(table), budget)
            least = np.sort(margin)[budget - 1]
            if odd := [place for place in found if margin[place] > least + 1e-9]:
                raise NotYet(
                    f"row {odd[0]} has a margin of {margin[odd[0]]:.3f} between its two likeliest labels; with a "
                    f"budget of {budget}, none is above {least:.3f}"
                )
    return "a person looks where the two likeliest labels lie closest."


@exercise(
    "06.8",
    "Go through the pairs in order, and return at the first loss that is at most the target.",
    'Only after the loop is it certain that no loss was low enough: return "never" there.',
)
def check_first_step(answer) -> str:
    """Runs that fall, that rise again, that meet the target exactly, that start below it, and that never reach it."""
    fall = [(4, 2.0), (8, 1.4), (12, 1.1), (16, 0.9)]
    bowl = [(5, 1.8), (10, 0.7), (15, 0.6), (20, 1.3), (25, 0.5)]
    for losses, target, wanted in (
        (fall, 1.2, 12),
        (fall, 1.4, 8),
        (fall, 2.5, 4),
        (fall, 0.5, "never"),
        (bowl, 0.8, 10),
        (bowl, 0.55, 25),
        ([], 1.0, "never"),
        ([(0, 0.4), (5, 0.3)], 0.5, 0),
        ([(1, 0.9), (2, 0.0)], 0, 2),
    ):
        told = ", ".join(f"step {step}: {loss}" for step, loss in losses) or "no step at all"
        compare(f"{told}, target {target}", tried(answer, losses, target), wanted)
    return "the first time counts, and a run that never arrives says so."
