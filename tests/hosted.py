"""Rehearses lessons on a machine as Colab lends it: `python tests/hosted.py FOLDER NUMBER…`, the fast profile.

FOLDER gets an environment with Colab's versions (colab.txt) and an empty folder in which each lesson is opened alone.
The lesson's own first cell fetches the course from a local copy at its tag, and lays over what is missing. A line is
printed for each lesson, with its minutes and its peak of memory; exit status 1 if one stopped. The first lesson runs
alone, and lays over what all need; then two run side by side, each in a folder of its own, on half of the processors.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import nbformat
import rehearse
import sources

ROOT = pathlib.Path(__file__).resolve().parents[1]
PINS = ROOT / "tests" / "colab.txt"
BORROWED = ("torch", "torchgen", "functorch", "torch-*.dist-info")  # from the course's own environment
LANES = 2  # lessons at once
LAST = f"print({rehearse.PEAK})"
# In the rehearsed environment: run a notebook where the learner would, keep it, and end as it ends.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
client = NotebookClient(book, timeout=1800, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}})
try:
    client.execute()
finally:
    nbformat.write(book, sys.argv[1])
"""


def packages(python: pathlib.Path) -> pathlib.Path:
    """Return where an environment keeps its packages."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return pathlib.Path(subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip())


def environment(folder: pathlib.Path) -> pathlib.Path:
    """Make, or go on with, an environment with Colab's versions and the course's torch; return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    here, there = packages(pathlib.Path(sys.executable)), packages(python)
    for pattern in BORROWED:
        for path in here.glob(pattern):
            if not (there / path.name).exists():
                (there / path.name).symlink_to(path)
    command = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", PINS]
    subprocess.run([str(part) for part in command], check=True)
    kernel = {"argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}
    spec = folder / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(json.dumps({**kernel, "display_name": "Colab"}))
    return python


def origin(folder: pathlib.Path) -> pathlib.Path:
    """Return a local copy of the working tree, committed and tagged as a release would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    tag = f"v{sources.course()['version']}"
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "release"], ["tag", tag]):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
    return folder


def fetching(source: pathlib.Path) -> dict[str, str]:
    """Return the variables under which git takes a local copy where the course's address is asked for."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{source}.insteadOf",
        "GIT_CONFIG_VALUE_0": sources.course()["address"],
    }


def settings(source: pathlib.Path) -> dict[str, str]:
    """Return the variables of the lent machine: it is Colab, and the course's address leads to the local copy."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CI", "COURSE_RESULTS")}
    half = {"COURSE_THREADS": str(max(1, (os.cpu_count() or 1) // LANES))}
    return {**kept, **half, "COLAB_RELEASE_TAG": "rehearsal", "COURSE_PROFILE": "fast", **fetching(source)}


def run_alone(name: str, python: pathlib.Path, content: pathlib.Path, variables: dict[str, str]) -> str:
    """Run a learner's copy in `content`; return a line on it, which begins with `FAIL` if a cell stopped."""
    (path, _), *_ = sources.targets(name)
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(LAST))
    copy = content / pathlib.Path(path).name
    nbformat.write(book, copy)
    started = time.perf_counter()
    done = subprocess.run(
        [python, "-c", RUN, copy, content], env=variables, capture_output=True, text=True, cwd=content
    )
    minutes = (time.perf_counter() - started) / 60
    if done.returncode:
        return f"FAIL {name} after {minutes:.1f} minutes: {done.stderr.strip()[-1500:]}"
    ran = nbformat.read(copy, as_version=4)
    peak = int(ran.cells[-1].outputs[0].text)
    said = " / ".join(next(cell for cell in ran.cells if cell.cell_type == "code").outputs[0].text.split("\n")[:3])
    return f"OK   {name}: {minutes:.1f} minutes, {peak / 1e9:.2f} GB at its peak; its first cell said: {said}"


def main(folder: str, *numbers: str) -> int:
    """Rehearse the lessons of these numbers, all core lessons where none is given."""
    base = pathlib.Path(folder).absolute()
    if any((above / "helpers").is_dir() for above in base.parents):
        raise SystemExit(f"error: {base} lies inside a course, which its lessons would find; name another folder")
    source, lanes = base / "origin", [base / f"content-{lane}" for lane in range(LANES)]
    for path in (source, *lanes):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    python = environment(base / "environment")
    variables = settings(origin(source))
    chosen = sources.choose(list(numbers), sources.lessons())

    def run(names: Sequence[str], lane: int) -> Sequence[str]:
        """Rehearse lessons one after the other; their folder holds the course from the first of them on."""
        lines = []
        for name in names:
            lines.append(run_alone(name, python, lanes[lane], variables))
            print(lines[-1], flush=True)
        return lines

    lines = list(run(chosen[:1], 0))  # alone: two first cells would lay over the same packages at once
    with ThreadPoolExecutor(LANES) as pool:
        others = [chosen[1:][lane::LANES] for lane in range(LANES)]
        lines += [line for some in pool.map(run, others, range(LANES)) for line in some]
    return int(any(line.startswith("FAIL") for line in lines))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
