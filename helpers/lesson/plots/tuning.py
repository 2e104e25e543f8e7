"""Pictures of training: thin matrices, the loss while it falls, and what else tuning changes."""

import itertools
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from IPython.display import display
from matplotlib.patches import Rectangle

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import BLUE, DOTTED, GREY, LOOKS, ORANGE
from helpers.results.rows import LedgerRow
from helpers.statistics import Interval

EVERY = 5  # steps between two drawings: drawing takes as long as a small step


class LossCurve:
    """A loss curve that grows while a model trains: pass it to `tuning.train(on_step=…)`, then call `finish`.

    Dots are steps on training pairs, diamonds the loss on dev. The last picture stays, with alternative text.
    """

    def __init__(self, title: str):
        self.title, self.steps, self.handle = title, [], None

    def __call__(self, step) -> None:
        """Take one `tuning.Step` and redraw where it is time."""
        self.steps.append(step)
        if step.step % EVERY == 0 or step.step == step.steps or step.dev_loss is not None:
            self._draw()

    def words(self) -> str:
        """The curve in words."""
        losses = [step.loss for step in self.steps]
        few = max(1, len(losses) // 10)
        said = (
            f"the training loss goes from {sum(losses[:few]) / few:.2f} to {sum(losses[-few:]) / few:.2f} nats per "
            f"token in {len(losses)} steps (means of the first and last {few}; the very first step has {losses[0]:.2f})"
        )
        dev = [step.dev_loss for step in self.steps if step.dev_loss is not None]
        return said + (f"; on dev it is {', then '.join(f'{loss:.2f}' for loss in dev)}." if dev else ".")

    def _draw(self) -> None:
        figure, axes = frame.new_figure(7.0, 3.2)
        steps, losses = [s.step for s in self.steps], [s.loss for s in self.steps]
        axes.plot(steps, losses, ".", color=BLUE, alpha=0.35, label="training pairs, each step")
        dev = [(s.step, s.dev_loss) for s in self.steps if s.dev_loss is not None]
        means = []
        if dev:
            ends = [0, *(step for step, _ in dev)]
            means = [float(np.mean(losses[first:last])) for first, last in itertools.pairwise(ends)]
            middles = [(first + last) / 2 for first, last in itertools.pairwise(ends)]
            axes.plot(middles[1:], means[1:], "o-", color=BLUE, label="training pairs, mean since the last look at dev")
            axes.plot(*zip(*dev, strict=True), "D--", color=ORANGE, label="dev")
        # the first steps teach the form and lie far above; an axis that held them would show nothing else
        top = 1.3 * max([*(loss for _, loss in dev), *means[1:]], default=max(losses) / 1.3)
        for step, loss in zip(steps, losses, strict=True):
            if loss > top:
                axes.plot(step, top * 0.985, "^", color=BLUE, markersize=4, alpha=0.6)
        axes.set(title=self.title, xlabel="step (triangles: higher than shown)", ylabel="loss (nats per answer token)")
        axes.set_ylim(0, top)
        axes.set_xlim(0, self.steps[-1].steps + 1)
        axes.legend()
        data, options = frame.bundle(figure, self.words())
        if self.handle is None:
            self.handle = display(data, display_id=True, **options)
        else:
            self.handle.update(data, **options)

    def finish(self) -> None:
        """Print the curve in words, for readers who cannot see it."""
        print(f"In words: {self.words()}")


def thin_matrices(outputs: int, inputs: int, rank: int) -> None:
    """Draw a weight beside the two matrices of its update, to scale, each with the count of its numbers."""
    figure, axes = frame.new_figure(6.6, 3.0)
    gap, size = 0.3 * inputs, max(outputs, inputs)
    boxes = (
        ("W, frozen", 0, outputs, inputs, GREY),
        ("B", inputs + gap, outputs, rank, ORANGE),
        ("A", inputs + 1.6 * gap, rank, inputs, BLUE),
    )
    for name, left, rows, columns, color in boxes:
        axes.add_patch(Rectangle((left, -rows), columns, rows, facecolor=color, alpha=0.75))
        words = f"{name}\n{rows} × {columns}\n{rows * columns:,} numbers"
        over = rows > size / 3 and columns > size / 3
        place = (left + columns / 2, -rows / 2) if over else (left + columns / 2, -rows - 0.04 * size)
        axes.text(*place, words, ha="center", va="center" if over else "top", fontsize=9)
    axes.set(xlim=(-0.05 * size, 2 * inputs + 2.2 * gap), ylim=(-1.3 * size, 0.05 * size), aspect="equal")
    axes.axis("off")
    frame.show(
        figure,
        f"W, frozen, has {outputs} × {inputs} = {outputs * inputs:,} numbers; A has {rank} × {inputs} and B "
        f"{outputs} × {rank}, together {rank * (outputs + inputs):,}, which is "
        f"{rank * (outputs + inputs) / (outputs * inputs):.1%} of W.",
    )


def differences(rows: Mapping[str, Interval], title: str, xlabel: str, zero: str) -> None:
    """Draw paired differences as points with their intervals around a line at zero, which is called `zero`."""
    figure, axes = frame.new_figure(7.0, 0.42 * len(rows) + 1.3)
    for y, interval in enumerate(reversed(rows.values())):
        sure = interval.low > 0 or interval.high < 0
        frame.point(axes, interval, y, BLUE if sure else GREY, hollow=not sure)
        frame.beside(axes, y, f"{interval.estimate:+.2f}")
    axes.axvline(0, **DOTTED)
    frame.name_rows(axes, list(rows)[::-1], title=title, xlabel=xlabel)
    frame.explain(axes, "interval excludes zero", BLUE)
    frame.explain(axes, f"may be {zero}", hollow=True)
    frame.legend_below(axes, 0.3, columns=2)
    frame.show(figure, "; ".join(f"{name} {interval}" for name, interval in rows.items()) + ".")


def grouped(
    rows: Mapping[str, Mapping[str, Interval]], title: str, ylabel: str, reference: Sequence[tuple[str, str]] = ()
) -> None:
    """Draw shares with intervals, one cluster a group, one marker a method; a method may lack a group.

    `rows`: method -> group -> its share. `reference`: (method, group) of the course's reference results; hollow.
    """
    groups = list(dict.fromkeys(group for cells in rows.values() for group in cells))
    figure, axes = frame.new_figure(7.2, 3.4)
    for number, ((method, cells), (color, marker, _)) in enumerate(zip(rows.items(), cycle(LOOKS), strict=False)):
        for group, interval in cells.items():
            x = groups.index(group) + 0.14 * (number - (len(rows) - 1) / 2)
            frame.point(axes, interval, x, color, marker, hollow=(method, group) in reference, upright=True)
        frame.explain(axes, method, color, marker)
    if reference:
        frame.explain_hollow(axes)
    axes.set_xticks(range(len(groups)), groups)
    axes.set(title=title, ylabel=ylabel, ylim=(-0.03, 1.03), xlim=(-0.5, len(groups) - 0.5))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    said = {method: [f"{name} {share}" for name, share in cells.items()] for method, cells in rows.items()}
    frame.show(figure, frame.told(said))


def rows_grouped(rows: Mapping[str, Mapping[str, LedgerRow]], title: str, ylabel: str) -> None:
    """Draw the shares right of ledger rows as `grouped` does; `rows`: method -> group -> its row."""
    shares = {method: {group: row.interval for group, row in cells.items()} for method, cells in rows.items()}
    hollow = [(method, group) for method, cells in rows.items() for group, row in cells.items() if row.reference]
    grouped(shares, title, ylabel, hollow)


def exposures(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], most: float) -> None:
    """Draw the exposure of each secret in bits, by group, before (hollow) and after tuning, with the medians after.

    `most`: the highest exposure there can be, that of the likeliest among all look-alikes.
    """
    figure, axes = frame.new_figure(7.0, 0.5 * len(after) + 1.5)
    names = list(after)[::-1]
    for y, name in enumerate(names):
        for values, shift, color, face in ((before[name], -0.14, GREY, "white"), (after[name], 0.14, ORANGE, ORANGE)):
            places = y + shift + np.linspace(-0.07, 0.07, len(values))
            axes.plot(values, places, "o", color=color, markerfacecolor=face, markersize=5, alpha=0.9)
        axes.plot([np.median(after[name])] * 2, [y - 0.02, y + 0.32], color=BLUE, linewidth=2)
    axes.axvline(most, **DOTTED)
    axes.set_title("How far each secret stands out from its look-alikes")
    xlabel = "exposure in bits; dotted: the likeliest of all look-alikes"
    frame.name_rows(axes, names, xlabel=xlabel, xlim=(-0.2, most + 0.3))
    frame.explain(axes, "base model", hollow=True)
    frame.explain(axes, "after tuning", ORANGE)
    frame.explain(axes, "median after tuning", BLUE, "-")
    frame.legend_below(axes, 0.2, columns=3)
    medians = {name: (np.median(before[name]), np.median(after[name])) for name in after}
    said = {name: [f"median {first:.1f} bits before", f"{last:.1f} after"] for name, (first, last) in medians.items()}
    frame.show(figure, frame.told(said))
