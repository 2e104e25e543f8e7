"""What runs, and what ran before: versions with their evaluation, canary runs that stop in time, rollback, triggers.

A version names every part that its answers depend on, each by a hash. Entries are appended to results/registry.jsonl
and never rewritten, so that the history of what ran is the file itself.
"""

import hashlib
import json
import pathlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy import special, stats

from helpers.results import comparisons, store
from helpers.results.rows import UNKNOWN, LedgerRow, digest

PARTS = ("model", "prompt", "index", "adapter")
ACTIONS = ("register", "try", "promote", "roll back")
ALARM = 0.05  # how often a canary run may roll back a version that is no worse, or promote one that is no better


@dataclass(frozen=True)
class Version:
    """A version: its name, its parts (part -> hash or name; an empty text where there is none), and its evaluation."""

    name: str
    parts: dict
    task: str = ""
    method: str = ""
    right: int = 0
    n: int = 0

    @property
    def sha256(self) -> str:
        """12 hex digits that stand for the parts: two versions with the same ones answer alike."""
        return hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Entry:
    """One line of the registry: what was done with which version, when and why."""

    action: str
    version: dict
    why: str = ""
    made: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%S"))


def path() -> pathlib.Path:
    """Return the registry's file, beside the ledger."""
    return store.folder() / "registry.jsonl"


def history() -> list[Entry]:
    """Return all entries in order; a line that cannot be read is warned of, left out, and stays in the file."""
    return [e for e in store.read(path(), Entry, "an entry of the registry") if e.action in ACTIONS]


def versions() -> dict[str, Version]:
    """Return the registered versions by name."""
    return {e.version["name"]: Version(**e.version) for e in history() if e.action == "register"}


def wording_of(row: LedgerRow) -> str:
    """Return 12 hex digits that stand for the text of a row's prompt, whatever the prompt is called.

    Hashed are the chats that the model read for the row's items (template, system text, examples, message), and what
    else its answers depend on: the words for the labels, and how they were weighed. On other items it is another hash.
    Raises ValueError if the row does not say what the model read.
    """
    if not row.prompts or UNKNOWN in row.prompts:
        raise ValueError(f"the row {row.method!r} does not say what the model read; measure it again with its prompts")
    settings = {key: value for key, value in row.settings.items() if key not in ("prompt", "called")}  # names, no text
    return digest([row.prompts, row.labels, settings])


def register(name: str, row: LedgerRow, **parts: str) -> Version:
    """Enter a version with the ledger row that evaluated it; the same name with the same parts is entered once.

    parts: hash or name of each of PARTS that it has. Raises ValueError if a part is unknown, or if the name stands for
    other parts already.
    """
    strange = set(parts) - set(PARTS)
    if strange:
        raise ValueError(f"unknown parts {sorted(strange)}; a version has some of {', '.join(PARTS)}")
    every = {part: parts.get(part, "") for part in PARTS}
    version = Version(name, every, row.task, row.method, sum(row.correct), row.n)
    known = versions().get(name)
    if known and known.parts != version.parts:
        raise ValueError(f"{name!r} is registered with other parts ({known.sha256}); give a changed version a new name")
    if known != version:
        store.append(Entry("register", asdict(version)), path())
    return version


def in_use() -> Version | None:
    """Return the version that runs now, or None before the first promotion."""
    promoted, _ = _stands()
    return promoted[-1] if promoted else None


def _stands() -> tuple[list[Version], Version | None]:
    """Return the versions promoted and not rolled back, the one in use last, and the one that is on trial beside it."""
    promoted: list[Version] = []
    trial = None
    for entry in history():
        if entry.action == "try":
            trial = Version(**entry.version)
        elif entry.action == "promote":
            promoted.append(Version(**entry.version))
            trial = None
        elif entry.action == "roll back" and trial:
            trial = None
        elif entry.action == "roll back" and len(promoted) > 1:
            promoted.pop()
    return promoted, trial


def promote(name: str, why: str) -> Version:
    """Put a registered version into use; raises KeyError naming those there are."""
    return _enter("promote", name, why)


def try_out(name: str, why: str) -> Version:
    """Let a registered version answer beside the one in use, until it is promoted or rolled back; errors as promote's.

    Raises ValueError if nothing runs yet.
    """
    if in_use() is None:
        raise ValueError("nothing runs yet beside which a version could be tried; promote one first")
    return _enter("try", name, why)


def _enter(action: str, name: str, why: str) -> Version:
    known = versions()
    if name not in known:
        raise KeyError(f"no version {name!r} is registered; there are {', '.join(known) or 'none'}")
    store.append(Entry(action, asdict(known[name]), why), path())
    return known[name]


def roll_back(why: str) -> Version:
    """End a trial, or else return to the version that ran before; return the one in use, or ValueError if none was."""
    promoted, trial = _stands()
    if not trial and len(promoted) < 2:
        raise ValueError("nothing to roll back to: fewer than two versions have been in use")
    store.append(Entry("roll back", asdict(trial or promoted[-1]), why), path())
    return promoted[-1 if trial else -2]


@dataclass(frozen=True)
class CanaryRun:
    """How a canary run ended: `promote`, `roll back` or `undecided`, after how many messages.

    against: the evidence that the new version is worse, after each message; 1/ALARM decides.
    """

    outcome: str
    messages: int
    against: np.ndarray


