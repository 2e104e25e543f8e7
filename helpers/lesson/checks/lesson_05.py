"""Checks of lesson 05, A small LoRA fine-tune."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import torch

from helpers.lesson.checks.cases_05 import FORMS
from helpers.lesson.checks.training_sets import KINDS, faulty_set
from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, number, positions, shown, tried
from helpers.methods.tuning import by_hand
from helpers.tasks import curation

IGNORED = by_hand.IGNORED


def layers(seed: int):
    """Yield random layers of several shapes, ranks and alphas, as tensors (x, W, A, B) and alpha."""
    rng = np.random.default_rng(seed)
    for n, inputs, outputs, rank, alpha in ((3, 8, 5, 2, 4), (1, 6, 6, 6, 1), (7, 16, 4, 1, 32), (2, 5, 9, 3, 16)):
        sizes = ((n, inputs), (outputs, inputs), (rank, inputs), (outputs, rank))
        yield *(torch.tensor(rng.normal(size=size)) for size in sizes), alpha


def wrong_ranks(A: torch.Tensor, B: torch.Tensor) -> dict[str, int]:
    """What is easily taken for the rank, by what is said of it."""
    right = "; the rank is the number of rows of A, len(A)"
    return {
        f"You divide alpha by the rows of B, {len(B)}, which are the outputs{right}": len(B),
        f"You divide alpha by the columns of A, {A.shape[1]}, which are the inputs{right}": A.shape[1],
    }


def judge_matrix(case: str, found, wanted: torch.Tensor, near_misses: dict[str, torch.Tensor]) -> None:
    """Raise NotYet unless two arrays agree; a near miss is told by its name."""
    try:
        found, wanted = np.asarray(found, dtype=float), wanted.numpy()
    except (TypeError, ValueError):
        raise NotYet(f"{case}: you return {shown(found)}; one matrix of numbers is asked for") from None
    if found.shape != wanted.shape:
        raise NotYet(f"{case}: you return the shape {found.shape}; {wanted.shape} is right")
    if np.allclose(found, wanted, atol=1e-6):
        return
    why = next((said for said, values in near_misses.items() if np.allclose(found, values, atol=1e-6)), "")
    apart = float(np.abs(found - wanted).max())
    raise NotYet(f"{case}: your values are up to {apart:.3g} away. {why or 'Look at the order of A and B'}")


def need_gradient(answer, given: tuple, learned: tuple[int, ...]) -> None:
    """Raise NotYet unless torch can follow what an answer returns back to those of the given tensors."""
    given = tuple(x.clone().requires_grad_() if i in learned else x for i, x in enumerate(given))
    try:
        found = answer(*given)
        back = torch.autograd.grad(found.sum(), [given[i] for i in learned], allow_unused=True)
        lost = any(gradient is None for gradient in back)
    except Exception:  # whatever numpy or float() make of a tensor that is trained
        lost = True
    if lost:
        raise NotYet(
            "right in numbers; but training needs a result that torch can follow back: use +, *, @ and sum, not numpy, "
            "float() or .item()"
        )


@exercise(
    "05.1",
    "The frozen layer gives x @ W.T. The update first goes down to rank numbers: x @ A.T.",
    "Then up again with @ B.T, times alpha / rank, where rank is the number of rows of A: len(A).",
)
def check_lora(answer) -> str:
    """Random layers."""
    for x, W, A, B, alpha in layers(55):
        frozen, update = x @ W.T, (x @ A.T) @ B.T
        misses = {
            "The second path, through A and B, is missing": frozen,
            "The frozen path, x @ W.T, is missing": alpha / len(A) * update,
            "The second path is not scaled: times alpha / rank": frozen + update,
            "Alpha is there; divide by the rank, the number of rows of A": frozen + alpha * update,
            **{said: frozen + alpha / n * update for said, n in wrong_ranks(A, B).items()},
            "The scale belongs to the second path alone": alpha / len(A) * (frozen + update),
        }
        case = f"rank {len(A)}, alpha {alpha}, {len(x)} inputs"
        judge_matrix(case, tried(answer, x, W, A, B, alpha), frozen + alpha / len(A) * update, misses)
        need_gradient(answer, (x, W, A, B, alpha), (2, 3))
    return "the frozen layer, and beside it the thin one, scaled by alpha / rank."


@exercise(
    "05.2",
    "x @ A.T @ B.T is x @ (B @ A).T, so the second path alone is the matrix B @ A.",
    "Add it to W, times alpha / rank: the result has the shape of W.",
)
def check_merged(answer) -> str:
    """Random layers, some of them square, so that an order that happens to fit in shape is found out too."""
    for _x, W, A, B, alpha in layers(56):
        update = B @ A
        misses = {
            "The update is missing": W,
            "W is missing": alpha / len(A) * update,
            "The update is not scaled: times alpha / rank": W + update,
            "Alpha is there; divide by the rank, the number of rows of A": W + alpha * update,
            **{said: W + alpha / n * update for said, n in wrong_ranks(A, B).items()},
        }
        case = f"W of {W.shape[0]} x {W.shape[1]}, rank {len(A)}, alpha {alpha}"
        judge_matrix(case, tried(answer, W, A, B, alpha), W + alpha / len(A) * update, misses)
        need_gradient(answer, (W, A, B, alpha), (1, 2))
    return "one matrix that does the work of two paths."


def labels(prompt_ids: list[int], answer_ids: list[int], end: int) -> list[int]:
    """What a trainer compares with: nothing on the prompt, the answer, then its end token."""
    return [IGNORED] * len(prompt_ids) + [*answer_ids, end]


@exercise(
    "05.3",
    "Labels are as long as the tokens that the model reads: prompt, answer, end token.",
    "-100 for each token of the prompt, then the answer's ids, then the end token.",
)
def check_labels(answer) -> str:
    """Prompts and answers of several lengths, one of them with the end token inside the prompt."""
    rng = np.random.default_rng(55)
    for prompt_length, answer_length, end in ((1, 1, 2), (5, 2, 0), (12, 4, 2), (3, 30, 301)):
        prompt = [int(i) for i in rng.integers(0, 300, prompt_length)]
        prompt[0] = end
        own = [int(i) for i in rng.integers(3, 300, answer_length)]
        if answer_length > 1:  # tokens of the prompt, one of them twice, and another one
            own[-2:] = [prompt[-1], prompt[-1]] if answer_length == 2 else [prompt[-1], int(end == 0)]
        case = f"the labels of a prompt of {prompt_length} and an answer of {answer_length} tokens"
        found, wanted = tried(answer, prompt, own, end), labels(prompt, own, end)
        compare_items(case, found, wanted, "one for each token, the end token included")
    return "nothing is learned from the prompt, and the answer is taught to end."


@exercise(
    "05.4",
    "Chance agreement: for each label, the share of it in the one list times its share in the other; add up.",
    "kappa = (agreement - chance) / (1 - chance).",
)
def check_kappa(answer) -> str:
    """Random pairs of annotators, from full agreement to less than chance; labels that only one of them uses."""
    rng = np.random.default_rng(55)
    cases = []
    for n, classes, noise in ((30, 2, 0.0), (50, 3, 0.2), (200, 6, 0.1), (80, 2, 0.9), (40, 4, 0.5), (9, 3, 1.0)):
        first = [f"label {i}" for i in rng.integers(0, classes, n)]
        second = [f"label {rng.integers(0, classes)}" if rng.random() < noise else label for label in first]
        cases.append((f"{n} items, {classes} labels", first, second))
    cases += [
        ("a label that only the second uses", ["a", "a", "b", "b", "a"], ["a", "c", "b", "c", "a"]),
        ("two who never agree", ["a", "b", "a", "b"], ["b", "a", "b", "a"]),
        ("one who always says the same", ["a", "a", "a", "b"], ["a", "a", "a", "a"]),
        ("both always say the same one label, so that chance is 1", ["a"] * 6, ["a"] * 6),
        ("the same, with one item", ["b"], ["b"]),
    ]
    for case, first, second in cases:
        alike = len({*first, *second}) == 1
        advice = "Where chance is 1, the formula divides 0 by 0" if alike else "(agreement - chance) / (1 - chance)"
        compare(case, tried(answer, first, second), curation.kappa(first, second), advice)
    return "agreement beyond chance, as a share of what was left to gain."


@exercise(
    "05.5",
    "A sound row has -100 on *each* of its first prompt_tokens labels, and its last label is the end token.",
    "Compare whole texts in one form: ' '.join(text.lower().split()), on both sides.",
)
def check_faults(answer) -> str:
    """Training sets with planted faults, and one without any, which the lesson does not show."""
    advice = {
        KINDS[0]: "One label of the prompt that is not -100 is enough, wherever it stands",
        KINDS[1]: "Whole texts count; letter case and extra spaces, inside too, do not",
        KINDS[2]: "Only the last label counts, and it must be `end`",
    }
    for seed in range(20, 27):
        rows, texts, end = faulty_set(seed, faulty=seed < 26)
        found, wanted = tried(answer, rows, texts, end), by_hand.faults(rows, texts, end)
        if not isinstance(found, Mapping) or set(found) != set(KINDS):
            raise NotYet(f"return a dict with exactly the keys {', '.join(map(repr, KINDS))}, found or not")
        for kind in KINDS:
            places = sorted(positions(found[kind], f"positions for {kind!r}, counted from 0"))
            compare(f"{kind}, among {len(rows)} rows", places, wanted[kind], advice[kind])
    return "all three faults found, and no sound row accused."


def pick(curves):
    """The recipe and step with the lowest loss on dev that is a number; the earlier one where two are equal."""
    points = [(loss, step, name) for name, curve in curves.items() for step, loss in curve if not math.isnan(loss)]
    _loss, step, name = min(points, key=lambda point: point[:2])
    return name, step


@exercise(
    "05.6",
    "Put the points of all curves into one list of (loss, step, name), without losses that are not a number.",
    "min() of such a list takes the lowest loss, and of equal losses the earlier step.",
)
def check_pick(answer) -> str:
    """Curves that fall, turn, end in no number, and tie."""
    nan = float("nan")
    cases = (
        {"a": [(10, 0.9), (20, 0.7), (30, 0.8)], "b": [(10, 0.8), (20, 0.75), (30, 0.74)]},
        {"wild": [(5, 2.0), (10, nan)], "calm": [(5, 2.1), (10, 1.2), (15, 1.3)]},
        {"wild": [(5, 1.9), (10, 1.1), (15, nan)], "calm": [(5, 2.1), (10, 1.2), (15, 1.3)]},
        {"wild": [(5, nan), (10, 1.1)], "calm": [(5, 2.1), (10, 1.2)]},
        {"calm": [(5, 2.1), (10, nan), (15, 1.2)], "wild": [(5, nan), (10, nan), (15, 1.3), (20, nan)]},
        {"late": [(10, 0.6), (40, 0.5)], "early": [(10, 0.5), (40, 0.7)]},
        {"bump": [(1, 3.0), (2, 2.0), (3, 2.5), (4, 1.9)], "flat": [(2, 2.1), (4, 2.05)]},
        {"only": [(1, 3.0), (2, 2.0), (3, 2.5), (4, 2.2)]},
        {"lost": [(1, nan), (2, nan)], "kept": [(1, 5.0)]},
        {"kept": [(1, 5.0)], "lost": [(1, nan), (2, nan)], "empty": []},
        {"zero": [(3, 0.0), (6, 0.2)], "low": [(3, 0.1)]},
        {"z": [(30, 0.4), (60, 0.5)], "a": [(60, 0.4), (30, 0.5)]},
    )
    for curves in cases:
        found = tried(answer, curves)
        found = tuple(found) if isinstance(found, Iterable) and not isinstance(found, str | dict) else found
        compare(f"for {curves}", found, pick(curves), "Its loss on dev is the lowest")
    return "the lowest point of all curves, wherever it stands."


@exercise(
    "05.7",
    "Go through the labels with their positions, without those that are -100. For position i read row i - 1.",
    "-sum(log_probs[i - 1][labels[i]] for the positions i that count) / how many count.",
)
def check_answer_loss(answer) -> str:
    """Random rows over 130 tokens, so that -100 is a place that can be looked up, with padding behind some answers."""
    generator = torch.Generator().manual_seed(55)
    for prompt, own, padding in ((1, 1, 0), (4, 3, 0), (7, 1, 2), (2, 6, 0), (3, 4, 5)):
        t = prompt + own + padding
        log_probs = (2 * torch.randn(t, 130, generator=generator, dtype=torch.float64)).log_softmax(-1)
        wanted = [int(i) for i in torch.randint(0, 130, (own,), generator=generator)]
        wanted[-1] = 0 if padding else wanted[-1]  # a token like any other
        labels = [IGNORED] * prompt + wanted + [IGNORED] * padding
        places = range(prompt, prompt + own)
        right = -float(sum(log_probs[i - 1, labels[i]] for i in places)) / own
        found = tried(answer, log_probs, labels)
        misses = {
            "Without the minus: a surprise is never below 0": -right,
            "That is the sum; divide by how many labels count": right * own,
            "Divide by how many labels count, not by all of them": right * own / t,
            "Row i holds what comes after token i, so read one row earlier": -float(
                sum(log_probs[i, labels[i]] for i in places) / own
            ),
        }
        case = f"{own} labels that count, after {prompt} of the prompt" + f", before {padding} of padding" * bool(
            padding
        )
        value = number(case, found)
        why = next((said for said, miss in misses.items() if own > 1 and np.isclose(value, miss)), "")
        compare(case, value, right, why or "Only labels that are not -100 count, each read one row earlier")
        need_gradient(answer, (log_probs, labels), (0,))
    return "the mean surprise at the answer, and at nothing else."


@exercise(
    "05.8",
    "json.loads takes a whole text and raises ValueError if there is anything else in it.",
    "It also takes lists, numbers and strings: ask for a dict first, then compare set(value) with the three keys.",
)
def check_form(answer) -> str:
    """Forms, and texts that are nearly forms."""
    for case, text, wanted in FORMS:
        found = tried(answer, text, none_is_an_answer=True)
        if isinstance(found, bool):
            raise NotYet(f"{case}: you return {found}; the dict is asked for, or None")
        compare(f"{case}, {shown(text)}", found, wanted, _form_advice(case, found, wanted))
    return "from end to end one object, with its three keys and no other."


def _form_advice(case: str, found, wanted: dict | None) -> str:
    if wanted is None:
        whole = "The whole text must be one object with exactly the three keys"
        return "" if "JSON forbids" in case else whole
    return (
        "Its keys are the three, and any values will do"
        if found is None
        else "Return the object as json.loads reads it"
    )
