"""Pictures of training: the loss while it falls, and what else tuning changes."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from IPython.display import display

from helpers.lesson.plots import frame
from helpers.lesson.plots.frame import BLUE, DOTTED, GREY, LOOKS, ORANGE
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
        axes.plot([s.step for s in self.steps], [s.loss for s in self.steps], ".", color=BLUE, label="training pairs")
        dev = [(s.step, s.dev_loss) for s in self.steps if s.dev_loss is not None]
        if dev:
            axes.plot(*zip(*dev, strict=True), "D-", color=ORANGE, label="dev")
        axes.set(title=self.title, xlabel="step", ylabel="loss (nats per answer token, log scale)", yscale="log")
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
