"""Money: what 1,000 requests cost by measured tokens or seconds, and when a fixed outlay has paid for itself.

Prices are examples to be replaced by what you pay. Sums are exact fractions of the decimal figures as written, so that
no break-even is off by one request through rounding.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction


def _check(values: Mapping[str, float]) -> None:
    for name, value in values.items():
        if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} must be a number, finite and not negative; got {value!r}")


@dataclass(frozen=True)
class Prices:
    """Dollars per million tokens read anew, read from a provider's cache, and written; where and when that was so."""

    read: float
    cached: float
    written: float
    note: str

    def __post_init__(self):
        _check({"read": self.read, "cached": self.cached, "written": self.written})

    def __str__(self) -> str:
        return f"read {self.read:g}, cached {self.cached:g}, written {self.written:g} ({self.note})"


EXAMPLE_PRICES = Prices(0.15, 0.075, 0.60, "an example: one small hosted model as priced in 2024; put in what you pay")
EXAMPLE_HOUR = 0.10  # dollars an hour for two cores: an example of the same kind


def _exact(value: float) -> Fraction:
    """Return the decimal number that a float is written as: 0.02 is 2/100 here, and not its binary neighbor."""
    return Fraction(repr(float(value)))


def by_tokens(
    prompt_tokens: float, new_tokens: float, prices: Prices = EXAMPLE_PRICES, cached_tokens: float = 0
) -> float:
    """Return dollars for 1,000 requests by the tokens that one reads and writes.

    cached_tokens: how many of the prompt's tokens come from the provider's cache, since all requests share them.

    >>> round(by_tokens(274, 4), 4)
    0.0435
    """
    _check({"prompt_tokens": prompt_tokens, "new_tokens": new_tokens, "cached_tokens": cached_tokens})
    if cached_tokens > prompt_tokens:
        raise ValueError(
            f"{cached_tokens} cached tokens of a prompt of {prompt_tokens}; at most all of it can be cached"
        )
    anew = prompt_tokens - cached_tokens
    return (anew * prices.read + cached_tokens * prices.cached + new_tokens * prices.written) / 1000


def by_machine(seconds_per_item: float, dollars_per_hour: float = EXAMPLE_HOUR) -> float:
    """Return dollars for 1,000 requests on a machine that is busy all the time; idle hours cost the same again.

    >>> by_machine(3.6, 2.0)
    2.0
    """
    _check({"seconds_per_item": seconds_per_item, "dollars_per_hour": dollars_per_hour})
    return seconds_per_item * 1000 / 3600 * dollars_per_hour


@dataclass(frozen=True)
class People:
    """What people cost before the first request: dollars an hour, minutes a label, hours of evaluation and set-up."""

    wage: float = 40.0
    minutes_a_label: float = 0.5
    hours: float = 8.0

    def __post_init__(self):
        _check({field.name: getattr(self, field.name) for field in fields(self)})

    def outlay(self, labels: int, machine_seconds: float = 0.0, dollars_per_hour: float = EXAMPLE_HOUR) -> float:
        """Return dollars for so many labels, the hours of set-up, and the machine's seconds (training, an index).

        >>> round(People(wage=60, minutes_a_label=1, hours=2).outlay(100), 2)
        220.0
        """
        _check({"labels": labels, "machine_seconds": machine_seconds})
        paid = self.wage * (labels * self.minutes_a_label / 60 + self.hours)
        return paid + machine_seconds / 3600 * dollars_per_hour


@dataclass(frozen=True)
class Case:
    """A way that costs money first, against the one in use.

    fixed: dollars before the first request: labeling, training, evaluation.
    old, new: dollars a request, of the way in use and of the other.
    requests: a month.
    unit: what is counted, in the plural: requests, or right answers; then `old`, `new` and `requests` are of these.
    upkeep: dollars a month, for hosting, monitoring, fresh labels.
    retrain, retrain_every: dollars for each retraining, and months between two; 0 months is never.
    horizon: months to look ahead.
    """

    fixed: float
    old: float
    new: float
    requests: float
    upkeep: float = 0.0
    retrain: float = 0.0
    retrain_every: int = 0
    horizon: int = 24
    unit: str = "requests"

    def __post_init__(self):
        _check({field.name: getattr(self, field.name) for field in fields(self) if field.name != "unit"})
        if self.horizon < 1 or any(int(n) != n for n in (self.retrain_every, self.horizon)):
            raise ValueError(f"use whole months, horizon at least 1; got {self.retrain_every} and {self.horizon}")

    @property
    def one(self) -> str:
        """What one of the unit is called."""
        return self.unit.removesuffix("s")

    def called(self) -> dict[str, str]:
        """Return what each figure is in words, for pictures and sliders."""
        return {
            "fixed": f"dollars before the first {self.one}",
            "old": f"dollars a {self.one}, as it is now",
            "new": f"dollars a {self.one}, tuned",
            "requests": f"{self.unit} a month",
            "upkeep": "upkeep, dollars a month",
            "retrain": "dollars for each retraining",
        }

    def balance(self, months: int) -> float:
        """Return dollars gained (or, negative, still owed) after so many months; retraining is paid at their start."""
        retrainings = (months - 1) // self.retrain_every if self.retrain_every and months else 0
        saved = (_exact(self.old) - _exact(self.new)) * _exact(self.requests) - _exact(self.upkeep)
        return float(saved * months - _exact(self.fixed) - _exact(self.retrain) * retrainings)


