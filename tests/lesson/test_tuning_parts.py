"""What lesson 05 judges comes out of rows and seconds; the parts of a verdict have their names."""

import numpy as np
import pytest
import torch
from ledger_rows import of_hits

from helpers.lesson import tuning_parts
from helpers.machine import runtime
from helpers.methods import tuning
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import claims, rules


def parts_of(claim):
    return {part.name for one in rules.everything() if one.id == claim for part in one.parts}


def tokens(method, count):
    return of_hits(method, [1, 0, 1, 1], prompt_tokens=[count] * 4, model="m")


@pytest.mark.parametrize("also", [None, "another"])
def test_tuned_rows_are_held_against_prompts_with_the_same_labels(also):
    seeds = [of_hits(f"seed {n}", [1, 1, 1, 1], model="m") for n in range(3)]
    other = tokens("another", 90) if also else None
    found = tuning_parts.of_labels(seeds, tokens("own", 10), tokens("nearest", 100), other)
    assert set(found) == parts_of("L11")
    assert [one.note for one in found["equal labels"]] == ["nearest"] + ["another"] * bool(also)
    assert found["tokens"].interval.estimate == pytest.approx(0.1)
    assert tuning_parts.of_labels([], tokens("own", 10), tokens("nearest", 100), other)["equal labels"] == []


def test_what_tuning_gains_is_over_the_best_prompt_and_nothing_without_one():
    best, seeds = of_hits("best prompt", [0, 0, 0, 1]), [of_hits(f"seed {n}", [1, 1, 1, 1]) for n in range(3)]
    (found,) = tuning_parts.over_prompt(best, seeds)
    assert (found.interval.estimate, found.note) == (pytest.approx(0.75), "over best prompt")
    assert tuning_parts.over_prompt(None, seeds) == tuning_parts.over_prompt(best, []) == []


def test_seconds_are_held_against_those_of_the_same_and_of_the_long_prompt():
    one, four = np.ones(6), np.full(6, 4.0)
    longer = {tuning_parts.SHORT: one, **dict.fromkeys(tuning_parts.LONG.values(), four)}
    found = tuning_parts.of_seconds({"merged": four, "untuned": one}, longer, tokens("own", 10))
    assert set(found) == parts_of("L10")
    assert found["same prompt"].interval.estimate == 4
    assert {found[f"long prompt, {way}"].interval.estimate for way in tuning_parts.LONG} == {0.25}


@pytest.mark.parametrize(("count", "told"), [(1, "(1 seed) minus rival"), (3, "(3 seeds) minus rival")])
def test_what_tuning_gains_is_told_with_its_seeds(count, told, capsys):
    found = tuning_parts.gains([of_hits(f"seed {n}", [1, 1]) for n in range(count)], [of_hits("rival", [0, 0])])
    assert told in capsys.readouterr().out
    assert found["rival"].estimate == 1


@pytest.fixture(scope="module")
def adapter(small, tmp_path_factory):
    pairs = [tuning.Pair(f"Message {n}: where is my money?", ("billing", "other")[n % 2]) for n in range(8)]
    run = tuning.train(small, pairs, tuning.Recipe(rank=4, learning_rate=0.05, epochs=2), progress=False)
    return tuning.save(run, tmp_path_factory.mktemp("adapter") / "mine")


def log_probs(lm):
    ids = lm.tokenizer(["where is my money now", "what is my hub for"], return_tensors="pt", padding=True).input_ids
    with torch.inference_mode():
        return lm.model(ids).logits[:, -1, :50].float().log_softmax(-1).numpy()


@pytest.mark.weights
def test_another_format_is_that_of_a_model_loaded_in_it(real):
    """As transformers loads it: weights in the format, the frequencies of positions in float32."""
    ids, loaded = torch.tensor([[1, 50, 60, 70]]), LanguageModel.load(catalogue.DEFAULT, dtype=torch.bfloat16)
    with torch.inference_mode():
        theirs, ours = loaded.model(ids).logits, tuning_parts._in_format(real, torch.bfloat16).model(ids).logits
    assert torch.equal(theirs, ours) and real.model.dtype == torch.float32
    assert tuning_parts._in_format(real, torch.float32) is real


@pytest.mark.parametrize("here", ["float32", "bfloat16"])
def test_a_merge_is_judged_in_both_number_formats_whatever_the_machine_computes_in(
    small, adapter, here, tmp_path, capsys
):
    lm = small if here == "float32" else tuning_parts._in_format(small, torch.bfloat16)
    found = tuning_parts.merged_in(lm, adapter, tmp_path / "out" / "m.gguf", log_probs)
    assert set(found) == parts_of("L12")
    values = {name: one.interval.estimate for name, one in found.items()}
    assert values["float32, merged"] < 1e-4 < values["bfloat16, merged"]
    assert all(one.dtypes == (name.split(",")[0],) for name, one in found.items())
    assert lm.model.dtype == tuning_parts.FORMATS[here]
    assert "not merged, bfloat16 and float32: up to" in capsys.readouterr().out
    assert len(claims.conclude("L12", found).models) == 1


def test_a_merge_in_the_other_format_is_left_out_where_memory_is_short(small, adapter, tmp_path, monkeypatch, capsys):
    limit = runtime.Choice(1, "the container's limit")
    monkeypatch.setattr(runtime, "memory", lambda: limit)
    found = tuning_parts.merged_in(small, adapter, tmp_path / "out" / "m.gguf", log_probs)
    assert list(found) == ["float32, merged"]
    said = capsys.readouterr().out
    assert "bfloat16: not merged; that takes" in said and "written, not read again" in said
    assert claims.conclude("L12", found).outcome == "not tested"
