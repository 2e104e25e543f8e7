"""Looking facts up: the line that answers is quoted, and it counts by where it stands."""

from helpers.methods.retrieval import best_line
from helpers.methods.retrieval.chunking import Chunk
from helpers.model import catalogue
from helpers.tasks import facts, policies


def test_looking_up_quotes_the_line_that_answers(real):
    documents = policies.load_policies()
    index = best_line.policy_index(documents, catalogue.load_embedder(device="cpu"), real)
    asked = facts.questions(facts.load(), "trained")[:12]
    quotes = best_line.looked_up(index, [question.question for question in asked])
    told = best_line.quote_verdicts(asked, quotes, documents)
    graded = facts.verdicts(asked, [quote.text for quote in quotes])
    assert told.count("right") > graded.count("right") > len(asked) // 2 - 1
    assert all(verdict == "right" for verdict, by_text in zip(told, graded, strict=True) if by_text == "right")
    changed = facts.edit_policies(documents, facts.load())
    for policy in changed:
        index.update(policy)
    news = facts.questions(facts.edited(facts.load()), "trained")[:6]
    quotes = best_line.looked_up(index, [one.text for one in news])
    assert best_line.quote_verdicts(news, quotes, changed).count("right") >= 3


def test_a_quote_counts_by_where_it_stands():
    documents = policies.load_policies()
    asked = facts.questions(facts.load(), "trained")[0]
    (policy,) = [policy for policy in documents if policy.id == asked.documents[0]]
    at = policy.text.index(asked.evidence[0])

    def quote(start, end, text="nothing of use"):
        return Chunk("x", policy.id, policy.title, "public", "2026-01-01", "", start, end, text)

    inside, before = quote(at + 1, at + 5), quote(0, at)
    assert best_line.quote_verdicts([asked] * 3, [inside, before, None], documents) == ["right", "wrong", "wrong"]
    assert best_line.quote_verdicts([asked], [quote(0, 1, asked.answer)], documents) == ["right"]
