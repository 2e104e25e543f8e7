"""All ways of asking that were tried on dev for one context of a reader, as one table."""

from collections.abc import Mapping

from helpers.methods.retrieval.contexts import forms
from helpers.methods.search import crossed, kept
from helpers.model.language_model import LanguageModel
from helpers.tasks import policies


def table(lm: LanguageModel, tier: str, context: str) -> str:
    """Return right answers of all forms that a model tried on dev, as Markdown: a line a wording."""
    tries = [vars(form) for form in forms()]
    everything = len(policies.load_policy_questions("dev", tier=tier))
    rows = kept(policies.TIERS[tier], f"reader, {context}", tries, everything, lm.name)
    told = "Columns: the first words that the answer was given, without and after worked examples."
    return f"{crossed(tries, rows, _column, 'wording')} {told}"


def _column(settings: Mapping) -> str:
    start = f"“{settings['start']}”" if settings["start"] else "no start"
    return f"{start}, after examples" if settings["shown"] else start
