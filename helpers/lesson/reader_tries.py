"""All ways of asking that were tried on dev for one context of a reader, as one table."""

from helpers.methods.retrieval.contexts import STARTS, WORDINGS, Form
from helpers.methods.search import Candidate
from helpers.model.language_model import LanguageModel
from helpers.results import lookup, markdown
from helpers.statistics.selection import winner
from helpers.tasks import policies


def table(lm: LanguageModel, tier: str, context: str) -> str:
    """Return right answers of all forms that a model tried on dev, as Markdown: a line a wording.

    A dash: not tried with this model. Below the table stands what the best of them is worth.
    """
    everything = len(policies.load_policy_questions("dev", tier=tier))
    rows = lookup.rows(policies.TIERS[tier], "dev", reference=True, model=lm.name)
    kept = {row.method: row for row in rows if row.n == everything}
    places = [(start, shown) for shown in (False, True) for start in STARTS]

    def row_of(form: Form):
        return kept.get(f"reader, {context}: {Candidate(vars(form), str).name}")

    forms = {wording: [row_of(Form(wording, *place)) for place in places] for wording in WORDINGS}
    tried = [row for some in forms.values() for row in some if row]
    if not tried:
        return f"No way of asking was tried on dev with {lm.name} for *{context}*."
    named = [f"{'worked examples, ' * shown}{f'starts “{start}”' if start else 'no start'}" for start, shown in places]
    lines = [[wording, *(str(sum(row.correct)) if row else "–" for row in some)] for wording, some in forms.items()]
    found = winner([row.correct for row in tried])
    return f"{markdown.table(['wording', *named], lines)}\n\nOf {everything} questions of dev; {found}."
