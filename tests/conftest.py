"""Shared fixtures: a tiny random model for fast tests, the real one for claims about it, a results folder per test."""

import pathlib

import pytest
import torch

collect_ignore_glob = ["lesson/*_answers/*"]  # answers to exercises, two files of each name; test_exercises reads them


@pytest.fixture(autouse=True)
def own_results(tmp_path, monkeypatch):
    """No test writes to the learner's ledger, and none depends on the caller's profile or place."""
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "results"))
    for name in ("COURSE_PROFILE", "COURSE_EXPECT", "COURSE_MODEL", "COURSE_API_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def known_rules(monkeypatch):
    """Rules that tests of verdicts know: a copy, so that a changed claim breaks no test of how a verdict is reached."""
    from helpers.results import rules

    monkeypatch.setattr(rules, "SOURCE", pathlib.Path(__file__).with_name("results") / "rules_of_tests.json")
    rules._read.cache_clear()
    yield
    rules._read.cache_clear()


@pytest.fixture(scope="session")
def real():
    """The course's own model in float32, where exact comparisons make sense."""
    from helpers.model import catalogue
    from helpers.model.language_model import LanguageModel

    return LanguageModel.load(catalogue.DEFAULT, dtype=torch.float32)


@pytest.fixture(scope="session")
def small(real):
    """A random model of two layers with the real tokenizer: quick, and it has no habits that could hide a mistake."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from helpers.model.language_model import LanguageModel

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(real.tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():  # the default initialization gives nearly equal probabilities; spread them
        for parameter in model.parameters():
            parameter.mul_(4)
    return LanguageModel(model, real.tokenizer, "small random model")
