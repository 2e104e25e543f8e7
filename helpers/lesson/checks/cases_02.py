"""What the checks of lesson 02 try: label words, templates, answers to parse, objects that fit a schema or do not."""

OF_THE_LESSON = (
    "a billing question, a technical problem, a refund request, a question before buying, a complaint, something else"
)
FILLS = (
    ("Message: {text}", "hello"),
    ('{text}\nAnswer as {"risk": "low"}.', "It shows {error} and {0}"),
    ("{text} -- {text}", "twice {text}?"),
    ("100 % {text} %s {other}", "\\1 and $text"),
    ("no place", "anything"),
    ("{text}", ""),
    ("  {text}\n", "  spaces at both ends\t\n"),
    ("{Text} { text } {text}", "{text} comes again in me"),
    ("\n{text}\r\n", "\\g<0> {{text}}"),
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
    ("another thing", None),
    ("I was brotherly", None),
    ("technical support2", None),
    ("TECHNICAL_SUPPORT", "technical_support"),
    ("complaints", None),
    ("**complaint**\nThe customer is angry.", "complaint"),
    ("no billing; other", None),
)
OTHER_NAMES = (
    ("A hot dog", "hot_dog", ("cat", "hot_dog")),
    ("billing", None, ("cat", "hot_dog")),
    ("Concatenate", None, ("cat", "hot_dog")),
    ("It is C++.", "C++", ("C++", "Java")),
    ("javascript", None, ("C++", "Java")),
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
