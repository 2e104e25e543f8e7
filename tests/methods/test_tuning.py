"""The tuning core, on a small random model: packed gradients, seeds, resuming, saving, merging, and clear reports."""

import json
import shutil

import numpy as np
import one_by_one
import pytest
import torch
from peft import PeftModel

from helpers.methods import tuning
from helpers.methods.tuning import loop, rows, saved
from helpers.model.again import sharing_copy
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.tasks import files
from helpers.tasks.task import Task

LABELS = ("billing", "a technical problem", "other")
TEXTS = (
    "My invoice is wrong",
    "The hub blinks red and will not join the network any more",
    "Hello",
    "Why two charges?",
)
PAIRS = [tuning.Pair(f"{text} {i}", LABELS[i % 3], f"p{i}") for i, text in enumerate(TEXTS * 3)]
DEV = [tuning.Pair(f"{text} again", LABELS[i % 3]) for i, text in enumerate(TEXTS)]
RECIPE = tuning.Recipe(rank=4, learning_rate=0.02, batch_size=5, epochs=2, row_tokens=160)


def changed(**settings):
    return tuning.Recipe(**{**RECIPE.as_dict(), **settings})


def train(lm, recipe=RECIPE, pairs=PAIRS, **options):
    return tuning.train(lm, pairs, recipe, progress=False, **options)


def weights_of(lm):
    return torch.cat([value.flatten() for _, value in sorted(saved.state_of(lm.model).items())])


@pytest.fixture(scope="module")
def tuned(small):
    return train(small, dev_pairs=DEV)


@pytest.mark.parametrize("layers", [0, 1])
@pytest.mark.parametrize("row_tokens", [40, 160, 4000])
def test_packed_rows_give_the_gradient_of_pairs_read_one_at_a_time(small, row_tokens, layers):
    recipe = changed(row_tokens=row_tokens, batch_size=len(PAIRS), layers=layers)
    prepared = tuning.prepare(small, PAIRS, recipe)
    assert prepared.shared > 20
    gradients = []
    lm = saved.attach(small, recipe, "x")
    with torch.no_grad():  # B starts at zero, which would hide the gradient of A
        for name, value in lm.model.named_parameters():
            if "lora_B" in name:
                value.copy_(torch.sin(torch.arange(value.numel()).float()).view_as(value) * 0.05)
    run = loop._Run(lm, recipe, prepared, None, None, rows.Kept())
    for way in ("packed", "packed again", "one by one"):
        lm.model.zero_grad()
        if way == "one by one":
            one_by_one.gradients(lm, prepared)
        else:
            run._gradients(range(len(PAIRS)))
        gradients.append(torch.cat([p.grad.flatten() for p in run.parameters]))
    largest = gradients[2].abs().max().item()
    assert largest > 1e-3
    for packed in gradients[:2]:  # the second time, frozen layers come from what was kept
        torch.testing.assert_close(packed, gradients[2], rtol=0, atol=1e-3 * largest)


def test_a_pair_that_is_longer_than_a_row_should_be_holds_less_for_its_gradient(small):
    prepared = tuning.prepare(small, [tuning.Pair("Why two charges? " * 8, "billing")], RECIPE)
    row = rows.lay_out(prepared.examples, [0], prepared.shared)
    lm = saved.attach(small, RECIPE, "x")

    def held(most):
        found = {}  # memory that the gradient keeps, by its address
        count = torch.autograd.graph.saved_tensors_hooks(
            lambda one: found.setdefault(one.untyped_storage().data_ptr(), one), lambda one: one
        )
        with count:
            rows.Reader(lm.model, 1, rows.Kept(), most).hidden(row)
        return sum(one.untyped_storage().nbytes() for one in found.values())

    assert held(len(row.ids) - 1) < held(len(row.ids)) / 3


def test_rows_hold_every_pair_once_and_stay_within_their_length(small):
    prepared = tuning.prepare(small, PAIRS, RECIPE)
    groups = rows.split(prepared.examples, range(len(PAIRS)), prepared.shared, 160)
    assert sorted(i for group in groups for i in group) == list(range(len(PAIRS)))
    assert 1 < len(groups) < len(PAIRS)
    assert all(len(rows.lay_out(prepared.examples, group, prepared.shared).ids) <= 160 + rows.STEP for group in groups)


