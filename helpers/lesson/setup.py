"""Makes a lesson ready to run, wherever it was opened: threads, missing packages on Colab or Kaggle, weights.

Called by the setup cell of every lesson, before anything imports torch. `python -m helpers.lesson.setup` prints a
report of the machine and the weights that a bug report can carry.
"""

import logging
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version

from packaging.version import Version

from helpers.machine import runtime

# What a lesson needs at least. On a hosted machine what is older or missing is laid over; elsewhere pins are installed.
AT_LEAST = {
    "transformers": "5.15",
    "peft": "0.20",
    "sentence-transformers": "5.5",
    "scikit-learn": "1.6",
    "gguf": "0.17",
    "llguidance": "1.3",
    "httpx": "0.27",
    "jsonschema": "4.20",
    "bm25s": "0.2",
    "snowballstemmer": "2.2",
    "usearch": "2.16",
    "filelock": "3.12",
    "platformdirs": "4.0",
    "psutil": "5.9",
}
FROZEN = ("torch", "numpy", "ipywidgets", "ipykernel", "jupyterlab", "tornado")
# What a lesson does without, and what peft stops at where an older one is there (its import_utils.py), as on Colab.
REFUSED = {"torchao": "0.16"}
# Where each host keeps a folder of yours when the machine goes.
KEEPS = {
    "colab": "from google.colab import drive; drive.mount('/content/drive'), then %env "
    "COURSE_RESULTS=/content/drive/MyDrive/course-results",
    "kaggle": "%env COURSE_RESULTS=/kaggle/working/course-results",
}


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def lacking() -> dict[str, str]:
    """Return what is missing or too old, by package: the installed version, or `missing`."""
    found = {package: _installed(package) for package in AT_LEAST}
    return {
        package: installed or "missing"
        for package, installed in found.items()
        if not installed or Version(installed) < Version(AT_LEAST[package])
    }


def pins() -> dict[str, str]:
    """Return the exact pins of requirements.txt by package name."""
    text = (runtime.ROOT / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;#]+)", text, re.MULTILINE))


def in_the_way() -> dict[str, str]:
    """Return what is installed, too old for a lesson's packages to import beside it, and not needed: its version."""
    found = {package: _installed(package) for package in REFUSED}
    return {
        package: installed
        for package, installed in found.items()
        if installed and Version(installed) < Version(REFUSED[package])
    }


def clear() -> list[str]:
    """Remove what is in the way from a hosted machine; return it. Raises RuntimeError with pip's words if it cannot."""
    old = in_the_way()
    if not old:
        return []
    command = [sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", *old]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"could not remove {', '.join(old)}: {(done.stderr or done.stdout).strip()[-400:]}")
    return [f"{package} {installed}" for package, installed in old.items()]


def overlay() -> list[str]:
    """Install what a hosted machine lacks, with its torch, numpy and Jupyter frozen; return what was installed.

    Raises RuntimeError with pip's last words if that fails.
    """
    wanted = lacking()
    if not wanted:
        return []
    chosen = [f"{package}=={pins()[package]}" for package in wanted]
    constraints = [f"{package}=={_installed(package)}" for package in FROZEN if _installed(package)]
    with tempfile.TemporaryDirectory() as folder:
        held = pathlib.Path(folder) / "constraints.txt"
        held.write_text("\n".join(constraints))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(held), *chosen]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"could not install {', '.join(chosen)}: {(done.stderr or done.stdout).strip()[-400:]}")
    return chosen


def _complete(where: str) -> None:
    """Bring a hosted machine's packages to what a lesson needs, and say what was done. Raises RuntimeError."""
    loaded = {name.partition(".")[0] for name in list(sys.modules)}
    removed, installed = clear(), overlay()
    if removed:
        print(f"Removed for this session, since peft stops at it: {', '.join(removed)}")
    if installed:
        print(f"Installed for this session: {', '.join(installed)}")
    changed = {re.split("[ =]", name)[0].replace("-", "_") for name in (*removed, *installed)}
    if stale := sorted(changed & loaded):
        raise RuntimeError(
            f"{', '.join(stale)} had been imported before and is another version now: restart the session (Runtime, "
            "then Restart session; nothing is installed twice), and run this cell first"
        )
    if not os.environ.get("COURSE_RESULTS"):
        print(f"What you measure goes with this machine. To keep it, run before this cell: {KEEPS[where]}")


def _refuse_incomplete() -> None:
    """Raise RuntimeError, with the remedy, where packages are missing, too old or in the way."""
    if wanted := lacking():
        missing = ", ".join(f"{package} ({state})" for package, state in wanted.items())
        raise RuntimeError(
            f"packages are missing or too old: {missing}. Start the course with `make lab`, which installs them"
        )
    if old := in_the_way():
        told = ", ".join(f"{package} {installed}" for package, installed in old.items())
        raise RuntimeError(
            f"{told} is too old for peft, which stops at it; the course does not need it. Remove it "
            f"(pip uninstall {' '.join(old)}), or start the course with `make lab`, which has an environment of its own"
        )


def start(lesson: str) -> None:
    """Prepare lesson `lesson` (`"01"`): set threads, complete the packages, fetch the weights, say one line.

    Keeps library chatter out of the lessons; errors still show.

    Raises RuntimeError if packages are missing and cannot be installed, ModelError if the weights cannot be had,
    ValueError if COURSE_DEVICE names a device that cannot compute.
    """
    runtime.set_threads()
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*IProgress not found.*")
    where = runtime.place().value
    if where in runtime.HOSTED:
        _complete(where)
    else:
        _refuse_incomplete()
    from helpers.model import catalogue  # after the packages are complete

    asked_for = os.environ.get("COURSE_DEVICE", "").strip() and runtime.device()
    if not asked_for and (why := runtime.gpu_fault()):
        print(f"A GPU is there, but it cannot compute, so the CPU is used: {why}")
    for name in catalogue.needed():
        catalogue.location(name)
    print(f"Lesson {lesson} is ready. Profile: {runtime.profile().value}.")


def main() -> int:
    """Print the report of machine and weights; exit status 1 if a row failed."""
    from helpers.model import catalogue

    rows = runtime.report() + catalogue.report()
    for what, fine, detail in rows:
        print(f"{'OK  ' if fine else 'FAIL'} {what:22} {detail}")
    return int(not all(fine for _, fine, _ in rows))


if __name__ == "__main__":
    runtime.set_threads()
    sys.exit(main())
