"""The training loop: packed rows, loss on answers only, AdamW on the adapter, dev after each epoch, the best one kept.

Written out rather than handed to a trainer, because a learner can read it. Seeded, and resumable to the same result.
"""

import hashlib
import json
import math
import os
import pathlib
import pickle
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from tqdm.auto import tqdm

from helpers.machine import runtime
from helpers.methods.tuning import rows, saved
from helpers.methods.tuning.prepare import Prepared, Report, prepare
from helpers.methods.tuning.recipe import Recipe, TuningError
from helpers.model.language_model import LanguageModel
from helpers.tasks.pairs import Pair

SAVE_EVERY = 10  # steps between two checkpoints
PLAIN = ("step", "seconds", "waited", "best")  # of a run, what a checkpoint holds as it is


@dataclass(frozen=True)
class Step:
    """What `on_step` is told: loss in nats per answer token; `dev_loss` where dev was measured after this step."""

    step: int
    steps: int
    epoch: float
    loss: float
    dev_loss: float | None
    tokens: int
    seconds: float


@dataclass
class History:
    """A run so far: loss of each step, (step, loss) on dev, the best of those, and how often each pair was seen."""

    losses: list[float] = field(default_factory=list)
    dev: list[tuple[int, float]] = field(default_factory=list)
    best_step: int = 0
    best_loss: float | None = None
    seen: dict[str, int] = field(default_factory=dict)
    stopped_early: bool = False


@dataclass(frozen=True)
class Tuned:
    """A tuned model and how it came to be; the base model it was trained from is untouched.

    seconds: of training, dev measurements included. tokens: of the pairs trained on, each epoch counted.
    """

    lm: LanguageModel
    history: History
    seconds: float
    tokens: int
    recipe: Recipe
    report: Report
    base_name: str
    data_sha256: str

    @property
    def trained_parameters(self) -> int:
        """How many numbers the adapter holds."""
        return sum(value.numel() for value in saved.trained(self.lm.model))


def train(
    lm: LanguageModel,
    pairs: Sequence[Pair],
    recipe: Recipe,
    dev_pairs: Sequence[Pair] | None = None,
    progress: bool = True,
    on_step: Callable[[Step], None] | None = None,
    checkpoint: str | pathlib.Path | None = None,
    start: str | pathlib.Path | None = None,
    kept: rows.Kept | None = None,
) -> Tuned:
    """Train a LoRA adapter beside a frozen model, which stays as it is and shares its weights with the tuned one.

    Args:
        dev_pairs: held out; the adapter with the lowest loss on them is the one returned. None returns the last.
        progress: show a bar, and what preparation found odd.
        on_step: called after each step, e.g. to draw the loss.
        checkpoint: a file; where it holds an interrupted run of the same recipe, data and base, that run goes on.
        start: the folder of a saved adapter of the same shape, to go on from instead of from zero.
        kept: shares what frozen layers compute with other runs from this base.

    Raises:
        TuningError: the data cannot be trained on, the loss is no longer a number, or a checkpoint is of another run.
    """
    prepared = prepare(lm, pairs, recipe)
    dev = prepare(lm, dev_pairs, recipe) if dev_pairs else None
    if progress:
        for line in prepared.report.problems:
            print(f"training set: {line}")
    tuned = saved.attach(lm, recipe, f"{lm.name}, tuned")
    if start:
        saved.set_state(tuned.model, saved.state_of(saved.load(lm, start).model))
    run = _Run(tuned, recipe, prepared, dev, checkpoint, kept or rows.Kept())
    run.resume()
    with tqdm(total=run.steps, initial=run.step, desc="train", disable=not progress, leave=False) as bar:
        while run.step < run.steps and not run.history.stopped_early:
            told = run.advance()
            bar.update()
            bar.set_postfix_str(f"loss {told.loss:.3f}")
            if on_step:
                on_step(told)
    run.finish()
    names = [example.id for example in prepared.examples]
    run.history.seen = {names[i]: times for i, times in sorted(run.seen.items())}
    tokens = sum(times * len(prepared.examples[i]) for i, times in run.seen.items())
    runtime.release_memory()
    return Tuned(tuned, run.history, run.seconds, tokens, recipe, prepared.report, lm.name, prepared.data_sha256)