def test_dev_loss_is_the_mean_over_answer_tokens(small):
    prepared = tuning.prepare(small, DEV, RECIPE)
    run = loop._Run(saved.attach(small, RECIPE, "x"), RECIPE, prepared, prepared, None, rows.Kept())
    losses = []
    for example in prepared.examples:
        logits = small.model(torch.tensor([[*example.prompt, *example.answer]])).logits[0, len(example.prompt) - 1 : -1]
        losses += torch.nn.functional.cross_entropy(logits, torch.tensor(example.answer), reduction="none").tolist()
    assert run.dev_loss() == pytest.approx(np.mean(losses), rel=1e-4)


def test_training_learns_and_leaves_the_base_alone(small, tuned):
    before = small.score(["My invoice is wrong 0"], LABELS).log_probs
    assert np.mean(tuned.history.losses[-2:]) < np.mean(tuned.history.losses[:2])
    assert np.array_equal(small.score(["My invoice is wrong 0"], LABELS).log_probs, before)
    assert not np.allclose(tuned.lm.score(["My invoice is wrong 0"], LABELS).log_probs, before)
    assert not saved.lora_layers(small.model)
    assert small.model.model.layers[0].mlp.up_proj.weight is tuned.lm.model.model.layers[0].mlp.up_proj.weight
    assert tuned.history.seen == {pair.id: 2 for pair in PAIRS}
    assert len(tuned.lm.generate(["Hi"], max_new_tokens=3, progress=False).texts) == 1


def test_same_seed_same_adapter_other_seed_another(small, tuned):
    assert torch.equal(weights_of(train(small, dev_pairs=DEV).lm), weights_of(tuned.lm))
    assert not torch.equal(weights_of(train(small, changed(seed=1), dev_pairs=DEV).lm), weights_of(tuned.lm))


def test_training_leaves_the_global_random_state_alone(small):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    train(small, changed(dropout=0.2))
    assert torch.rand(1) == expected


class _Stop(Exception):
    pass


@pytest.mark.parametrize("stop_at", [1, 3])
def test_an_interrupted_run_resumes_to_the_uninterrupted_result(small, tmp_path, monkeypatch, stop_at):
    monkeypatch.setattr(loop, "SAVE_EVERY", 1)
    recipe = changed(dropout=0.1)
    whole = train(small, recipe, dev_pairs=DEV)

    def stop(step):
        if step.step == stop_at:
            raise _Stop

    checkpoint = tmp_path / "run.pt"
    with pytest.raises(_Stop):
        train(small, recipe, dev_pairs=DEV, checkpoint=checkpoint, on_step=stop)
    seen = []
    resumed = train(small, recipe, dev_pairs=DEV, checkpoint=checkpoint, on_step=seen.append)
    assert [step.step for step in seen] == list(range(stop_at + 1, len(whole.history.losses) + 1))
    assert torch.equal(weights_of(resumed.lm), weights_of(whole.lm))
    assert resumed.history == whole.history


