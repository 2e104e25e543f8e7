"""LoRA and its loss in a few lines each, and what puts them to work in a model: for reading, not for speed.

A lesson lets its readers write the same functions and trains with theirs. The loop that the course uses stands in loop;
tests hold the two against each other.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from peft import LoraConfig, inject_adapter_in_model

from helpers.methods.tuning import saved
from helpers.methods.tuning.prepare import Example
from helpers.methods.tuning.recipe import Recipe, TuningError
from helpers.model.again import sharing_copy
from helpers.model.language_model import LanguageModel

IGNORED = -100  # the label of a token that is read and not learned


def lora(x, W, A, B, alpha: float):
    """Return what a layer gives with its update: (…, outputs), for x (…, inputs), A (rank, inputs), B (outputs, rank).

    Hu et al. (2021), https://arxiv.org/abs/2106.09685.
    """
    return x @ W.T + alpha / len(A) * (x @ A.T) @ B.T


def merged(W, A, B, alpha: float):
    """Return the one matrix (outputs, inputs) that does what a weight and its update do together."""
    return W + alpha / len(A) * B @ A


def labels(prompt_ids: Sequence[int], answer_ids: Sequence[int], end: int) -> list[int]:
    """Return what is learned at each token: nothing on the prompt, then the answer, then its end token.

    >>> labels([5, 6], [7], 2)
    [-100, -100, 7, 2]
    """
    return [IGNORED] * len(prompt_ids) + [*answer_ids, end]


def answer_loss(log_probs, labels: Sequence[int]):
    """Return the mean surprise in nats at the labels that count.

    log_probs: (t, vocabulary); row i holds what the model expects *after* token i. labels: t, as `labels` makes them.
    """
    learned = [i for i, label in enumerate(labels) if label != IGNORED]
    return -sum(log_probs[i - 1][labels[i]] for i in learned) / len(learned)


def faults(rows: Sequence[dict], test_texts: Sequence[str], end: int) -> dict[str, list[int]]:
    """Return the places of rows with loss on the prompt, with a text of the test set, and with a wrong last label."""
    known = {" ".join(text.lower().split()) for text in test_texts}
    signs = {
        "loss on the prompt": lambda row: any(label != IGNORED for label in row["labels"][: row["prompt_tokens"]]),
        "leaked test row": lambda row: " ".join(row["text"].lower().split()) in known,
        "wrong end token": lambda row: row["labels"][-1] != end,
    }
    return {kind: [i for i, row in enumerate(rows) if sign(row)] for kind, sign in signs.items()}


def rows(examples: Sequence[Example], texts: Sequence[str], labels: Callable = labels) -> list[dict]:
    """Return a training set as a trainer holds it: text, ids, labels and prompt_tokens of each example."""
    return [
        {
            "text": text,
            "ids": [*example.prompt, *example.answer],
            "labels": [int(x) for x in labels(list(example.prompt), list(example.answer[:-1]), example.answer[-1])],
            "prompt_tokens": len(example.prompt),
        }
        for example, text in zip(examples, texts, strict=True)
    ]


def inspected(faults: Callable, rows: Sequence[dict], texts: Sequence[str], end: int) -> dict[str, int]:
    """Return how many rows `faults` (as above) finds of each kind; it is given copies, and may return any collection.

    >>> inspected(faults, [{"text": "Hi", "ids": [5, 2], "labels": [-100, 2], "prompt_tokens": 1}], ["hi"], 2)
    {'loss on the prompt': 0, 'leaked test row': 1, 'wrong end token': 0}
    """
    found = faults(copy.deepcopy(list(rows)), list(texts), end)
    return {kind: len([*places]) for kind, places in found.items()}


class Layer(torch.nn.Module):
    """A frozen linear layer with an update: A starts small and random, B at zero, so that nothing changes at first."""

    def __init__(self, linear: torch.nn.Linear, formula: Callable, recipe: Recipe, generator: torch.Generator):
        super().__init__()
        outputs, inputs = linear.weight.shape
        start = (torch.rand(recipe.rank, inputs, generator=generator) * 2 - 1) / inputs**0.5
        self.linear, self.formula, self.alpha = linear, formula, recipe.alpha
        self.A = torch.nn.Parameter(start.to(linear.weight.device))
        self.B = torch.nn.Parameter(torch.zeros(outputs, recipe.rank, device=linear.weight.device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.float().reshape(-1, x.shape[-1])  # a formula may count on rows and columns alone
        found = self.formula(flat, self.linear.weight.float(), self.A, self.B, self.alpha)
        found = found if self.linear.bias is None else found + self.linear.bias
        return found.reshape(*x.shape[:-1], -1).to(x.dtype)


def attach(lm: LanguageModel, formula: Callable, recipe: Recipe):
    """Return a copy of a model, sharing its frozen weights, whose layers of the recipe compute by `formula`.

    formula: as `lora`, for tensors. Raises TuningError if the recipe names no layer of the model.
    """
    model = sharing_copy(lm.model).requires_grad_(False)
    generator = torch.Generator().manual_seed(recipe.seed)
    for block in model.model.layers[-recipe.layers :]:  # -0: all
        for name, part in list(block.named_modules()):
            wanted = recipe.targets == "all-linear" or name.split(".")[-1] in recipe.targets
            if isinstance(part, torch.nn.Linear) and wanted:
                block.set_submodule(name, Layer(part, formula, recipe, generator))
    if not trained(model):
        raise TuningError(f"no linear layer of {lm.name} is called {recipe.target_modules}")
    return model.eval()


def trained(model) -> list[torch.nn.Parameter]:
    """Return all A and B of a model."""
    return [matrix for part in model.modules() if isinstance(part, Layer) for matrix in (part.A, part.B)]


def gradient_lengths(model) -> tuple[float, float]:
    """Return the length of the gradient that lies on all A, and on all B; 0 where there is none."""
    parts = [part for part in model.modules() if isinstance(part, Layer)]
    both = ([part.A.grad for part in parts], [part.B.grad for part in parts])
    return tuple(sum(float(grad.norm()) ** 2 for grad in side if grad is not None) ** 0.5 for side in both)


def by_peft(x: torch.Tensor, W: torch.Tensor, A: torch.Tensor, B: torch.Tensor, alpha: float) -> torch.Tensor:
    """Return what a layer of the library peft gives with the same numbers."""
    outputs, inputs = W.shape
    layers = torch.nn.ModuleDict({"layer": torch.nn.Linear(inputs, outputs, bias=False)})
    layers["layer"].weight.data = W
    inject_adapter_in_model(LoraConfig(r=len(A), lora_alpha=alpha, target_modules=["layer"]), layers)
    theirs = layers["layer"]
    theirs.lora_A["default"].weight.data, theirs.lora_B["default"].weight.data = A, B
    return theirs(x).detach()


def updated(lm: LanguageModel) -> tuple[str, torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """Return name, W, A, B and alpha of the last layer of a tuned model that carries an update, in float32."""
    layer_name, layer = list(saved.lora_layers(lm.model).items())[-1]
    name = next(iter(layer.lora_A))
    parts = layer.get_base_layer().weight, layer.lora_A[name].weight, layer.lora_B[name].weight
    alpha = layer.scaling[name] * layer.r[name]
    return layer_name, *(part.detach().float() for part in parts), alpha


def pick(curves: dict[str, Sequence[tuple[int, float]]]) -> tuple[str, int]:
    """Return name and step of the lowest loss that is a number, of equal ones the earlier step.

    >>> pick({"a": [(10, 0.9), (20, 0.7)], "b": [(10, float("nan"))]})
    ('a', 20)
    """
    points = [(loss, step, name) for name, curve in curves.items() for step, loss in curve if loss == loss]
    _loss, step, name = min(points, key=lambda point: point[:2])
    return name, step
