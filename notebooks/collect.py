"""Prints what the checks said in a folder of saved notebooks: `python notebooks/collect.py FOLDER`. Nothing is run."""

import pathlib
import re
import sys

import nbformat

SAID = re.compile(r"^(\d\d\.\d+) (not attempted|not yet|correct)\b", re.M)
ASKED = re.compile(r'^check\("(\d\d\.\d+)"', re.M)


def read(path: pathlib.Path) -> dict[str, str]:
    """Return what the saved outputs of a notebook say of each exercise that it asks; the last word counts."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    found = {exercise: "not run" for cell in code for exercise in ASKED.findall(cell.source)}
    for cell in code:
        asked = ASKED.findall(cell.source)
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        found |= {exercise: status for exercise, status in SAID.findall(printed) if exercise in asked}
    return found


def main(folder: str) -> int:
    """Print a line for each notebook: how many are correct, and what the others are; exit status 1 if one is broken."""
    broken = 0
    for path in sorted(pathlib.Path(folder).rglob("*.ipynb")):
        try:
            found = read(path)
        except (ValueError, AttributeError, nbformat.ValidationError) as error:
            print(f"{path.name}: no notebook that can be read ({str(error).splitlines()[0]})")
            broken = 1
            continue
        correct = sum(status == "correct" for status in found.values())
        others = [f"{exercise} {status}" for exercise, status in found.items() if status != "correct"]
        print("; ".join([f"{path.name}: {correct} of {len(found)} correct", *others]))
    return broken


if __name__ == "__main__":
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        sys.exit("name the folder of the notebooks: python notebooks/collect.py FOLDER")
    sys.exit(main(sys.argv[1]))
