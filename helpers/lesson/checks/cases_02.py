"""What the checks of lesson 02 try: label words, templates, answers to parse, objects that fit a schema or do not."""

SWAPPED = {
    "billing": " a bill",
    "technical_support": " a bug report",
    "refund_request": " a product inquiry",
    "product_inquiry": " a request for a refund",
    "complaint": " a review",
    "other": " something else",
}
OF_THE_LESSON = (
    "a bill, a billing question, a question about a bill, about a payment, a bug report, a technical problem, "
    "an error, a request for help, a product inquiry, a refund request, a request for a refund, a return, "
    "about money back, a sales question, a question, a customer's interest, a question before buying, a complaint, "
    "a review, an angry complaint, about bad service, something else, a general message, a note, "
    "another kind of message"
)
FILLS = (
    ("Message: {text}", "hello"),
    ('{text}\nAnswer as {"risk": "low"}.', "It shows {error} and {0}"),
    ("{text} -- {text}", "twice {text}?"),
    ("100 % {text} %s {other}", "\\1 and $text"),
    ("no place", "anything"),
    ("{text}", ""),
)
NAMED = (
    ("billing", "billing"),
    ("  Refund_Request. ", "refund_request"),
    ("This is a PRODUCT INQUIRY, I think.", "product_inquiry"),
    ("billing, since it is about billing", "billing"),
    ("billing or complaint", None),
    ("My mother is rebilling me", None),
    ("technical_support/refund_request", None),
    ("", None),
    ("I cannot help with that", None),
    ("The label is 'other'.", "other"),
)
FITTING = (
    {"order": "LF-48213", "amount": 0, "reason": "late"},
    {"order": "LF-00001", "amount": 149.5, "reason": "unopened"},
    {"order": "LF-99999", "amount": 12, "reason": "faulty"},
)
UNFITTING = (
    ({}, "an empty object"),
    ({"order": "LF-48213", "amount": 10}, "an object without its reason"),
    ({"order": "LF-482130", "amount": 10, "reason": "late"}, "an order of six digits"),
    ({"order": "no LF-48213", "amount": 10, "reason": "late"}, "text before the order"),
    ({"order": "LF-48213", "amount": -1, "reason": "late"}, "a negative amount"),
    ({"order": "LF-48213", "amount": "10", "reason": "late"}, "an amount written as text"),
    ({"order": "LF-48213", "amount": 10, "reason": "changed my mind"}, "an unknown reason"),
    ({"order": "LF-48213", "amount": 10, "reason": "late", "note": ""}, "a fourth field"),
    ([], "a list"),
)
