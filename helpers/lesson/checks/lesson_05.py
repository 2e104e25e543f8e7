"""Checks of lesson 05, A small LoRA fine-tune."""

import math

import numpy as np

from helpers.lesson.exercises import NotYet, compare, compare_items, exercise, tried
from helpers.tasks import curation

END = 2
IGNORED = -100
KINDS = ("loss on the prompt", "leaked test row", "wrong end token")


@exercise(
    "05.1",
    "The frozen layer gives x @ W.T. The update first goes down to rank numbers: x @ A.T.",
    "Then up again with @ B.T, times alpha / rank, where rank is the number of rows of A: len(A).",
)
def check_lora(answer) -> str:
    """Random layers of several shapes, ranks and alphas."""
    rng = np.random.default_rng(55)
    for n, inputs, outputs, rank, alpha in ((3, 8, 5, 2, 4), (1, 6, 6, 6, 1), (7, 16, 4, 1, 32), (2, 5, 9, 3, 16)):
        x, W = rng.normal(size=(n, inputs)), rng.normal(size=(outputs, inputs))
        A, B = rng.normal(size=(rank, inputs)), rng.normal(size=(outputs, rank))
        found = np.asarray(tried(answer, x, W, A, B, alpha), dtype=float)
        wanted = x @ W.T + alpha / rank * (x @ A.T) @ B.T
        if found.shape != wanted.shape:
            raise NotYet(f"you return the shape {found.shape}; {n} inputs and {outputs} outputs make {wanted.shape}")
        if not np.allclose(found, wanted, atol=1e-8):
            apart = float(np.abs(found - wanted).max())
            raise NotYet(f"rank {rank}, alpha {alpha}: your values are up to {apart:.3g} away. Mind alpha / rank")
    return "the frozen layer, and beside it the thin one, scaled by alpha / rank."


@exercise(
    "05.2",
    "A has rank rows and as many columns as the layer has inputs; B has as many rows as it has outputs.",
    "That is rank * (inputs + outputs) for one layer; add it up over all layers.",
)
def check_parameters(answer) -> str:
    """Random lists of layers."""
    rng = np.random.default_rng(55)
    for count in (0, 1, 2, 5, 60):
        shapes = [(int(a), int(b)) for a, b in rng.integers(1, 2000, size=(count, 2))]
        rank = int(rng.integers(1, 65))
        wanted = sum(rank * (outputs + inputs) for outputs, inputs in shapes)
        case = f"{count} layers, the first {shapes[:1]}, rank {rank}"
        compare(case, tried(answer, shapes, rank), wanted, "A is rank x inputs, B is outputs x rank")
    return "rank x (inputs + outputs), summed over the layers."


def labels(prompt_ids: list[int], answer_ids: list[int]) -> list[int]:
    """What a trainer compares with: nothing on the prompt, the answer, then its end token."""
    return [IGNORED] * len(prompt_ids) + [*answer_ids, END]


@exercise(
    "05.3",
    "Labels are as long as the tokens that the model reads: prompt, answer, end token.",
    "-100 for each token of the prompt, then the answer's ids, then the end token.",
)
def check_labels(answer) -> str:
    """Prompts and answers of several lengths, one of them with the end token inside the prompt."""
    rng = np.random.default_rng(55)
    for prompt_length, answer_length in ((1, 1), (5, 2), (12, 4), (3, 30)):
        prompt = [int(i) for i in rng.integers(0, 300, prompt_length)]
        prompt[0] = END
        own = [int(i) for i in rng.integers(3, 300, answer_length)]
        case = f"the labels of a prompt of {prompt_length} and an answer of {answer_length} tokens"
        found, wanted = tried(answer, prompt, own, END), labels(prompt, own)
        compare_items(case, found, wanted, "one for each token, the end token included")
    return "nothing is learned from the prompt, and the answer is taught to end."


