"""The page on training elsewhere: what it says of other readers holds for what is saved here."""

import ast
import importlib
import json
import re
import shutil

import pytest
import torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from helpers.machine import runtime
from helpers.methods import adapters, tuning
from helpers.model import catalogue

PAGE = (runtime.ROOT / "docs" / "training_elsewhere.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def saved(small, tmp_path, monkeypatch):
    """A folder `my_model`, as the page saves one, whose positions are not spaced as transformers 4 would guess."""
    spaced = LlamaConfig(
        **{**small.model.config.to_dict(), "rope_parameters": {"rope_theta": 1e5, "rope_type": "default"}}
    )
    torch.manual_seed(0)
    LlamaForCausalLM(spaced).save_pretrained(tmp_path / "my_model")
    small.tokenizer.save_pretrained(tmp_path / "my_model")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my_model"


def test_what_its_code_takes_from_helpers_is_there():
    taken = [node for block in BLOCKS for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
    ours = [(node.module, name.name) for node in taken if node.module.startswith("helpers") for name in node.names]
    assert len(ours) >= 4
    for module, name in ours:
        assert hasattr(importlib.import_module(module), name) or importlib.import_module(f"{module}.{name}")


def test_what_is_rewritten_for_transformers_4_has_its_fields_and_is_read_here_as_before(saved):
    asked = [{"role": "user", "content": "Where is my refund of $12.50? <file_sep>"}]
    before = AutoTokenizer.from_pretrained(saved).apply_chat_template(asked, return_dict=False)
    model = AutoModelForCausalLM.from_pretrained(saved).eval()
    (block,) = [block for block in BLOCKS if "rope_theta" in block]
    exec(compile(block, "training_elsewhere.md", "exec"), {})
    config, words = (json.loads((saved / name).read_text()) for name in ("config.json", "tokenizer_config.json"))
    assert (config["rope_theta"], words["tokenizer_class"]) == (1e5, "PreTrainedTokenizerFast")
    assert "extra_special_tokens" not in words and "<file_sep>" in words["additional_special_tokens"]
    assert AutoConfig.from_pretrained(saved).rope_parameters["rope_theta"] == 1e5
    again = AutoTokenizer.from_pretrained(saved)
    assert again.apply_chat_template(asked, return_dict=False) == before
    assert (again.eos_token_id, again.pad_token_id) == (model.config.eos_token_id, model.config.pad_token_id)
    ids = torch.tensor([before])
    with torch.inference_mode():
        assert torch.equal(AutoModelForCausalLM.from_pretrained(saved).eval()(ids).logits, model(ids).logits)


def test_peft_finds_the_base_of_an_adapter_only_in_a_folder_of_its_name(small, tmp_path, monkeypatch):
    pairs = [tuning.Pair("Hello", "a"), tuning.Pair("Where?", "b")]
    run = tuning.train(small, pairs, tuning.Recipe(rank=2, epochs=1), progress=False)
    place = tuning.save(run, tmp_path / "my_adapter")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    small.model.save_pretrained("my_base")
    with pytest.raises((OSError, ValueError)):
        AutoPeftModelForCausalLM.from_pretrained(place)
    shutil.move("my_base", small.name)
    ids = torch.tensor([small.inspect("Hello").token_ids])
    with torch.inference_mode():
        theirs = AutoPeftModelForCausalLM.from_pretrained(place)(ids).logits
        torch.testing.assert_close(theirs, run.lm.model(ids).logits)


@pytest.mark.parametrize("name", sorted(adapters.SHIPPED))
def test_the_shipped_adapters_ask_for_the_base_by_the_name_that_the_page_gives(name):
    told = json.loads((runtime.ROOT / "data" / "adapters" / name / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == catalogue.DEFAULT
    assert f"a folder called `{catalogue.DEFAULT}`" in PAGE
