"""Which tasks and methods stand in the course's picture of scales, and their rows.

`python -m helpers.lesson.four_scales FILE` writes it as a PNG file.
"""

import pathlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from helpers.lesson import main_rows
from helpers.lesson.plots import frame, scales
from helpers.methods import recorded
from helpers.results import lookup
from helpers.results.rows import LedgerRow

TITLE = "What prompts, retrieval and tuning reach, by size of model"


@dataclass(frozen=True)
class Wanted:
    """One panel: methods by the names that the lessons give them -> what the picture calls them.

    large: a method of the recorded large model -> the name of the line that it ends, or a name of its own.
    """

    title: str
    task: str
    split: str
    methods: Mapping[str, str]
    plain: Mapping[str, str] = field(default_factory=dict)
    large: Mapping[str, str] = field(default_factory=dict)


READERS = {
    "reader, closed book": "closed book",
    "reader, one quote": "one quote",
    "reader, three quotes": "three quotes",
    "tuned reader, three quotes": "tuned, three quotes",
}
PANELS = (
    Wanted(
        "Messages under six labels",
        "intents",
        "test",
        {
            "free answer": "free answer",
            main_rows.PROMPT: "best prompt",
            main_rows.SHOTS: "nearest examples",
            main_rows.TUNED: "LoRA",
        },
        {"MiniLM + logistic regression": "sentence vectors", "ten keywords": "ten keywords"},
        {"free answer": "free answer"},
    ),
    Wanted(
        "Questions as customers ask them",
        main_rows.QUESTIONS,
        "test",
        READERS,
        {"best quote, no model": "best quote, no model"},
        {"closed book": "closed book", "whole document": "the right document, whole"},
    ),
    Wanted(
        "Questions written to be hard",
        "policy_qa",
        "test",
        {**READERS, "reader, gold evidence": "right quotes"},  # last, so that the readers look as in the panel before
        {"best quote, fused, reranked": "best quote, no model"},
        {"closed book": "closed book", "whole document": "the right document, whole"},
    ),
    Wanted(
        "Change requests: the risk, in valid JSON",
        "changes",
        "fresh",
        {
            "strict JSON prompt": "strict prompt",
            "strict JSON prompt, schema": "schema in the prompt",
            "strict JSON prompt, constrained": "constrained",
            "LoRA JSON, 400 requests": "LoRA",
        },
        {"TF-IDF, risk only": "word counts, risk alone"},
        {"strict JSON prompt": "strict prompt", "strict JSON prompt, schema": "schema in the prompt"},
    ),
)


def panels(shipped: Sequence[LedgerRow] | None = None) -> list[scales.Panel]:
    """Return the picture's panels from your rows and the course's, of all models; or from `shipped` rows alone."""
    large = {(row.task, row.split, row.method): row for row in recorded.rows()}
    return [_panel(wanted, large, shipped) for wanted in PANELS]


def _panel(
    wanted: Wanted, large: Mapping[tuple[str, str, str], LedgerRow], shipped: Sequence[LedgerRow] | None
) -> scales.Panel:
    if shipped is None:
        rows = lookup.rows(wanted.task, wanted.split, reference=True, model=lookup.ANY)
    else:
        rows = [row for row in shipped if (row.task, row.split) == (wanted.task, wanted.split)]
    rows = main_rows.with_stand_ins(rows)
    sized = [row for row in rows if row.language_model and row.parameters and row.model != recorded.MODEL]
    lines = {name: [row for row in sized if row.method == method] for method, name in wanted.methods.items()}
    plain = {row.method: row for row in rows if not row.language_model}
    return scales.Panel(
        wanted.title,
        {name: some for name, some in lines.items() if some},
        {name: plain[method] for method, name in wanted.plain.items() if method in plain},
        {
            name: large[wanted.task, wanted.split, method]
            for method, name in wanted.large.items()
            if (wanted.task, wanted.split, method) in large
        },
    )


def show() -> None:
    """Draw the picture in a lesson."""
    scales.by_size(panels(), TITLE)


def main(arguments: list[str]) -> int:
    """Write the picture to the file that is named, and print it in words."""
    if len(arguments) != 1:
        print("usage: python -m helpers.lesson.four_scales FILE.png", file=sys.stderr)
        return 1
    figure, words = scales.draw(panels(), TITLE)
    pathlib.Path(arguments[0]).write_bytes(frame.png(figure))
    print(words)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
