"""What a lesson's code reaches in helpers: followed by names, whole where names cannot be followed."""

import pytest
import reach

TEXTS = {
    "helpers": "",
    "helpers.low": """
import math
LIMIT = 3
UNUSED = 4
def far(x): return math.sqrt(x) + LIMIT
def near(x): return far(x)
def alone(x): return x
class Box:
    def open(self): return alone(1)
""",
    "helpers.room": "from helpers.low import near as close\nfrom helpers.low import Box\n",
    "helpers.mid": """
from helpers import low, room
def through(x): return room.close(x)
def lazily(x):
    from helpers.late import wait
    return wait(x)
def lets(x): return low.Box
def looks(name): return getattr(low, name)
""",
    "helpers.late": "def wait(x): return x\ndef other(x): return x\n",
    "helpers.kept": "found = {}\ndef keep(f):\n    found[f.__name__] = f\n    return f\n@keep\ndef one(x): return x\n",
    "helpers.named": "from helpers import low\ndef check(x): return low.near(x)\n",
}
ALL = list(TEXTS)


def reached(code, ran=ALL):
    house = reach.House(TEXTS)
    found = {name: [part for part in parts if part] for name, parts in house.reached(code, ran).items()}
    return {name: parts for name, parts in found.items() if parts}


def differ(code, name, before, after):
    assert before in TEXTS[name]
    old, new = reach.House(TEXTS), reach.House({**TEXTS, name: TEXTS[name].replace(before, after)})
    one, two = old.hashes(code, ALL), new.hashes(code, ALL)
    return sorted(module for module in one if one[module] != two[module])


THROUGH = "from helpers import mid\nmid.through(4)"


def test_names_are_followed_through_imports_calls_and_constants():
    found = reached(THROUGH, ran=[name for name in ALL if name not in ("helpers.named", "helpers.kept")])
    assert found == {"helpers.mid": ["through"], "helpers.low": ["LIMIT", "far", "near"]}


LAZY = "from helpers.mid import lazily\nlazily(1)"


@pytest.mark.parametrize(
    ("code", "name", "before", "after", "stale"),
    [
        (THROUGH, "low", "LIMIT = 3", "LIMIT = 5", ["low"]),
        (THROUGH, "low", "math.sqrt(x)", "math.exp(x)", ["low"]),
        (THROUGH, "low", "import math", "import cmath as math", ["low"]),
        (THROUGH, "low", "UNUSED = 4", "UNUSED = 5", []),
        (THROUGH, "mid", "return wait(x)", "return wait(x) + 1", []),
        (LAZY, "late", "def wait(x): return x", "def wait(x): return 2", ["late"]),
        (LAZY, "late", "def other(x): return x", "def other(x): return 2", []),
        ("import helpers.mid as m\nm.lets(1)", "low", "def alone(x): return x", "def alone(x): return 2", ["low"]),
        ("from helpers import mid\nmid.looks('UNUSED')", "low", "UNUSED = 4", "UNUSED = 5", ["low"]),
        ("from helpers import mid\nprint(vars(mid))", "mid", "return wait(x)", "return 1", ["late", "mid"]),
        ("import helpers.kept", "kept", "def one(x): return x", "def one(x): return 2", ["kept"]),
        ("print(1)", "named", "return low.near(x)", "return low.far(x)", ["named"]),  # imported by its name as a text
        ("print(1)", "low", "return far(x)", "return 2", ["low"]),
    ],
)
def test_what_a_change_makes_stale(code, name, before, after, stale):
    assert differ(code, f"helpers.{name}", before, after) == [f"helpers.{one}" for one in stale]


def test_comments_and_docstrings_change_nothing():
    assert (
        differ(
            THROUGH, "helpers.low", "def near(x): return far(x)", 'def near(x):\n    "Near."\n    return far(x)  # far'
        )
        == []
    )


def test_the_docstring_of_a_module_changes_nothing():
    assert differ(THROUGH, "helpers.low", "import math", '"""Sums and roots."""\nimport math') == []


def test_a_module_that_the_run_did_not_import_does_not_count():
    house = reach.House(TEXTS)
    assert set(house.hashes(THROUGH, ["helpers.mid"])) == {"helpers.mid"}


def test_the_command_line_of_a_module_never_runs_in_a_lesson():
    text = TEXTS["helpers.low"] + '\nif __name__ == "__main__":\n    print(UNUSED)\n'
    before, after = (
        reach.House({**TEXTS, "helpers.low": t}).hashes(THROUGH, ALL) for t in (TEXTS["helpers.low"], text)
    )
    assert before == after