def test_a_checkpoint_of_another_run_is_refused(small, tmp_path):
    train(small, checkpoint=tmp_path / "run.pt")
    with pytest.raises(tuning.TuningError, match="another recipe"):
        train(small, changed(seed=5), checkpoint=tmp_path / "run.pt")
    (tmp_path / "run.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(tuning.TuningError, match="delete it"):
        train(small, checkpoint=tmp_path / "run.pt")


def test_the_best_adapter_on_dev_is_kept_and_patience_stops(small):
    wild = changed(learning_rate=0.5, epochs=8, patience=1, schedule="constant", warmup=0.0)
    run = train(small, wild, dev_pairs=DEV)
    losses = [loss for _, loss in run.history.dev]
    assert run.history.stopped_early
    assert len(losses) < 8
    assert run.history.best_loss == min(losses) < losses[-1]
    prepared = tuning.prepare(small, DEV, RECIPE)
    again = loop._Run(run.lm, wild, prepared, prepared, None, rows.Kept())
    assert again.dev_loss() == pytest.approx(min(losses), rel=1e-4)


def test_a_loss_that_is_no_number_stops_with_an_explanation(small):
    with pytest.raises(tuning.TuningError, match=r"step 1: the loss is nan.*learning rate .* too high.*p\d+"):
        train(other_base(small, times=float("inf")))


def test_save_and_load_give_the_same_model_and_a_card(small, tuned, tmp_path):
    folder = tuning.save(tuned, tmp_path / "mine", note="a test")
    loaded = tuning.load(small, folder)
    prompts = [pair.prompt for pair in DEV]
    assert np.array_equal(loaded.score(prompts, LABELS).log_probs, tuned.lm.score(prompts, LABELS).log_probs)
    card = json.loads((folder / "card.json").read_text())
    assert card["recipe"] == RECIPE.as_dict()
    assert card["base_sha256"] == tuning.base_sha256(small.model) == tuning.base_sha256(loaded.model)
    assert card["dev_loss"] == tuned.history.best_loss
    assert (card["note"], card["pairs"]) == ("a test", len(PAIRS))


def test_peft_itself_reads_what_is_saved(small, tuned, tmp_path):
    folder = tuning.save(tuned, tmp_path / "mine")
    theirs = PeftModel.from_pretrained(sharing_copy(small.model), folder)
    ids = torch.tensor([small.inspect("My invoice").token_ids])
    with torch.inference_mode():
        torch.testing.assert_close(theirs(ids).logits, tuned.lm.model(ids).logits)


def other_base(small, times=1.01):
    model = sharing_copy(small.model)
    layer = model.model.layers[0].mlp.up_proj
    layer.weight = torch.nn.Parameter(layer.weight * times)
    return LanguageModel(model, small.tokenizer, "another base")


def test_an_adapter_for_another_base_is_refused_with_the_reason(small, tuned, tmp_path):
    folder = tuning.save(tuned, tmp_path / "mine")
    with pytest.raises(tuning.TuningError, match=r"was made for small random model .* another base has"):
        tuning.load(other_base(small), folder)
    assert tuning.load(other_base(small), folder, any_base=True)


def test_a_damaged_or_missing_adapter_is_refused(small, tuned, tmp_path):
    with pytest.raises(tuning.TuningError, match="no adapter's card"):
        tuning.load(small, tmp_path)
    folder = tuning.save(tuned, tmp_path / "mine")
    (folder / saved.WEIGHTS).write_bytes(b"0" * 100)
    with pytest.raises(tuning.TuningError, match="not the file that its card describes"):
        tuning.load(small, folder)


def test_half_the_bytes_in_bfloat16_and_nearly_the_same_answers(small, tuned, tmp_path):
    wide, narrow = (tuning.save(tuned, tmp_path / str(d), dtype=d) for d in (torch.float32, torch.bfloat16))
    assert (narrow / saved.WEIGHTS).stat().st_size < 0.7 * (wide / saved.WEIGHTS).stat().st_size
    scores = [tuning.load(small, folder).score(["Hello"], LABELS).log_probs for folder in (wide, narrow)]
    assert np.abs(scores[0] - scores[1]).max() < 0.2


def test_merged_and_unmerged_agree(small, tuned):
    prompts = [pair.prompt for pair in DEV]
    before = small.score(prompts, LABELS).log_probs
    merged = tuning.merge(tuned.lm)
    apart = merged.score(prompts, LABELS).log_probs - tuned.lm.score(prompts, LABELS).log_probs
    assert np.abs(apart).max() < 1e-3
    assert not saved.lora_layers(merged.model)
    assert np.array_equal(small.score(prompts, LABELS).log_probs, before)
    assert merged.generate(["Hello"], 4, progress=False).texts == tuned.lm.generate(["Hello"], 4, progress=False).texts
    with pytest.raises(tuning.TuningError, match="no adapter that could be merged"):
        tuning.merge(merged)


def test_a_second_adapter_needs_a_merge_first_or_goes_on_from_a_saved_one(small, tuned, tmp_path):
    with pytest.raises(tuning.TuningError, match="merge it first"):
        train(tuned.lm)
    assert train(tuning.merge(tuned.lm)).lm
    folder = tuning.save(tuned, tmp_path / "first")
    gentle = changed(learning_rate=1e-9, epochs=1)
    torch.testing.assert_close(
        weights_of(train(small, gentle, start=folder).lm), weights_of(tuned.lm), atol=1e-6, rtol=0
    )


def test_targets_and_layers_are_where_the_recipe_says(small):
    every = saved.attach(small, changed(target_modules="all-linear"), "x")
    assert len(saved.lora_layers(every.model)) == 2 * 7
    top = saved.attach(small, changed(layers=1), "x")
    assert {name.split(".")[2] for name in saved.lora_layers(top.model)} == {"1"}
    with pytest.raises(tuning.TuningError, match=r"no linear layer is called 'c_attn'; this model has .*q_proj"):
        saved.attach(small, changed(target_modules=("c_attn",)), "x")
    deep = saved.attach(small, changed(layers=9), "x")
    assert len(saved.lora_layers(deep.model)) == 2 * len(changed().targets), "a model with fewer layers: all of them"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"rank": 0}, "rank"), ({"learning_rate": 2}, "learning_rate"), ({"schedule": "cosine"}, "schedule"),
     ({"target_modules": ""}, "target_modules"), ({"patience": 0}, "patience"), ({"epochs": 1.5}, "epochs")],
)  # fmt: skip
def test_a_recipe_out_of_range_is_refused(wrong, said):
    with pytest.raises(tuning.TuningError, match=said):
        changed(**wrong)


