"""What lesson 05 measures and judges without teaching it: rows of trainings on test, and the parts of its verdicts.

Parts are as `claims.conclude` takes them; the rules stand in data/claims.json.
"""

import copy
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from helpers import statistics
from helpers.machine import runtime
from helpers.methods import tuning
from helpers.methods.tuning.loop import Tuned
from helpers.methods.tuning.recipe import Recipe
from helpers.model import gguf_export
from helpers.model.language_model import LanguageModel
from helpers.results import evidence, timing
from helpers.results.evidence import Evidence
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks.files import Message
from helpers.tasks.pairs import Pair
from helpers.tasks.task import Task

FORMATS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
IN_FORMAT = 6  # bytes a parameter that a model in another number format takes at most, merged
SHORT, LONG = "short prompt, merged", {"read anew": "8 examples, read anew", "read once": "8 examples, read once"}


def of_run(
    lab: Lab,
    task: Task,
    run: Tuned,
    pairs: Sequence[Pair],
    dev_pairs: Sequence[Pair],
    recipe: Recipe,
    items: Sequence[Message],
    score: Callable,
) -> LedgerRow:
    """Return the row of a training that was made here, on the items.

    pairs, dev_pairs, recipe: what it learned from, was looked at with, and how. score: as for tuning.measured.
    """
    name = f"LoRA, {len(pairs)} {lab.noun}"
    told = {"prompts": tuning.prompts_of(task), "dev_pairs": dev_pairs, "runs": {name: run}, "heavy": False}
    return tuning.measured(lab, name, pairs, recipe, items, score, **told)


def seeds_of(
    lab: Lab,
    task: Task,
    pairs: Sequence[Pair],
    dev_pairs: Sequence[Pair],
    recipe: Recipe,
    items: Sequence[Message],
    score: Callable,
) -> list[LedgerRow]:
    """Return the rows of the same training on all pairs with each of tuning.SEEDS; none where that takes too long."""
    name = f"LoRA, {len(pairs)} {lab.noun}"
    if not lab.affords(f"{name}, three seeds", [name], items, minutes_each=35, fast=False):
        return []
    told = {"prompts": tuning.prompts_of(task), "dev_pairs": dev_pairs}
    return tuning.repeated(lab, name, [pairs], recipe, items, score, **told)


def over_prompt(best: LedgerRow | None, seeds: Sequence[LedgerRow]) -> list[Evidence]:
    """Return the part of L5: what tuning, over its seeds, gains on the best prompt; nothing where one is not known."""
    return [evidence.over_runs([best], seeds, note=f"over {best.method}")] if best and seeds else []


def gains(tuned: Sequence[LedgerRow], rivals: Sequence[LedgerRow]) -> dict[str, statistics.Interval]:
    """Return for each rival what the tuned rows, drawn with their seeds, have above it; each is printed."""
    hits = [row.correct for row in tuned]
    found = {row.method: statistics.runs_interval([row.correct], hits) for row in rivals}
    drawn = f"{len(tuned)} seed{'s' * (len(tuned) > 1)}"
    for method, gain in found.items():
        print(f"{tuned[0].method} ({drawn}) minus {method}: {gain}")
    return found


def merged_in(
    lm: LanguageModel, adapter: pathlib.Path, file: pathlib.Path, log_probs: Callable[[LanguageModel], np.ndarray]
) -> dict[str, Evidence]:
    """Return the parts of L12: by how much a log-probability changes at most by a merge, and where that is exported.

    In each of FORMATS the model takes the saved adapter on, is merged, written to `file`, which holds the last of them
    in the end, and read again by another reader; all is printed, and what the format alone changes, without a merge. A
    format or an export that memory or the kind of model forbids is left out, and why is printed.

    log_probs: model -> (n, labels).
    """
    found, unmerged = {}, []
    for name, dtype in FORMATS.items():
        tried = _merged(lm, name, dtype, adapter, file, log_probs)
        if tried is None:
            continue
        before, merged, written = tried
        unmerged.append(before)
        # what reads the file computes in the format of what was merged
        read = gguf_export.read_again(file, lm, log_probs, dtype) if written else None
        for way, values in {"merged": merged, "read elsewhere": read}.items():
            if values is not None:
                moved = _told(f"{name}, {way}", before, values)
                found[f"{name}, {way}"] = evidence.number(moved, model=lm.name, dtype=name)
    if len(unmerged) > 1:
        _told(f"not merged, {' and '.join(FORMATS)}", *unmerged)
    return found


def _merged(lm, name: str, dtype: torch.dtype, adapter: pathlib.Path, file: pathlib.Path, log_probs: Callable):
    """Return log-probabilities in a number format before and after the merge, whether the file holds the latter.

    None where memory is too short for that format.
    """
    needed = IN_FORMAT * sum(weights.numel() for weights in lm.model.parameters())
    if lm.model.dtype != dtype and (short := runtime.too_short_for(needed)):
        print(f"{name}: not merged; {short}")
        return None
    apart = tuning.load(_in_format(lm, dtype), adapter)
    merged = tuning.merge(apart)
    return log_probs(apart), log_probs(merged), gguf_export.written(merged, file)


def _in_format(lm: LanguageModel, dtype: torch.dtype) -> LanguageModel:
    """Return a model whose weights are in a number format: itself, or a copy that is never in memory twice.

    Buffers, such as the frequencies of positions, stay as they are, as when a model is loaded in that format.
    """
    if lm.model.dtype == dtype:
        return lm
    kept = {id(one): one for one in lm.model.buffers()}
    for one in lm.model.parameters():
        kept[id(one)] = torch.nn.Parameter(one.detach().to(dtype), requires_grad=False)
    return LanguageModel(copy.deepcopy(lm.model, kept).eval(), lm.tokenizer, lm.name)


def _told(what: str, before: np.ndarray, after: np.ndarray) -> float:
    most, changed = float(abs(after - before).max()), (after.argmax(1) != before.argmax(1)).sum()
    print(f"{what}: up to {most:.1e} apart; another label: {changed} of {len(before)}")
    return most


def of_labels(
    seeds: Sequence[LedgerRow], own: LedgerRow, nearest: LedgerRow, also: LedgerRow | None
) -> dict[str, list[Evidence] | Evidence]:
    """Return the parts of L11: tuned minus prompts with the same labels, and tokens of a request, tuned over nearest.

    nearest: of the prompt with the nearest of the same labels; also: of another such prompt, if there is one.
    """
    shown = [row for row in (nearest, also) if row and seeds]
    share = own.prompt_tokens_per_item / nearest.prompt_tokens_per_item
    return {
        "equal labels": [evidence.over_runs([row], seeds, note=row.method) for row in shown],
        "tokens": evidence.number(share, of=[nearest, own]),
    }


def of_seconds(same: Mapping[str, np.ndarray], longer: Mapping[str, np.ndarray], own: LedgerRow) -> dict[str, Evidence]:
    """Return the parts of L10: seconds on the same prompt, merged over untuned; short prompt over each long one.

    same: "merged" and "untuned" -> seconds; longer: SHORT and each of LONG -> seconds.
    """
    ratio = timing.times_as_long(same["merged"], same["untuned"])
    found = {"same prompt": evidence.number(ratio, len(same["merged"]), of=own)}
    for way, name in LONG.items():
        ratio = timing.times_as_long(longer[SHORT], longer[name])
        found[f"long prompt, {way}"] = evidence.number(ratio, len(longer[SHORT]), of=own)
    return found
