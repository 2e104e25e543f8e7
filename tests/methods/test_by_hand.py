"""LoRA by hand does what peft and the course's own loop do."""

import pytest
import torch

from helpers.methods import tuning
from helpers.methods.tuning import by_hand

RECIPE = tuning.Recipe(rank=4, target_modules="all-linear", layers=1, batch_size=2, epochs=1, warmup=0.0)
PAIRS = [tuning.Pair(f"Message {i}", "billing" if i % 2 else "other", str(i)) for i in range(2)]


def random_layer(*, trained=False):
    torch.manual_seed(0)
    sizes = ((3, 10), (7, 10), (4, 10), (7, 4))
    x, W, A, B = (torch.randn(*size) for size in sizes)
    return x, W, A.requires_grad_(trained), B.requires_grad_(trained)


def test_the_formula_is_that_of_peft_and_of_the_merged_matrix():
    x, W, A, B = random_layer()
    found = by_hand.lora(x, W, A, B, 16)
    assert torch.allclose(found, by_hand.by_peft(x, W, A, B, 16), atol=1e-5)
    assert torch.allclose(found, x @ by_hand.merged(W, A, B, 16).T, atol=1e-4)


def test_one_step_by_hand_follows_the_gradient_of_the_loop(small):
    prepared = tuning.prepare(small, PAIRS, RECIPE)
    rows = by_hand.rows(prepared.examples, ["a", "b"])
    model = by_hand.attach(small, by_hand.lora, RECIPE)
    counted = sum(matrix.numel() for matrix in by_hand.trained(model))
    assert counted == sum(tuning.count_parameters(small.model, RECIPE).values())
    losses = []
    for row in rows:
        assert row["labels"][: row["prompt_tokens"]] == [by_hand.IGNORED] * row["prompt_tokens"]
        read = model(torch.tensor([row["ids"]])).logits[0].float()
        losses.append(by_hand.answer_loss(read.log_softmax(-1), row["labels"]))
    tokens = [len(example.answer) for example in prepared.examples]
    mean = sum(loss.item() * n for loss, n in zip(losses, tokens, strict=True)) / sum(tokens)
    run = tuning.train(small, PAIRS, RECIPE, progress=False)
    assert run.history.losses[0] == pytest.approx(mean, rel=1e-3)
    sum(losses).backward()
    on_a, on_b = by_hand.gradient_lengths(model)
    assert on_a == 0.0  # B is zero, so nothing that A does can be seen yet
    assert on_b > 0.0


def test_the_parts_of_a_trained_layer_make_its_merged_weight(small):
    run = tuning.train(small, PAIRS, RECIPE, progress=False)
    name, *matrices = by_hand.updated(run.lm)
    merged = tuning.merge(run.lm).model.get_submodule(name).weight.float()
    assert torch.allclose(by_hand.merged(*matrices), merged, atol=1e-2 if small.model.dtype == torch.bfloat16 else 1e-5)


def test_a_recipe_without_a_layer_of_the_model_is_refused(small):
    with pytest.raises(tuning.TuningError, match="no linear layer"):
        by_hand.attach(small, by_hand.lora, tuning.Recipe(target_modules="nothing"))


def test_what_is_found_may_come_in_any_collection_and_the_rows_stay_as_they_are(small):
    rows = by_hand.rows(tuning.prepare(small, PAIRS, RECIPE).examples, ["Message 0", "other"])

    def found(rows, texts, end):
        rows[0]["labels"].clear()
        return {"a": (i for i in [0, 1]), "b": {0}, "c": torch.tensor([1])}

    assert by_hand.inspected(found, rows, ["message 0"], 2) == {"a": 2, "b": 1, "c": 1}
    assert rows[0]["labels"]
