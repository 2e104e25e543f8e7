"""The house: seven rooms, each standing only on those below it, without circles; README's picture of it is true."""

import re

import found
import house
import pytest

from helpers.results import lookup, rules

MODULES = house.modules()
LESSON_NUMBER = re.compile(r"\b[Ll]essons? \d\d?\b|lesson_\d\d|lesson=\"\d\d\"|\b0\d_[a-z]+")


@pytest.mark.parametrize("name", MODULES)
def test_a_room_stands_on_those_below_it(name):
    own = house.room_of(name)
    if not own:
        return
    assert not set(house.DOORS) & house.imports()[name], "a room imports a door"
    upward = [
        other for other in house.imports()[name] if house.ROOMS.index(house.room_of(other)) > house.ROOMS.index(own)
    ]
    below = ", ".join(house.ROOMS[: house.ROOMS.index(own)])
    assert not upward, f"{own} may stand on {below or 'nothing'}; it imports {upward}"


def test_no_modules_stand_on_each_other_in_a_circle(monkeypatch):
    assert house.circle() == []
    monkeypatch.setattr(house, "imports", lambda: {"a": {"b"}, "b": {"a"}})
    assert set(house.circle()) == {"a", "b"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_fits_in_300_lines(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", [name for name in MODULES if house.room_of(name) != "lesson"])
def test_only_the_room_of_lessons_knows_a_lessons_number(name):
    assert LESSON_NUMBER.findall(MODULES[name].read_text(encoding="utf-8")) == []


def test_the_picture_in_the_readme_is_that_of_the_imports():
    assert house.README.read_text(encoding="utf-8") == house.readme(), "run `python notebooks/house.py`"


def test_a_readme_without_a_place_for_the_picture_is_told_so(tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text("# The course")
    monkeypatch.setattr(house, "README", tmp_path / "README.md")
    with pytest.raises(ValueError, match="has no place for the house"):
        house.write()


def test_the_page_of_what_was_found_is_that_of_the_rows_and_its_picture_shows_them():
    stored = found.PAGE.read_text(encoding="utf-8")
    assert stored == found.whole(), "run `make notebooks`"
    _, words = found.picture()
    assert words in stored and found.PICTURE.read_bytes().startswith(b"\x89PNG")
    assert all(f"| {claim.id}: " in stored for claim in rules.everything())


def test_what_was_found_rests_on_shipped_rows_alone_and_counts_every_claim(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    forget = found.shipped.cache_clear, found.picture.cache_clear
    before = found.text(), found.whole()
    (tmp_path / "ledger.jsonl").write_text(
        lookup.REFERENCE.read_text(encoding="utf-8").replace('"correct": [0', '"correct": [1'), encoding="utf-8"
    )
    for clear in forget:
        clear()
    assert (found.text(), found.whole()) == before
    *listed, last = found.judged()
    numbers = [re.search(r" (\d+) claims", line)[1] for line in listed] + re.findall(r" (\d+)[,.]", last)
    assert sum(map(int, numbers)) == len(rules.everything())