def evidence(wins: int, losses: int) -> float:
    """Return how much a bet on "wins are likelier than losses" would have multiplied, averaged over all its stakes.

    If wins are in truth no likelier, this exceeds 1/a at any time, ever, with a probability of at most a (Ville's
    inequality): so one may look after every message and stop when one likes. Shafer (2021), Ramdas et al. (2023).

    >>> evidence(0, 0), evidence(10, 0) > 20, evidence(5, 5) < 1
    (1.0, True, True)
    """
    upper = special.betainc(losses + 1, wins + 1, 0.5)  # the part of the beta function above one half
    with np.errstate(divide="ignore"):  # so many more losses that the bet is worth nothing
        logarithm = special.betaln(wins + 1, losses + 1) + np.log(upper) + (wins + losses + 1) * np.log(2)
    return float(np.exp(min(logarithm, 700.0)))


def bet(old: Sequence[bool], new: Sequence[bool], stake: float) -> float:
    """Return what 1 becomes in a bet on "the new version is worse", of one stake on each message that parts them.

    >>> bet([1, 1, 0], [0, 0, 1], 0.5)
    1.125
    """
    wealth = 1.0
    for before, after in zip(old, new, strict=True):
        if bool(before) != bool(after):
            wealth *= 1 + stake if before else 1 - stake
    return wealth


def canary(old: Sequence[bool], new: Sequence[bool]) -> CanaryRun:
    """Run a new version beside the old one on the same messages, in order, and stop as soon as the evidence suffices.

    old, new: whether each version's answer to each message was right. Only messages on which just one version is right
    count, as in McNemar's test.
    """
    if len(old) != len(new):
        raise ValueError(f"give equally many judgments of both; got {len(old)} and {len(new)}")
    wins = losses = 0
    worse = better = evidence(0, 0)
    against, outcome = [], "undecided"
    for before, after in zip(old, new, strict=True):
        if bool(before) != bool(after):
            wins, losses = wins + bool(after), losses + bool(before)
            better, worse = evidence(wins, losses), evidence(losses, wins)
        against.append(worse)
        if max(worse, better) >= 1 / ALARM:
            outcome = "roll back" if worse >= 1 / ALARM else "promote"
            break
    return CanaryRun(outcome, len(against), np.array(against))


def detection(loss: float, differ: float = 0.2, messages: int = 4000, runs: int = 400, seed: int = 0) -> np.ndarray:
    """Return after how many messages each of `runs` simulated canary runs rolls back a version; inf where it does not.

    Args:
        loss: how much worse the new version is, in shares right; 0 is an equally good one.
        differ: the share of messages on which just one of the two is right; at least `loss`.
        messages: after how many a run ends in any case.

    Raises ValueError if loss and differ do not fit together.
    """
    if not 0 <= loss <= differ <= 1:
        raise ValueError(f"need 0 <= loss <= differ <= 1; got {loss} and {differ}")
    rng = np.random.default_rng(seed)
    stopped = np.full(runs, np.inf)
    for run in range(runs):
        chance = rng.random(messages)
        losses = np.cumsum(chance < (differ + loss) / 2)  # only the old version is right
        wins = np.cumsum((chance >= (differ + loss) / 2) & (chance < differ))
        upper = special.betainc(wins + 1, losses + 1, 0.5)
        with np.errstate(divide="ignore"):
            against = special.betaln(losses + 1, wins + 1) + np.log(upper) + (wins + losses + 1) * np.log(2)
            lower = special.betainc(losses + 1, wins + 1, 0.5)
            favor = special.betaln(losses + 1, wins + 1) + np.log(lower) + (wins + losses + 1) * np.log(2)
        ends = np.flatnonzero(np.maximum(against, favor) >= np.log(1 / ALARM))
        if len(ends) and against[ends[0]] >= np.log(1 / ALARM):
            stopped[run] = ends[0] + 1
    return stopped


def until(stopped: Sequence[float], share: float) -> float:
    """Return after how many messages this share of the runs has stopped; inf where fewer ever do.

    >>> until([10, 30, np.inf], 0.5), until([10, 30, np.inf], 0.9)
    (30.0, inf)
    """
    ordered = np.sort(np.asarray(stopped, dtype=float))
    return float(ordered[max(0, int(np.ceil(share * len(ordered))) - 1)])


@dataclass(frozen=True)
class Trigger:
    """One sign of drift: what was watched, how much it moved, the p-value after Holm's correction, whether it rings."""

    watched: str
    moved: float
    adjusted: float
    rings: bool


def triggers(before: Mapping[str, Sequence], now: Mapping[str, Sequence], least: Mapping[str, float]) -> list[Trigger]:
    """Return for each thing watched whether it has moved: enough to matter, and more than chance would.

    Args:
        before, now: name -> values, one for each message of two periods: texts (such as predicted labels) or numbers
            (such as lengths or hits). Texts are compared by their shares (total variation; chi-square test), numbers by
            their distributions (Kolmogorov and Smirnov).
        least: name -> the smallest movement, 0 to 1, that should ring.

    Without cause, any of them rings at most with a probability of ALARM.
    """
    moves, p_values = [], []
    for name in least:
        first, second = list(before[name]), list(now[name])
        if not first or not second:
            raise ValueError(f"{name!r} has no values in one of the two periods")
        if isinstance(first[0], str):
            kinds = sorted(set(first) | set(second))
            counts = np.array([[period.count(kind) for kind in kinds] for period in (first, second)])
            shares = counts / counts.sum(axis=1, keepdims=True)
            moves.append(float(abs(shares[0] - shares[1]).sum() / 2))
            p_values.append(float(stats.chi2_contingency(counts).pvalue) if len(kinds) > 1 else 1.0)
        else:
            found = stats.ks_2samp(np.asarray(first, float), np.asarray(second, float))
            moves.append(float(found.statistic))
            p_values.append(float(found.pvalue))
    return [
        Trigger(name, moved, float(adjusted), bool(adjusted < ALARM and moved >= least[name]))
        for name, moved, adjusted in zip(least, moves, comparisons.holm(p_values), strict=True)
    ]