@dataclass(frozen=True)
class BreakEven:
    """When a case has paid for itself.

    month: the first month at whose end nothing is owed, or None.
    requests: answered by then, counted in whole months, or None.
    gain: dollars at the horizon.
    statement: the same in words, with the reason where there is no month, or with a retraining that undoes it later.
    """

    month: int | None
    requests: float | None
    gain: float
    statement: str


def requests_needed(fixed: float, old: float, new: float) -> int | None:
    """Return how many requests pay back a fixed outlay where nothing else costs; None if they never do.

    >>> requests_needed(500, 0.02, 0.005), requests_needed(500, 0.02, 0.02), requests_needed(0, 0.02, 0.02)
    (33334, None, 0)
    """
    _check({"fixed": fixed, "old": old, "new": new})
    saving = _exact(old) - _exact(new)
    if fixed == 0 and saving >= 0:
        return 0
    return math.ceil(_exact(fixed) / saving) if saving > 0 else None


def variations(prices: Prices) -> dict[str, tuple[Prices, Prices]]:
    """Return price lists by name, each for the model as it is and for a tuned one.

    A verdict about money is told for each of them: prices change faster than lessons.

    >>> list(variations(EXAMPLE_PRICES))
    ['as given', 'cache at a tenth', 'no cache', 'a model 20 times as dear', 'tuned twice as dear']
    """
    cheap, none = replace(prices, cached=prices.read / 10), replace(prices, cached=prices.read)
    dear, twice = _times(prices, 20), _times(prices, 2)
    return {
        "as given": (prices, prices),
        "cache at a tenth": (cheap, cheap),
        "no cache": (none, none),
        "a model 20 times as dear": (dear, dear),
        "tuned twice as dear": (prices, twice),
    }


def _times(prices: Prices, factor: float) -> Prices:
    """Return prices that are all so many times as high."""
    return Prices(prices.read * factor, prices.cached * factor, prices.written * factor, prices.note)


def article_formula(fixed: float, old: float, new: float) -> int:
    """Return the break-even as one article computes it: cut to a whole number, without upkeep or any check.

    >>> article_formula(500, 0.02, 0.005), article_formula(500, 0.005, 0.02)
    (33333, -33333)
    """
    return int(fixed / (old - new))


def in_dollars(amount: float, signed: bool = False) -> str:
    """Return an amount in dollars and cents, with a plus before a gain if `signed`.

    >>> in_dollars(1234.5), in_dollars(-20), in_dollars(3, signed=True)
    ('$1,234.50', '-$20.00', '+$3.00')
    """
    sign = "-" if amount < 0 else "+" if signed else ""
    return f"{sign}${abs(amount):,.2f}"


def break_even(case: Case) -> BreakEven:
    """Return when a case has paid for itself: the first month that ends without debt.

    >>> print(break_even(Case(fixed=500, old=0.02, new=0.005, requests=10_000)).statement)
    paid back in month 4, after 40,000 requests; +$3,100.00 after 24 months
    """
    free = [case.balance(month) >= 0 for month in range(1, int(case.horizon) + 1)]
    month = free.index(True) + 1 if True in free else None
    gain = case.balance(case.horizon)
    after = f"{in_dollars(gain, signed=True)} after {case.horizon} months"
    if month is None:
        return BreakEven(None, None, gain, f"{_why_not(case)}; {after}")
    undone = "" if all(free[month - 1 :]) else ", though a retraining later costs more than is there"
    words = f"paid back in month {month}, after {month * case.requests:,.0f} {case.unit}{undone}; {after}"
    return BreakEven(month, month * case.requests, gain, words)


def _why_not(case: Case) -> str:
    saving = _exact(case.old) - _exact(case.new)
    if saving < 0:
        return f"never paid back: each {case.one} costs ${float(-saving):g} more than now"
    if saving == 0:
        return f"never paid back: a {case.one} costs the same as now, so nothing is saved"
    if case.requests == 0:
        return f"never paid back: without {case.unit} nothing is saved"
    monthly = saving * _exact(case.requests)
    if monthly <= _exact(case.upkeep):
        return f"never paid back: upkeep of ${case.upkeep:,.2f} a month eats the saving of ${float(monthly):,.2f}"
    if case.retrain_every and (monthly - _exact(case.upkeep)) * case.retrain_every <= _exact(case.retrain):
        return f"not paid back: what {case.retrain_every} months save is no more than the next retraining costs"
    return f"not paid back within {case.horizon} months"


def sensitivity(case: Case, factor: float = 2.0) -> dict[str, tuple[BreakEven, BreakEven]]:
    """Return, for each figure of a case that is not zero, the break-even with it divided and multiplied by `factor`.

    Names are those of the case's fields; months and the horizon are left alone.
    """
    if factor <= 1:
        raise ValueError(f"factor must be above 1; got {factor}")
    varied = [name for name in ("fixed", "old", "new", "requests", "upkeep", "retrain") if getattr(case, name)]
    return {
        name: tuple(break_even(replace(case, **{name: getattr(case, name) * by})) for by in (1 / factor, factor))
        for name in varied
    }
