"""Your own task: bring a file, get a decision. Five calls, or `python -m helpers.own_task FILE`.

read (or read_documents) → own.with_words(…) → plan → climb → report. Each stands in tasks.own, methods.own or
lesson.own; this is their door.
"""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from helpers.lesson.own import page
from helpers.machine import runtime
from helpers.methods.own import label_rungs
from helpers.methods.own.climb import TooLargeError, climb
from helpers.methods.own.plan import MINUTES, Plan, plan
from helpers.model import endpoint
from helpers.results import costs, own_decision, store
from helpers.results.own_decision import TARGET, Decision
from helpers.results.rows import LedgerRow
from helpers.tasks.files import DataError
from helpers.tasks.own.documents import read as read_documents
from helpers.tasks.own.reading import read

ASKED = ("question", "answer", "document")  # columns of a table of questions
HEADER = {"yes": True, "no": False}
LABELED = ("text", "label", "split", "test", "dev", "outside", "system", "word")  # options of texts with labels

__all__ = ["climb", "plan", "read", "read_documents", "report"]


def report(
    plan: Plan, rows: Sequence[LedgerRow], target: float | None = None, requests: int = 10_000, show: bool = True
) -> Decision:
    """Show table, pictures and decision, and write report.html for a colleague; return the decision.

    Args:
        plan, rows: what was planned, and what climb returned.
        target: the share right that would do; None takes TARGET. requests: expected in a month.
        show: False only writes the page.

    Raises ValueError without rows.
    """
    own = plan.bench.own
    against, doubts = (label_rungs.AGAINST, page.doubts(own)) if own.kind == "labels" else ((), [])
    doubts += page.unmeasured(plan)
    found = own_decision.decide(rows, target, requests, page.noun_of(own), _prices(), against, doubts)
    if show:
        page.show(own, rows, found)
    written = page.write(own, rows, found, plan.bench.folder, plan)
    if show:
        print(f"\nThe page for a colleague: {_near(written)}. Finished pieces lie beside it. {page.kept(own)}")
    return found


def _prices() -> costs.Prices:
    """What COURSE_API_PRICES says where a model is asked at an address; else the course's example."""
    read, written = endpoint.from_environment().prices if endpoint.wanted() else (0.0, 0.0)
    return costs.Prices(read, read, written, "COURSE_API_PRICES") if read + written else costs.EXAMPLE_PRICES


def _near(path: pathlib.Path) -> str:
    """Where a page lies: in a terminal whole, else from the course's folder, or from that of results."""
    if not page.in_notebook():
        return str(path)
    if path.is_relative_to(runtime.ROOT):
        return f"{path.relative_to(runtime.ROOT)}, seen from the course's folder"
    return f"{path.relative_to(store.folder())} in the folder that COURSE_RESULTS names"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m helpers.own_task", description=__doc__.split("\n")[0])
    parser.add_argument("file", help="a table (CSV, JSON, spreadsheet …), a folder of texts by label, or of documents")
    parser.add_argument("--questions", help="a table of questions and answers: FILE then holds documents")
    for role in ASKED:
        parser.add_argument(f"--{role}", help=f"column of the {role}, with --questions; guessed if left out")
    parser.add_argument(
        "--text", action="append", help="column of the text, by name or number; guessed if left out; several are joined"
    )
    parser.add_argument(
        "--label",
        action="append",
        help="column of the label; several mark one label each, by 1; "
        "'header' if the names of the text columns are labels",
    )
    parser.add_argument("--split", help="column that says train, dev or test")
    parser.add_argument("--test", help="a further file to test on")
    parser.add_argument("--outside", help="the label of what belongs to none of the others")
    parser.add_argument("--dev", help="a further file to choose by")
    parser.add_argument("--header", choices=HEADER, help="whether the first row names the columns; guessed if left out")
    parser.add_argument("--encoding", help="of the file, such as cp1252; guessed if left out")
    parser.add_argument("--delimiter", help="between cells; guessed if left out")
    parser.add_argument(
        "--sheet", help="of a spreadsheet; the longest if left out; 'every' for all, in a folder for all its files"
    )
    parser.add_argument("--system", help="the first sentence of the prompt, such as 'You sort IT tickets.'")
    parser.add_argument(
        "--word", action="append", default=[], metavar="LABEL=WORDS", help="what the model reads for a label; repeat it"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="the most that measuring takes (%(default)g)")
    parser.add_argument("--without", action="append", default=[], help="a rung to leave out, or how its name begins")
    parser.add_argument("--target", type=float, help=f"the share right that would do ({TARGET:g} if left out)")
    parser.add_argument("--requests", type=int, default=10_000, help="expected in a month (10000)")
    parser.add_argument("--yes", action="store_true", help="take guessed columns and the plan without asking")
    parser.add_argument("--only-read", action="store_true", help="read and check the file, and stop")
    return parser


