"""Pictures of training: the loss while it falls."""

from IPython.display import display

from helpers.lesson.plots import basics

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
        figure, axes = basics.new_figure(7.0, 3.2)
        axes.plot(
            [s.step for s in self.steps], [s.loss for s in self.steps], ".", color=basics.BLUE, label="training pairs"
        )
        dev = [(s.step, s.dev_loss) for s in self.steps if s.dev_loss is not None]
        if dev:
            axes.plot(*zip(*dev, strict=True), "D-", color=basics.ORANGE, label="dev")
        axes.set(title=self.title, xlabel="step", ylabel="loss (nats per answer token, log scale)", yscale="log")
        axes.set_xlim(0, self.steps[-1].steps + 1)
        axes.legend(frameon=False)
        words = self.words()
        picture = {"image/png": basics.png(figure), "text/plain": f"[picture: {words}]"}
        about = {"metadata": {"image/png": {"alt": words}}, "raw": True}
        if self.handle is None:
            self.handle = display(picture, display_id=True, **about)
        else:
            self.handle.update(picture, **about)

    def finish(self) -> None:
        """Print the curve in words, for readers who cannot see it."""
        print(f"In words: {self.words()}")