# ---- what is odd about a training set is told


def report(lm, pairs, **settings):
    return tuning.prepare(lm, pairs, changed(**settings)).report


def test_loss_falls_on_the_answer_and_its_end_token_only(small):
    example = tuning.prepare(small, [tuning.Pair("Hi", " billing ")], RECIPE).examples[0]
    assert small.tokenizer.decode(example.answer) == "billing<|im_end|>"
    assert small.tokenizer.decode(example.prompt) == small.render("Hi")


def test_empty_answers_are_left_out_and_named(small):
    found = report(small, [*PAIRS, tuning.Pair("Hi", "  ", "hollow"), tuning.Pair(" ", "billing")])
    assert (found.odd["empty"], found.used) == (["hollow", "row 14"], len(PAIRS))
    assert any("2 pairs left out" in line and "hollow" in line for line in found.problems)
    with pytest.raises(tuning.TuningError, match="none can be trained on"):
        report(small, [tuning.Pair("Hi", "")])
    with pytest.raises(tuning.TuningError, match="no pair"):
        report(small, [])


def test_rows_of_ten_thousand_tokens_are_cut_in_the_middle_and_named(small):
    long = tuning.Pair("start " + "word " * 10_000 + "end", "billing", "long")
    prepared = tuning.prepare(small, [long, PAIRS[0]], changed(max_tokens=80))
    assert prepared.report.odd["truncated"] == ["long"]
    example = prepared.examples[0]
    assert len(example.prompt) + len(example.answer) == 80
    text = small.tokenizer.decode(example.prompt)
    assert text.startswith("<|im_start|>system") and text.endswith("end<|im_end|>\n<|im_start|>assistant\n")
    assert report(small, [tuning.Pair("Hi", "word " * 10_000, "endless"), PAIRS[0]]).odd["too_long"] == ["endless"]


def test_duplicates_and_conflicts_are_told_apart(small):
    pairs = [tuning.Pair("Hi", "billing", "a"), tuning.Pair("Hi", "billing", "b"), tuning.Pair("Hi", "other", "c")]
    found = report(small, pairs)
    assert (found.odd["duplicates"], found.odd["conflicts"]) == (["b"], ["c"])
    assert len(found.problems) == 2


def test_one_row_or_one_class_is_told(small):
    assert "one pair is all there is" in report(small, PAIRS[:1]).problems[0]
    assert "every answer is the same" in report(small, [tuning.Pair(t, "billing") for t in TEXTS]).problems[0]
    assert report(small, PAIRS).problems == []
    assert train(small, pairs=PAIRS[:1]).tokens


def test_malformed_pairs_name_their_row(small):
    with pytest.raises(tuning.TuningError, match=r"row 2.*role"):
        report(small, [PAIRS[0], tuning.Pair([{"role": "boss", "content": "x"}], "billing")])
    with pytest.raises(tuning.TuningError, match="must be a text, not int"):
        report(small, [tuning.Pair("Hi", 3)])


@pytest.mark.parametrize(
    ("line", "said"),
    [("{oops", "line 2: not JSON"), ('{"prompt": "Hi"}', "no 'answer'"),
     ('{"prompt": "Hi", "answer": 3}', "not a text"),
     ('{"messages": [{"role": "user", "content": "Hi"}]}', "not the assistant's"), ("[1]", "not an object"),
     ('{"prompt": 7, "answer": "x"}', "row 2")],
)  # fmt: skip
def test_bad_files_name_line_and_remedy(tmp_path, line, said):
    path = tmp_path / "train.jsonl"
    path.write_text('{"prompt": "Hi", "answer": "billing"}\n' + line + "\n")
    with pytest.raises(files.DataError, match=f"train.jsonl.*{said}"):
        tuning.read_pairs(path)


def test_three_shapes_of_rows_are_read(tmp_path):
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    lines = [{"prompt": "Hi", "answer": "Hello"}, {"text": "Hi", "label": "Hello", "id": "x"}, {"messages": chat}]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, lines)))
    read = tuning.read_pairs(tmp_path / "train.jsonl")
    assert [(pair.id, pair.answer) for pair in read] == [("row 1", "Hello"), ("x", "Hello"), ("row 3", "Hello")]
    assert read[2].prompt == chat[:1]


