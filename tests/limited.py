"""Runs a command as Binder would: `python tests/limited.py BYTES COMMAND…`, a hard limit of memory and one processor.

The command and all that it starts share a control group. Who takes more than the limit is killed by the system, and all
others of the group at once, since a notebook whose kernel has gone would wait for it for as long as a cell may take.
The course reads that limit as it does in a container. Making a group needs root: without it, or without control groups,
the command runs unlimited, and a line says so. Exit status: the command's, or 137 where somebody was killed.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

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


def told(group: pathlib.Path, file: str, *names: str) -> int:
    """Return the number behind one of these names in a group's file of names and numbers, 0 where there is none."""
    lines = (group / file).read_text().splitlines() if (group / file).exists() else []
    numbers = {line.split()[0]: int(line.split()[1]) for line in lines if line.count(" ") == 1}
    return next((numbers[name] for name in names if name in numbers), 0)


class Watch(threading.Thread):
    """Looks at a group until `stop`: its memory without that of files, and whether somebody in it was killed for it."""

    def __init__(self, group: pathlib.Path, every: float = 0.25):
        super().__init__(daemon=True)
        self.group, self.every, self.ended = group, every, threading.Event()
        self.peak, self.killed = 0, False

    def run(self) -> None:
        while not self.ended.wait(self.every):
            self.look()

    def look(self) -> None:
        self.peak = max(self.peak, told(self.group, "memory.stat", "total_rss", "anon"))
        killed = told(self.group, "memory.oom_control", "oom_kill") + told(self.group, "memory.events", "oom_kill")
        if killed and not self.killed:
            self.killed = True
            for process in (self.group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)

    def stop(self) -> None:
        self.ended.set()
        self.join()
        self.look()


def as_shells_say(status: int) -> int:
    """Return a status of subprocess as a shell tells it: 128 and the signal for one that was killed."""
    return status if status >= 0 else 128 - status


def main(limit: str, *command: str) -> int:
    """Run a command within the limits, or unlimited where none can be set."""
    groups = wanted(int(float(limit)))
    why = make(groups)
    memory = next(iter(groups))
    if why:
        status = subprocess.run(command).returncode
        print(f"limited.py: no hard limit: {why}", flush=True)
        return as_shells_say(status)
    watch = Watch(memory)
    watch.start()
    try:
        inside = [*ALONE, ENTER, "sh", str(len(groups)), *map(str, groups)]
        status = subprocess.run([*inside, str(memory), str(memory.parent), *command]).returncode
        watch.stop()
        end = "a process took more and was killed" if watch.killed else f"{watch.peak / 1e9:.2f} GB at its peak"
        print(f"limited.py: limit {float(limit) / 1e9:.2f} GB and one processor; {end}", flush=True)
    finally:
        for group in groups:
            with contextlib.suppress(OSError):  # not there, or what was killed has not gone yet
                group.rmdir()
    return as_shells_say(-signal.SIGKILL if watch.killed else status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
