"""The loss curve and the widget of the tuning lesson."""

from helpers.lesson.plots import tuning as pictures
from helpers.lesson.plots.tuning import LossCurve
from helpers.lesson.widgets import tuning as widgets
from helpers.methods import tuning


def test_the_loss_curve_says_what_it_shows(capsys):
    curve = LossCurve("Loss")
    for i in range(1, 21):
        curve(tuning.Step(i, 20, i / 10, 4 / i, 0.5 if i % 10 == 0 else None, 100, float(i)))
    curve.finish()
    said = capsys.readouterr().out
    assert "In words: the training loss goes from 3.00 to 0.21 nats per token in 20 steps" in said
    assert "on dev it is 0.50, then 0.50." in said
    assert "20.0" not in said  # no seconds


def test_the_parameter_widget_counts_and_shows(small, capsys):
    html = widgets.parameters_html(small, 8, "q_proj v_proj", 2)
    counted = tuning.count_parameters(small.model, tuning.Recipe(rank=8, layers=2))
    assert f"{sum(counted.values()):,} trained numbers" in html
    more = widgets.parameters_html(small, 16, "q_proj v_proj", 2)
    assert f"{2 * sum(counted.values()):,} trained numbers" in more
    widgets.parameter_explorer(small)


def test_the_picture_of_thin_matrices_counts_what_it_shows(capsys):
    pictures.thin_matrices(60, 40, rank=2)
    said = capsys.readouterr().out
    assert "W, frozen, has 60 × 40 = 2,400 numbers" in said
    assert "A has 2 × 40 and B 60 × 2, together 200, which is 8.3% of W" in said