@pytest.mark.weights
def test_on_the_real_weights_merged_and_unmerged_agree_and_a_save_loads(real, tmp_path):
    run = train(real, changed(rank=8, epochs=1, batch_size=12, layers=4))
    prompts, merged = [pair.prompt for pair in DEV], tuning.merge(run.lm)
    plain, wanted = (lm.score(prompts, LABELS, progress=False).log_probs for lm in (merged, run.lm))
    assert np.abs(plain - wanted).max() < 1e-3
    assert np.abs(wanted - real.score(prompts, LABELS, progress=False).log_probs).max() > 0.01
    folder = tuning.save(run, tmp_path / "mine")
    assert np.array_equal(tuning.load(real, folder).score(prompts, LABELS, progress=False).log_probs, wanted)
    shutil.rmtree(folder)


def test_a_variant_is_trained_once_and_its_row_says_how(small):
    runs, items = {}, [files.Message(f"m{i}", text, LABELS[i % 3]) for i, text in enumerate(TEXTS)]
    again = {"predict": tuning.label_scorer(Task("t", {label: label for label in LABELS})), "runs": runs}
    lab = ledger.Lab("t", small, show=False)
    rows_of = [tuning.measured(lab, "LoRA", PAIRS, RECIPE, part, **again) for part in (items, items[:2])]
    assert list(runs) == ["LoRA"]
    assert rows_of[0].training_seconds == rows_of[1].training_seconds > 0
    assert rows_of[0].settings["recipe"] == RECIPE.as_dict()
    assert (rows_of[0].approach, rows_of[0].labels_used) == ("tune", len(PAIRS))
    assert rows_of[0].seconds_per_item * 6 < rows_of[0].training_seconds, "training is no part of answering"
    changed_pair = [*PAIRS[:-1], tuning.Pair(PAIRS[-1].prompt, "another answer")]
    stored = [tuning.measured(lab, "LoRA", pairs, RECIPE, items, **again) for pairs in (PAIRS, changed_pair)]
    assert [row.settings == rows_of[0].settings for row in stored] == [True, False]
    assert rows_of[0].details["trained_parameters"] == runs["LoRA"].trained_parameters


def test_draws_and_seeds_have_rows_of_their_own_and_a_run_that_is_here_is_not_trained_again(small):
    items = [files.Message(f"m{i}", text, LABELS[i % 3]) for i, text in enumerate(TEXTS)]
    score = tuning.label_scorer(Task("t", {label: label for label in LABELS}))
    lab, brief = ledger.Lab("t", small, show=False), changed(epochs=1)
    each = {1: items[:2], 2: items[2:]}
    rows = tuning.repeated(lab, "drawn", [PAIRS[:6], PAIRS[6:]], brief, each, score, seeds=None)
    assert [(row.method, row.seed, row.ids) for row in rows] == [
        ("drawn, draw 1", 0, ["m0", "m1"]),
        ("drawn, draw 2", 1, ["m2", "m3"]),
    ]
    run = train(small, brief, dev_pairs=DEV)
    own = tuning.measured(lab, "LoRA", PAIRS, brief, items, score, runs={"LoRA": run}, dev_pairs=DEV)
    assert own.training_seconds == run.seconds
    assert own.details["dev_loss"] == run.history.dev
    rows = tuning.repeated(lab, "LoRA", [PAIRS], brief, items, score, dev_pairs=DEV)
    assert [(row.method, row.seed) for row in rows] == [("LoRA", 0), ("LoRA, seed 1", 1), ("LoRA, seed 2", 2)]
    assert own.settings["chosen on"] == rows[1].settings["chosen on"]


def test_kept_states_are_shared_between_runs_and_forgotten_for_another_base(small):
    recipe, kept = changed(layers=1), tuning.Kept()
    first = train(small, recipe, kept=kept)
    count = len(kept.states)
    assert count == len(PAIRS) + 1
    assert torch.allclose(weights_of(train(small, recipe, kept=kept).lm), weights_of(first.lm), atol=1e-5)
    assert len(kept.states) == count
    of = kept.of
    train(other_base(small), recipe, kept=kept)
    assert kept.of != of
    nothing = tuning.Kept(most_bytes=0)
    assert torch.allclose(weights_of(train(small, recipe, kept=nothing).lm), weights_of(first.lm), atol=1e-5)
    assert not nothing.states


@pytest.mark.parametrize("settings", [{}, {"target_modules": "all-linear", "rank": 3}, {"layers": 1}])
def test_parameters_are_counted_as_they_are_trained(small, settings):
    recipe = changed(**settings)
    lm = saved.attach(small, recipe, "x")
    trained = sum(value.numel() for name, value in lm.model.named_parameters() if "lora_" in name)
    assert sum(tuning.count_parameters(small.model, recipe).values()) == trained
