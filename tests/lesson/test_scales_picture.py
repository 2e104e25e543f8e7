"""The picture of several scales: every row is in it, every point says whose it is, and no two names touch."""

import itertools

import matplotlib.pyplot as plt
import pytest

from helpers.lesson import four_scales
from helpers.lesson.plots import frame, scales
from helpers.lesson.plots.scales import Panel
from helpers.methods import recorded
from tests.ledger_rows import of_hits

SIZES = {"SmolLM2-135M-Instruct": 134_515_008, "Qwen2.5-Coder-0.5B-Instruct": 494_032_768, "Qwen2.5-Coder-1.5B": 1.54e9}


def of_size(method, shares, **more):
    """A row for each size, with this share of ten right."""
    return [
        of_hits(method, [int(i < 10 * share) for i in range(10)], model=name, parameters=int(size), **more)
        for (name, size), share in zip(SIZES.items(), shares, strict=False)
    ]


def large(method, share):
    return of_hits(method, [int(i < 10 * share) for i in range(10)], model=recorded.MODEL, reference=True)


def panel(**changes):
    lines = {"asked": of_size("asked", [0.1, 0.4, 0.8]), "read": of_size("read", [0.2, 0.5], reference=True)}
    told = {"lines": lines, "flat": {"counted": of_hits("counted", [1, 0], approach="plain")}}
    return Panel(
        "a task", **{**told, "ends": {"asked": large("asked", 1.0), "labeled": large("labeled", 0.9)}, **changes}
    )


@pytest.fixture
def drawn():
    figure, words = scales.draw([panel()], "by size")
    yield figure, words
    plt.close(figure)


def test_it_says_every_number(drawn):
    _, words = drawn
    for said in (
        "asked: 0.10 at 135M, 0.40 at 0.5B, 0.80 at 1.5B",
        "read: 0.20 at 135M, 0.50 at 0.5B",
        "asked, large model: 1.00",
        "labeled, large model: 0.90",
        "counted, without a language model: 0.50",
    ):
        assert said in words


def test_own_points_are_filled_and_the_courses_are_hollow(drawn):
    figure, _ = drawn
    axes = figure.axes[0]
    points = [line for line in axes.lines if line.get_marker() not in ("None", None, "")]
    faces = [(line.get_marker(), line.get_markerfacecolor()) for line in points]
    assert [face for marker, face in faces if marker == "o"] == [frame.BLUE] * 3
    assert [face for marker, face in faces if marker == "D"] == ["white"] * 2
    assert [face for marker, face in faces if marker == scales.LARGE] == ["white"] * 2


def test_what_stands_on_the_axis_is_named(drawn):
    figure, _ = drawn
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["135M\nSmolLM2", "0.5B\nQwen2.5", "1.5B\nQwen2.5", "large,\nhosted"]
    caption = figure._supxlabel.get_text()
    assert "Models are of 2 families, Qwen2.5 and SmolLM2: size is not all that differs." in caption
    assert "Stars: a large hosted model's recorded answers" in caption


def test_a_line_ends_dashed_at_the_large_model(drawn):
    figure, _ = drawn
    ends = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "--"]
    heights = [list(line.get_ydata()) for line in ends]
    assert [0.8, 1.0] in heights


def test_names_that_would_touch_are_pushed_apart():
    lines = {f"method {i}": of_size(f"method {i}", [0.9]) for i in range(5)}
    figure, _ = scales.draw([panel(lines=lines, ends={}, flat={})], "by size")
    heights = sorted(text.xy[1] for text in figure.axes[0].texts)
    plt.close(figure)
    assert len(heights) == 5
    assert all(after - before > 0.9 * scales.GAP for before, after in itertools.pairwise(heights))
    assert heights[-1] <= 1.0


@pytest.mark.filterwarnings("error")
def test_any_name_is_drawn_and_an_empty_picture_is_refused(monkeypatch):
    monkeypatch.setattr(frame, "display", lambda *_, **__: None)
    names = (r"$\frac$", "退款请求", "long " * 30, "two\nlines", "&<b>")
    scales.by_size([panel(lines={name: of_size(name.strip(), [0.5]) for name in names})] * 3, "$5")
    with pytest.raises(ValueError, match="no task has a row yet"):
        scales.by_size([Panel("nothing", {})], "by size")


def test_the_courses_picture_holds_the_rows_there_are():
    found = {panel.title: panel for panel in four_scales.panels()}
    assert list(found) == [wanted.title for wanted in four_scales.PANELS]
    for wanted in four_scales.PANELS:
        shown = found[wanted.title]
        assert shown.lines, wanted.title
        assert set(shown.ends) == set(wanted.large.values()), "a recorded row is called otherwise"
        assert all(row.parameters and row.task == wanted.task for rows in shown.lines.values() for row in rows)


def test_the_command_writes_a_picture(tmp_path, capsys):
    assert four_scales.main([str(tmp_path / "scales.png")]) == 0
    assert (tmp_path / "scales.png").read_bytes().startswith(b"\x89PNG")
    assert "at 135M" in capsys.readouterr().out
    assert four_scales.main([]) == 1
