"""What the checks of lesson 02 try: label words, templates, answers to parse, objects that fit a schema or do not."""

OF_THE_LESSON = (
    "a billing question, a technical problem, a refund request, a question before buying, a complaint, something else"
)
FILLS = (
    ("Message: {text}", "hello"),
    ('{text}\nAnswer as {"risk": "low"}.', "It shows {error} and {0}"),
    (
        "{text}}",
        "{text",
    ),  # a place that comes of it is none; before the message with a place, on which a loop may never end
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
    ("The answer is:\nrefund request", "refund_request"),
    ("I have read this message twice, and with care, and I would call it a complaint", "complaint"),
    ("billing\n\nNo, rather a complaint", None),
)
OTHER_NAMES = (
    ("Es geht um die Gebühr", None, ("hr", "it")),
    ("So HR it is, éh?", None, ("hr", "it")),
    ("HR, é", "hr", ("hr", "it")),
    ("A hot dog", "hot_dog", ("cat", "hot_dog")),
    ("billing", None, ("cat", "hot_dog")),
    ("Concatenate", None, ("cat", "hot_dog")),
    ("It is C++.", "C++", ("C++", "Java")),
    ("It is C.", None, ("C++", "Java")),
    ("javascript", None, ("C++", "Java")),
)
_REFUND = {"order": "LF-48213", "amount": 10, "reason": "late"}
FITTING = (
    {"order": "LF-48213", "amount": 0, "reason": "late"},
    {"order": "LF-00001", "amount": 149.5, "reason": "unopened"},
    {"order": "LF-99999", "amount": 12, "reason": "faulty"},
    {"order": "LF-56047", "amount": 12500.75, "reason": "late"},
    {"order": "LF-10000", "amount": 98765432109.125, "reason": "late"},
    {"order": "LF-10001", "amount": 1e300, "reason": "late"},
)
_NO_ORDER = {
    "LF-4821": "an order of four digits",
    "LF-482130": "an order of six digits",
    "LF-ABCDE": "an order of letters instead of digits",
    "LF-4821x": "an order with a letter among its digits",
    "LF–48213": "an order with a longer dash",
    "LF48213": "an order without its dash",
    "LF 48213": "an order with a space for its dash",
    "lf-48213": "an order in small letters",
    "AB-48213": "an order that begins with other letters than LF",
    "no LF-48213": "text before the order",
    " LF-48213": "a space before the order",
    "LF-48213, please": "text after the order",
    "LF-48213\nplease": "a second line after the order",
    "please\nLF-48213": "a line before the order",
    "": "an order that is empty",
    48213: "an order that is a number",
    None: "an order that is null",
}
_NO_AMOUNT = {
    -1: "a negative amount",
    -0.01: "an amount that is a little below zero",
    -1e-12: "an amount that is hardly below zero",
    "10": "an amount written as text",
    None: "an amount that is null",
    True: "an amount that is true",
}
_NO_REASON = {
    "changed my mind": "an unknown reason",
    "other": "a fourth reason",
    "too late": "a reason with a word in front of it",
    "Late": "a reason with a capital letter",
    "": "a reason that is empty",
    None: "a reason that is null",
}
UNFITTING = (
    ({}, "an empty object"),
    ({"amount": 10, "reason": "late"}, "an object without its order"),
    ({"order": "LF-48213", "reason": "late"}, "an object without its amount"),
    ({"order": "LF-48213", "amount": 10}, "an object without its reason"),
    ({**_REFUND, "note": ""}, "a fourth field"),
    *(({**_REFUND, "order": order}, what) for order, what in _NO_ORDER.items()),
    *(({**_REFUND, "amount": amount}, what) for amount, what in _NO_AMOUNT.items()),
    *(({**_REFUND, "reason": reason}, what) for reason, what in _NO_REASON.items()),
    ([], "a list"),
    ("LF-48213", "a text"),
    (None, "null"),
)