def _documents(told: argparse.Namespace):
    """Read documents and questions; raises DataError where an option says something of labels alone."""
    idle = [f"--{name}" for name in LABELED if getattr(told, name)]
    if idle:
        columns = ", ".join(f"--{role}" for role in ASKED)
        raise DataError(f"{', '.join(idle)}: with --questions this says nothing; columns are named by {columns}")
    options = {
        "header": HEADER.get(told.header),
        "encoding": told.encoding,
        "delimiter": told.delimiter,
        "sheet": told.sheet,
    }
    return read_documents(told.file, told.questions, *(_column(getattr(told, role)) for role in ASKED), **options)


def _column(told: str | None) -> str | int | None:
    return int(told) if told and told.isdecimal() else told


def _columns(told: Sequence[str] | None) -> str | int | list[str | int] | None:
    """None, one column, or a list of several."""
    found = [_column(one) for one in told or ()]
    return found if len(found) > 1 else next(iter(found), None)


def _words(told: Sequence[str]) -> dict[str, str]:
    """Return label -> words out of LABEL=WORDS; raises DataError for one without either."""
    pairs = [[side.strip() for side in one.partition("=")[::2]] for one in told]
    for one, (label, words) in zip(told, pairs, strict=True):
        if not (label and words):
            raise DataError(
                f"--word {one!r}: write a label of the file, =, and its words: --word GRP_7='a broken screen'"
            )
    return dict(pairs)


def _agreed(question: str, yes: bool) -> bool:
    """Whether a person says yes; without a terminal to ask at, only `--yes` does."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print(f"{question} Nobody can be asked here; say --yes.")
        return False
    return input(f"{question} [y/n] ").strip().lower() in ("y", "yes")


def main(arguments: Sequence[str]) -> int:
    """Read, ask, plan, ask, climb and report; exit status 1 where the file cannot be used or nobody agrees."""
    told = _arguments().parse_args(arguments)
    try:
        if told.questions:
            own = _documents(told)
        elif any(getattr(told, role) for role in ASKED):
            raise DataError("--question, --answer and --document name columns of the table that --questions gives")
        else:
            own = read(
                told.file,
                _columns(told.text),
                _columns(told.label),
                _column(told.split),
                test=told.test,
                dev=told.dev,
                header=HEADER.get(told.header),
                encoding=told.encoding,
                delimiter=told.delimiter,
                sheet=told.sheet,
                outside=told.outside,
            )
            own = own.with_words(_words(told.word), told.system)
        print(own)
        if told.only_read:
            return 0
        if getattr(own, "guessed", ()) and not _agreed("\nAre these the right columns?", told.yes):
            print("Name them: --text NAME --label NAME (or numbers from 1).")
            return 1
        print("\nTrying each rung on a few items …")
        made = plan(own, told.minutes, skip=told.without)
        print(f"\n{made}")
        if not _agreed("\nClimb?", told.yes):
            return 1
        rows = climb(made)
        if not rows:
            print("Nothing is measured yet, so there is nothing to report. The same command goes on.")
            return 1
        report(made, rows, told.target, told.requests)
    except (DataError, TooLargeError, endpoint.EndpointError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}; make room on the disk, and run the same command again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what is measured is kept. The same command goes on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
