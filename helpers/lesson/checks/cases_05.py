"""What a check of lesson 05 tries: texts that are a form, and texts that are nearly one."""

import json

_FIELDS = {"title": "Move the hub's log", "risk": "low", "rationale": 'It says "only staff" {and no customer}.'}
_PLAIN = json.dumps(_FIELDS)
_LESS, _MORE = {key: _FIELDS[key] for key in ("title", "risk")}, {**_FIELDS, "owner": "Ops"}
FORMS = (  # what it is, the text, and what is read from it
    ("a form", _PLAIN, _FIELDS),
    ("a form with spaces and line ends around it", f"\n  {_PLAIN} \n", _FIELDS),
    (
        "a form over several lines, its keys in another order",
        json.dumps(dict(reversed(_FIELDS.items())), indent=2),
        _FIELDS,
    ),
    (
        "a form with an empty title and an unknown risk",
        json.dumps({**_FIELDS, "title": "", "risk": "?"}),
        {**_FIELDS, "title": "", "risk": "?"},
    ),
    ("a form with null for its risk", json.dumps({**_FIELDS, "risk": None}), {**_FIELDS, "risk": None}),
    ("a form with a number for its risk", json.dumps({**_FIELDS, "risk": 3}), {**_FIELDS, "risk": 3}),
    ("a form with a list for its risk", json.dumps({**_FIELDS, "risk": ["low"]}), {**_FIELDS, "risk": ["low"]}),
    ("a form with spaces around its title", json.dumps({**_FIELDS, "title": " a "}), {**_FIELDS, "title": " a "}),
    (
        "a form with two spaces in its title",
        _PLAIN.replace("Move", "Move "),
        {**_FIELDS, "title": "Move  the hub's log"},
    ),
    ("a line end inside a text of it, which JSON forbids", _PLAIN.replace("Move the", "Move\nthe"), None),
    ("a code fence around it", f"```json\n{_PLAIN}\n```", None),
    ("a code fence of no language around it", f"```\n{_PLAIN}\n```", None),
    ("a bare fence around it", f"`{_PLAIN}`", None),
    ("a space in a key", _PLAIN.replace('"title"', '" title"'), None),
    ("words before it", f"Sure! {_PLAIN}", None),
    ("words behind it", f"{_PLAIN} Anything else?", None),
    ("two forms", f"{_PLAIN}\n{_PLAIN}", None),
    ("a list of one form", f"[{_PLAIN}]", None),
    ("a form in a string", json.dumps(_PLAIN), None),
    ("a form inside an object", json.dumps({"answer": _FIELDS}), None),
    ("a key too few", json.dumps(_LESS), None),
    ("a key too many", json.dumps(_MORE), None),
    ("a key in capitals", _PLAIN.replace('"title"', '"Title"'), None),
    ("single quotes", str({"title": "a", "risk": "low", "rationale": "b"}), None),
    ("a form cut off", _PLAIN[:-3], None),
    ("a list of the three keys", json.dumps(list(_FIELDS)), None),
    ("a number", "42", None),
    ("null", "null", None),
    ("nothing", "", None),
)
