"""Runs a command as Binder would: `python tests/limited.py BYTES COMMAND…`, a hard limit of memory and one processor.

The command and all that it starts share a control group. Who takes more than the limit is killed by the system, and the
course reads that limit as it does in a container. Making a group needs root: without it, or without control groups, the
command runs unlimited, and a line says so. Exit status: the command's.
"""

import os
import pathlib
import shutil
import subprocess
import sys

GROUPS = pathlib.Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds; as much of them is one processor
ALONE = ["unshare", "-m", "sh", "-c"]
# In a mount namespace of its own: join the groups, show the group as a container sees it, then become the command.
ENTER = 'n=$1; shift; while [ $n -gt 0 ]; do echo $$ >"$1/cgroup.procs"; shift; n=$((n-1)); done; '
ENTER += 'mount --bind "$1" "$2"; shift 2; exec "$@"'


def wanted(limit: int) -> dict[pathlib.Path, dict[str, int | str]]:
    """Return group -> file -> what to write there, the group that limits memory first; both kinds of control groups."""
    name = f"course-{os.getpid()}"
    if (GROUPS / "cgroup.controllers").exists():
        return {GROUPS / name: {"memory.max": limit, "memory.swap.max": 0, "cpu.max": f"{PERIOD} {PERIOD}"}}
    processor = {"cpu.cfs_period_us": PERIOD, "cpu.cfs_quota_us": PERIOD}
    return {GROUPS / "memory" / name: {"memory.limit_in_bytes": limit}, GROUPS / "cpu" / name: processor}


def make(groups: dict[pathlib.Path, dict[str, int | str]]) -> str:
    """Make control groups; return why that cannot be done here, or nothing."""
    if not (shutil.which("unshare") and shutil.which("mount")):
        return "unshare and mount are not there"
    try:
        for group, settings in groups.items():
            group.mkdir()
            for file, value in settings.items():
                (group / file).write_text(str(value))
    except OSError as error:
        return str(error)
    memory = next(iter(groups))  # a limit that the course cannot read would kill what it could have fitted
    shown = [*ALONE, 'mount --bind "$1" "$2"', "sh", str(memory), str(memory.parent)]
    tried = subprocess.run(shown, capture_output=True, text=True)
    return tried.stderr.strip() or "no namespaces" if tried.returncode else ""


def peak(group: pathlib.Path) -> str:
    """Return in words how much memory a group took at most; files that it read count, as they do on Binder."""
    for file in ("memory.peak", "memory.max_usage_in_bytes"):
        if (group / file).exists():
            return f"{int((group / file).read_text()) / 1e9:.2f} GB at its peak, files that were read among them"
    return "its peak is not told here"


def main(limit: str, *command: str) -> int:
    """Run a command within the limits, or unlimited where none can be set."""
    groups = wanted(int(float(limit)))
    why = make(groups)
    memory = next(iter(groups))
    if not why:
        inside = [*ALONE, ENTER, "sh", str(len(groups)), *map(str, groups)]
        command = (*inside, str(memory), str(memory.parent), *command)
    try:
        status = subprocess.run(command).returncode
        told = (
            f"no hard limit: {why}" if why else f"limit {float(limit) / 1e9:.2f} GB and one processor; {peak(memory)}"
        )
        print(f"limited.py: {told}", flush=True)
    finally:
        for group in groups:
            if group.exists():
                group.rmdir()
    return status if status >= 0 else 128 - status  # of one that was killed, as shells say it


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
