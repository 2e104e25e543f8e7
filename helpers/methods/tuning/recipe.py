"""What a training run is told: pairs of prompt and answer, and a recipe. Both are data; nothing is trained here."""

from dataclasses import asdict, dataclass, replace

SCHEDULES = ("linear", "constant")


class TuningError(ValueError):
    """A recipe, a training set or an adapter is not as it should be; the message says what to do."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run does, so that the same recipe and data give the same adapter.

    rank: rows of A and columns of B, the two thin matrices whose product is added to a frozen weight.
    alpha: the product is multiplied by alpha / rank.
    dropout: share of a layer's inputs set to zero on their way into A, in training only.
    target_modules: which linear layers get an update: names separated by spaces, or "all-linear".
    layers: how many decoder layers get one, counted from the top; 0 means all, and so does a number that the
        model has not. Layers below are the same in every epoch: they are computed once and kept, which saves time and
        memory.
    learning_rate: the highest step size of AdamW, reached after the warm-up.
    batch_size: pairs in one step of the optimizer, whatever number of rows they are packed into.
    epochs: how often each pair is seen.
    warmup: share of all steps in which the step size rises from zero.
    schedule: after the warm-up, "linear" falls to zero, "constant" stays.
    clip: the longest gradient that a step may follow.
    weight_decay: AdamW's pull of the adapter towards zero.
    seed: of the first A, the order of pairs, and dropout.
    max_tokens: the longest pair; a longer prompt is cut in its middle, and the report says so.
    row_tokens: about how many tokens go through the model at once: more takes more memory.
    patience: stop after so many dev measurements without a new best; None never stops early.
    dev_per_epoch: how often an epoch measures the loss on dev.
    """

    rank: int = 8
    alpha: float = 16
    dropout: float = 0.0
    target_modules: str | tuple[str, ...] = "q_proj v_proj"
    layers: int = 0
    learning_rate: float = 2e-3
    batch_size: int = 16
    epochs: int = 3
    warmup: float = 0.1
    schedule: str = "linear"
    clip: float = 1.0
    weight_decay: float = 0.0
    seed: int = 0
    max_tokens: int = 512
    row_tokens: int = 256
    patience: int | None = None
    dev_per_epoch: int = 1

    def __post_init__(self):
        names = self.target_modules
        if not isinstance(names, str):
            object.__setattr__(self, "target_modules", " ".join(names))
        whole = ("rank", "batch_size", "epochs", "max_tokens", "row_tokens", "dev_per_epoch")
        wrong = [name for name in whole if not isinstance(getattr(self, name), int) or getattr(self, name) < 1]
        if wrong:
            raise TuningError(
                f"recipe: {wrong[0]} must be a whole number of at least 1, not {getattr(self, wrong[0])!r}"
            )
        bounds = {"alpha": self.alpha > 0, "learning_rate": 0 < self.learning_rate < 1, "clip": self.clip > 0}
        bounds |= {"dropout": 0 <= self.dropout < 1, "warmup": 0 <= self.warmup < 1, "layers": self.layers >= 0}
        bounds |= {"weight_decay": self.weight_decay >= 0, "patience": self.patience is None or self.patience >= 1}
        bounds |= {"schedule": self.schedule in SCHEDULES, "target_modules": bool(self.target_modules.split())}
        for name, good in bounds.items():
            if not good:
                raise TuningError(f"recipe: {name} = {getattr(self, name)!r} is out of range; see tuning.Recipe")

    @property
    def targets(self) -> str | list[str]:
        """What peft's `LoraConfig(target_modules=…)` takes.

        >>> Recipe().targets
        ['q_proj', 'v_proj']
        """
        return self.target_modules if self.target_modules == "all-linear" else self.target_modules.split()

    def step_size(self, step: int, steps: int) -> float:
        """Return the learning rate of step `step` (0 is the first) of `steps`: a rise, then a fall or a plateau.

        >>> [round(Recipe(learning_rate=0.1, warmup=0.4).step_size(i, 5), 3) for i in range(5)]
        [0.05, 0.1, 0.1, 0.067, 0.033]
        """
        rising = round(self.warmup * steps)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (steps - step) / max(1, steps - rising)

    def for_steps(self, steps: int, pairs: int) -> "Recipe":
        """Return the recipe with so many epochs that `pairs` pairs make about `steps` steps, at least one epoch.

        >>> Recipe(batch_size=8).for_steps(96, 25).epochs
        24
        """
        return replace(self, epochs=max(1, round(steps / -(-pairs // self.batch_size))))

    def as_dict(self) -> dict:
        """Return the recipe as plain values, for a card or a file."""
        return asdict(self)


RECIPE = Recipe(target_modules="all-linear", layers=8, learning_rate=2e-3, batch_size=8)
ARTICLE_B = Recipe(dropout=0.05, learning_rate=2e-4, batch_size=64)
ARTICLE_C = Recipe(learning_rate=1e-4, batch_size=8)
