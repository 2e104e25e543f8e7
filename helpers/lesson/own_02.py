"""The course's own answers to exercises of lesson 02 that no other helper gives, for learners who left one out.

MINE and MY_WORDS are the solution of 02.3. PROMPT and WORDS answer nothing: they are the sixth prompt and the third
table of words of the lesson's search, written down once and not searched for.
"""

from helpers.model.prompts import Prompt

PROMPT = Prompt("6 another question", "A customer wrote: {text}\n\nWhat kind of message is this?", start="This is")
WORDS = {
    "billing": " a question about a charge",
    "technical_support": " a call for technical help",
    "refund_request": " a demand for money back",
    "product_inquiry": " a question about a product",
    "complaint": " a complaint",
    "other": " something else",
}
MINE = Prompt("my prompt", user="{text}\n\nWhat kind of message is this?", start="This is")
MY_WORDS = {  # the best of 4,096 tables tried on dev
    "billing": " a question about a bill",
    "technical_support": " a bug report",
    "refund_request": " a request for a refund",
    "product_inquiry": " a product inquiry",
    "complaint": " a review",
    "other": " another kind of message",
}
REFUND_SCHEMA = {
    "type": "object",
    "properties": {
        "order": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
        "amount": {"type": "number", "minimum": 0},
        "reason": {"enum": ["unopened", "faulty", "late"]},
    },
    "required": ["order", "amount", "reason"],
    "additionalProperties": False,
}


def fill(template: str, text: str) -> str:
    """Return a template with each {text} replaced by a text, and every other sign as it was.

    >>> fill('{text} {"a": 1}', "{b}")
    '{b} {"a": 1}'
    """
    return template.replace("{text}", text)