@exercise(
    "05.4",
    "Chance agreement: for each label, the share of it in the one list times its share in the other; add up.",
    "kappa = (agreement - chance) / (1 - chance).",
)
def check_kappa(answer) -> str:
    """Random pairs of annotators, from full agreement to none."""
    rng = np.random.default_rng(55)
    for n, classes, noise in ((30, 2, 0.0), (50, 3, 0.2), (200, 6, 0.1), (80, 2, 0.9), (40, 4, 0.5)):
        first = [f"label {i}" for i in rng.integers(0, classes, n)]
        second = [f"label {rng.integers(0, classes)}" if rng.random() < noise else label for label in first]
        compare(f"{n} items, {classes} labels", tried(answer, first, second), curation.kappa(first, second))
    return "agreement beyond chance, as a share of what was left to gain."


def faulty_set(seed: int) -> tuple[list[dict], list[str]]:
    """Rows of a training set with planted faults (text, ids, labels, prompt_tokens), and the texts of its test set."""
    rng = np.random.default_rng(seed)
    rows, texts = [], []
    kinds = [None, *KINDS, None, *KINDS, None, None]
    for i, kind in enumerate(rng.permutation(np.array(kinds, dtype=object))):
        prompt = [int(t) for t in rng.integers(10, 300, int(rng.integers(3, 9)))]
        own = [int(t) for t in rng.integers(10, 300, int(rng.integers(1, 5)))]
        ids, wanted = [*prompt, *own, END], labels(prompt, own)
        text = f"Message {i} of {seed}: something about order {int(rng.integers(1000, 9999))}"
        if kind == KINDS[0]:
            wanted = list(ids)
        elif kind == KINDS[1]:
            texts.append(text if i % 2 else f"  {text.upper()} ")
        elif kind == KINDS[2]:
            ids, wanted = [*ids[:-1], 0], [*wanted[:-1], 0]
        rows.append({"text": text, "ids": ids, "labels": wanted, "prompt_tokens": len(prompt)})
    return rows, [*texts, "Where is my refund?"]


def faults(rows, test_texts, end):
    """Where each kind of fault stands."""
    known = {" ".join(text.lower().split()) for text in test_texts}
    signs = (
        lambda row: any(label != IGNORED for label in row["labels"][: row["prompt_tokens"]]),
        lambda row: " ".join(row["text"].lower().split()) in known,
        lambda row: row["labels"][-1] != end,
    )
    return {kind: [i for i, row in enumerate(rows) if sign(row)] for kind, sign in zip(KINDS, signs, strict=True)}


@exercise(
    "05.5",
    "A sound row has -100 on its first prompt_tokens labels, and its last label is the end token.",
    "Compare texts in one form: ' '.join(text.lower().split()), on both sides.",
)
def check_faults(answer) -> str:
    """Six training sets with planted faults, which the lesson does not show."""
    for seed in range(20, 26):
        rows, texts = faulty_set(seed)
        found, wanted = tried(answer, rows, texts, END), faults(rows, texts, END)
        if not isinstance(found, dict) or set(found) != set(KINDS):
            raise NotYet(f"return a dict with exactly the keys {', '.join(map(repr, KINDS))}")
        for kind in KINDS:
            advice = "Letter case and extra spaces do not count" if kind == KINDS[1] else ""
            compare(f"{kind}, among {len(rows)} rows", sorted(found[kind]), wanted[kind], advice)
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
        {"late": [(10, 0.6), (40, 0.5)], "early": [(10, 0.5), (40, 0.7)]},
        {"only": [(1, 3.0), (2, 2.0), (3, 2.5), (4, 2.2)]},
        {"lost": [(1, nan), (2, nan)], "kept": [(1, 5.0)]},
    )
    for curves in cases:
        compare(f"for {curves}", tuple(tried(answer, curves)), pick(curves), "Its loss on dev is the lowest")
    return "the lowest point of all curves, wherever it stands."
