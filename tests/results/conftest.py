"""Rules that tests of verdicts know: a copy, so that a changed claim breaks no test of how a verdict is reached."""

import pathlib

import pytest

from helpers.results import rules


@pytest.fixture
def known_rules(monkeypatch):
    monkeypatch.setattr(rules, "SOURCE", pathlib.Path(__file__).with_name("rules_of_tests.json"))
    rules._read.cache_clear()
    yield
    rules._read.cache_clear()