class _Run:
    """The state of a run: what a checkpoint holds is enough to go on exactly where it stopped."""

    def __init__(self, lm: LanguageModel, recipe: Recipe, prepared: Prepared, dev, checkpoint, kept):
        self.lm, self.recipe, self.prepared, self.dev = lm, recipe, prepared, dev
        self.checkpoint = pathlib.Path(checkpoint) if checkpoint else None
        self.parameters = saved.trained(lm.model)
        self.optimizer = torch.optim.AdamW(self.parameters, lr=0.0, weight_decay=recipe.weight_decay)
        layers = len(lm.model.model.layers)
        first = max(0, layers - recipe.layers) if recipe.layers else 0
        kept.use_for(saved.base_sha256(lm.model), first)
        self.reader = rows.Reader(lm.model, first, kept, recipe.row_tokens)
        self.per_epoch = math.ceil(len(prepared.examples) / recipe.batch_size)
        self.steps = self.per_epoch * recipe.epochs
        self.step, self.seconds, self.waited = 0, 0.0, 0
        self.history, self.best, self.seen = History(), None, Counter()

    def advance(self) -> Step:
        """One step of the optimizer, and dev where it is due."""
        started = time.perf_counter()
        members = self._members(self.step)
        loss = self._gradients(members)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip)
        self._need_number(loss, norm, members)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.step_size(self.step, self.steps)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.history.losses.append(loss)
        dev_loss = self._measure_dev()
        self.seconds += time.perf_counter() - started
        if self.step % SAVE_EVERY == 0:
            self._save()
        tokens = sum(len(self.prepared.examples[i]) for i in members)
        return Step(self.step, self.steps, self.step / self.per_epoch, loss, dev_loss, tokens, self.seconds)

    def _members(self, step: int) -> list[int]:
        """The places of the pairs of a step: each epoch goes through all of them in an order of its own."""
        epoch, at = divmod(step, self.per_epoch)
        generator = torch.Generator().manual_seed(self.recipe.seed * 1000 + epoch)
        order = torch.randperm(len(self.prepared.examples), generator=generator).tolist()
        return order[at * self.recipe.batch_size : (at + 1) * self.recipe.batch_size]

    def _gradients(self, members: Sequence[int]) -> float:
        """Leave the step's gradient on the parameters; return the step's loss per answer token."""
        examples, total = self.prepared.examples, 0.0
        answer_tokens = sum(len(examples[i].answer) for i in members)
        model = self.lm.model
        model.train(self.recipe.dropout > 0)
        with torch.random.fork_rng():
            torch.manual_seed((self.recipe.seed * 100_003 + self.step) * 64)
            for group in rows.split(examples, members, self.prepared.shared, self.recipe.row_tokens):
                row = rows.lay_out(examples, group, self.prepared.shared)
                total += rows.backward(model, self.reader.hidden(row), row.targets, answer_tokens)
        model.eval()
        self.seen.update(members)
        return total

    def _need_number(self, loss: float, norm: torch.Tensor, members: Sequence[int]) -> None:
        if math.isfinite(loss) and bool(torch.isfinite(norm)):
            return
        names = ", ".join(self.prepared.examples[i].id for i in members[:3])
        raise TuningError(
            f"step {self.step + 1}: the loss is {loss} and the gradient's length {float(norm)}, so training cannot go "
            f"on. Most often the learning rate ({self.recipe.learning_rate:g}) is too high: try a third of it. Else "
            f"look at the pairs of this step ({names}, …)"
        )

    def _measure_dev(self) -> float | None:
        """Measure dev where it is due; keep the adapter if it is the best so far, stop where patience ends."""
        every = max(1, self.per_epoch // self.recipe.dev_per_epoch)
        if not self.dev or (self.step % every and self.step != self.steps):
            return None
        loss = self.dev_loss()
        self.history.dev.append((self.step, loss))
        if self.history.best_loss is None or loss < self.history.best_loss:
            self.history.best_step, self.history.best_loss, self.waited = self.step, loss, 0
            self.best = saved.state_of(self.lm.model)
        else:
            self.waited += 1
            self.history.stopped_early = self.recipe.patience is not None and self.waited >= self.recipe.patience
        return loss

    def dev_loss(self) -> float:
        """Loss per answer token on the dev pairs."""
        examples, total = self.dev.examples, 0.0
        with torch.no_grad():
            for group in rows.split(examples, range(len(examples)), self.dev.shared, self.recipe.row_tokens):
                row = rows.lay_out(examples, group, self.dev.shared)
                total += rows.loss_of(self.lm.model, self.reader.hidden(row), row.targets).sum().item()
        return total / sum(len(e.answer) for e in examples)

    def finish(self) -> None:
        """Go back to the adapter that was best on dev, and leave the checkpoint of a finished run."""
        self._save()
        if self.best is not None:
            saved.set_state(self.lm.model, self.best)
        elif not self.dev:
            self.history.best_step = self.step

    def _fingerprint(self) -> str:
        told = [self.recipe.as_dict(), self.prepared.data_sha256, self.dev and self.dev.data_sha256]
        return hashlib.sha256(json.dumps([*told, saved.base_sha256(self.lm.model)]).encode()).hexdigest()

    def _save(self) -> None:
        """Write the run beside its checkpoint and move it to its place, so that a file is whole or absent."""
        if not self.checkpoint:
            return
        state = {name: getattr(self, name) for name in PLAIN} | {"fingerprint": self._fingerprint()}
        state |= {"adapter": saved.state_of(self.lm.model), "optimizer": self.optimizer.state_dict()}
        state |= {"seen": dict(self.seen), "history": vars(self.history)}
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.checkpoint.with_name(self.checkpoint.name + ".part")
        torch.save(state, unfinished)
        os.replace(unfinished, self.checkpoint)

    def resume(self) -> None:
        """Go on from the checkpoint if there is one; raises TuningError if it is of another run or damaged."""
        if not self.checkpoint or not self.checkpoint.exists():
            return
        try:
            state = torch.load(self.checkpoint, weights_only=True)
            fingerprint = state["fingerprint"]
        except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, ValueError) as error:
            raise TuningError(f"the checkpoint {self.checkpoint.name} cannot be read ({error}); delete it") from None
        if fingerprint != self._fingerprint():
            raise TuningError(
                f"the checkpoint {self.checkpoint.name} is of a run with another recipe, training set or base model; "
                "delete it to start anew, or give this run a file of its own"
            )
        saved.set_state(self.lm.model, state["adapter"])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self).update({name: state[name] for name in PLAIN})
        self.seen, self.history = Counter(state["seen"]), History(**state["history"])
