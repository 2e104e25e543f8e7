"""Measures training: our loop against TRL's SFTTrainer on the same rows, each in a process of its own.

`make bench` runs it. TRL is no dependency: it is put into a folder that is thrown away afterwards, and where that fails
a line says so. Both train the same layers at the same rank, with the same batches.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time

from helpers.machine import runtime
from helpers.methods import few_shot, tuning
from helpers.model.language_model import LanguageModel
from helpers.tasks import intents

TRL = (
    "trl==1.16.0",
    "datasets",
    "pyarrow",
    "dill",
    "multiprocess",
    "xxhash",
    "pandas",
    "python-dateutil",
    "six",
    "pytz",
)
ROWS = 96
RECIPES = {
    "q and v, all layers": tuning.Recipe(epochs=1),
    "the course's recipe": dataclasses.replace(tuning.RECIPE, epochs=1),
}


def rows() -> list[tuning.Pair]:
    """Return 96 messages with their labels, balanced."""
    train = intents.read("train")
    return tuning.training_pairs(intents.for_tuning(), [train[i] for i in few_shot.balanced_examples(train, ROWS)])


def ours(recipe: tuning.Recipe) -> dict:
    """Return seconds of one epoch after a step to warm up, and the peak memory."""
    lm = LanguageModel.load()
    tuning.train(lm, rows()[: recipe.batch_size], recipe, progress=False)
    run = tuning.train(lm, rows(), recipe, progress=False)
    return {"seconds": run.seconds, "tokens": run.tokens, "peak": runtime.peak_memory()}


def theirs(recipe: tuning.Recipe) -> dict:
    """Return the same for SFTTrainer."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from helpers.methods.tuning import saved

    lm = LanguageModel.load()
    given = saved._config(lm.model, recipe)
    config = LoraConfig(
        r=given.r,
        lora_alpha=given.lora_alpha,
        target_modules=list(given.target_modules),
        layers_to_transform=given.layers_to_transform,
        task_type="CAUSAL_LM",
    )

    def trainer(pairs):
        answers = [[{"role": "assistant", "content": pair.answer}] for pair in pairs]
        table = Dataset.from_dict({"prompt": [list(pair.prompt) for pair in pairs], "completion": answers})
        with tempfile.TemporaryDirectory() as folder:
            settings = SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=recipe.batch_size,
                num_train_epochs=1,
                learning_rate=recipe.learning_rate,
                max_length=recipe.max_tokens,
                use_cpu=lm.device.type == "cpu",
                bf16=False,
                gradient_checkpointing=False,
                report_to="none",
                save_strategy="no",
                disable_tqdm=True,
            )
            return SFTTrainer(
                lm.model, settings, train_dataset=table, processing_class=lm.tokenizer, peft_config=config
            )

    made = trainer(rows())
    started = time.perf_counter()
    made.train()
    tokens = tuning.prepare(lm, rows(), recipe).report.tokens
    return {"seconds": time.perf_counter() - started, "tokens": tokens, "peak": runtime.peak_memory()}


def _apart(which: str, name: str, folder: str = "") -> dict:
    """Run one of the two in a process of its own, so that each has its own peak memory."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(runtime.ROOT), folder])}
    command = [sys.executable, __file__, which, name]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def measure() -> dict:
    """Return tokens per second, their ratio, and peak memory for each recipe."""
    found = {}
    with tempfile.TemporaryDirectory() as root:
        # dill takes a package outside any site-packages for the user's own code, and fails to pickle pyarrow
        folder = os.path.join(root, "site-packages")
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, *TRL]
        there = subprocess.run(install, capture_output=True, text=True)
        if there.returncode:
            print("TRL could not be had, so nothing is compared with it:", there.stderr.strip().splitlines()[-1])
        for name in RECIPES:
            mine = _apart("ours", name)
            found[f"training, {name}, tokens/s"] = mine["tokens"] / mine["seconds"]
            found[f"training, {name}, peak memory, GB"] = mine["peak"] / 1e9
            if not there.returncode:
                try:
                    other = _apart("theirs", name, folder)
                except RuntimeError as error:
                    print(f"SFTTrainer did not run ({error}); nothing is compared with it")
                    continue
                found[f"SFTTrainer, {name}, tokens/s"] = other["tokens"] / other["seconds"]
                found[f"SFTTrainer, {name}, peak memory, GB"] = other["peak"] / 1e9
                found[f"ours / SFTTrainer, {name} (budget 2.5)"] = other["seconds"] / mine["seconds"]
    return found


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps({"ours": ours, "theirs": theirs}[sys.argv[1]](RECIPES[sys.argv[2]])))
    else:
        print("\n".join(f"{name:60} {value:10.2f}" for name, value in measure().items()))
