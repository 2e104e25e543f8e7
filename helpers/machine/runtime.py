"""Where am I, and what may I use? Place, threads, device, dtype, memory, profile: each choice with its reason.

Nothing here imports torch until a device or dtype is asked for, so that thread counts can be set first.
"""

import contextlib
import ctypes
import os
import pathlib
import sys
import timeit
from dataclasses import dataclass
from importlib import metadata

import psutil

from helpers.machine import install

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILES = ("full", "fast")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
KERNEL_CACHES, KERNELS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"), 64
PLACES = {"colab": "COLAB_RELEASE_TAG", "kaggle": "KAGGLE_KERNEL_RUN_TYPE", "binder": "BINDER_SERVICE_HOST", "ci": "CI"}
HOSTED = ("colab", "kaggle")  # there a learner has no terminal and no environment of the course


@dataclass(frozen=True)
class Choice:
    """A value and the reason why it was chosen."""

    value: object
    why: str

    def __str__(self) -> str:
        return f"{self.value}: {self.why}"


def place() -> Choice:
    """Return where the notebook runs: one of `PLACES`, or `local`.

    >>> place().value in {*PLACES, "local"}
    True
    """
    for name, variable in PLACES.items():
        if os.environ.get(variable):
            return Choice(name, f"{variable} is set")
    return Choice("local", f"no sign of {', '.join(PLACES)}")


def profile() -> Choice:
    """Return `full`, or `fast` (the same cells on fewer rows and steps), from COURSE_PROFILE.

    Raises ValueError if COURSE_PROFILE holds another word.
    """
    wanted = os.environ.get("COURSE_PROFILE", "").strip().lower()
    if not wanted:
        return Choice("full", "the default; COURSE_PROFILE=fast runs fewer rows and steps")
    if wanted not in PROFILES:
        raise ValueError(f"COURSE_PROFILE is {wanted!r}; use one of {', '.join(PROFILES)}, or unset it")
    return Choice(wanted, "COURSE_PROFILE says so")


def _first_line(path: str) -> str | None:
    try:
        return pathlib.Path(path).read_text().split("\n")[0].strip()
    except OSError:
        return None


def _cgroup_cpus() -> float | None:
    """CPUs that the container may use, from cgroup version 2 or 1; None where there is no limit."""
    two = _first_line("/sys/fs/cgroup/cpu.max")
    if two and not two.startswith("max"):
        quota, period = two.split()[:2]
        return int(quota) / int(period)
    quota, period = (_first_line(f"/sys/fs/cgroup/cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    if quota and period and int(quota) > 0:
        return int(quota) / int(period)
    return None


def threads() -> Choice:
    """Return how many threads to compute with: the smallest of container quota, CPU affinity and physical cores."""
    options = {}
    quota = _cgroup_cpus()
    if quota:
        options["the container's CPU quota"] = max(1, int(quota))
    if hasattr(os, "sched_getaffinity"):
        options["the CPUs this process may run on"] = len(os.sched_getaffinity(0))
    options["physical cores"] = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    why = min(options, key=options.get)
    wanted = os.environ.get("COURSE_THREADS", "").strip()
    if wanted.isdecimal():
        return Choice(max(1, int(wanted)), "COURSE_THREADS says so")
    ignored = f" (COURSE_THREADS is {wanted!r}, no whole number, and not used)" if wanted else ""
    return Choice(options[why], why + ignored)


def set_threads() -> Choice:
    """Set the thread counts of the numeric libraries, for torch too if it is already imported; return the choice.

    Of the kernels that oneDNN and torch keep, one a shape of a product and 0.3 MB each, 64 are as fast as all 1,024.
    """
    choice = threads()
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, str(choice.value))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for variable in KERNEL_CACHES:  # read when torch first multiplies in bfloat16
        os.environ.setdefault(variable, str(KERNELS))
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(choice.value)
    return choice


def memory() -> Choice:
    """Return the bytes of memory that this process may use: the machine's, or the container's if that is less."""
    total, why = psutil.virtual_memory().total, "the machine's memory"
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        limit = _first_line(path)
        if limit and limit.isdigit() and int(limit) < total:
            total, why = int(limit), "the container's limit"
    return Choice(total, why)


def release_memory() -> None:
    """Hand freed memory back to the system where the C library keeps it (glibc); elsewhere do nothing.

    Without this a kernel that scores and generates in turn grows by several hundred megabytes.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def too_short_for(needed: int) -> str:
    """Return in words why memory is too short for so many bytes more, freed ones given back; empty where it is not."""
    release_memory()
    left = memory().value - psutil.Process().memory_info().rss
    return f"that takes {needed / 1e9:.1f} GB, and {max(left, 0) / 1e9:.1f} are left" if left < needed else ""


def peak_memory() -> int:
    """Return the largest resident memory of this process so far, in bytes.

    On Linux from /proc: what getrusage gives there includes the process that started this one.
    """
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows has its own counter
        return psutil.Process().memory_info().peak_wset
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def device() -> Choice:
    """Return the torch device: a GPU that works, else the CPU. COURSE_DEVICE overrides.

    Raises ValueError if COURSE_DEVICE names a device that torch cannot use here.
    """
    import torch

    wanted = os.environ.get("COURSE_DEVICE", "").strip()
    if wanted:
        if why := fault_of(wanted):
            raise ValueError(f"COURSE_DEVICE is {wanted!r}, which does not work here ({why}); unset it")
        return Choice(wanted, "COURSE_DEVICE says so")
    if why := gpu_fault():
        return Choice("cpu", f"a GPU is there, but it cannot compute ({why})")
    if torch.cuda.is_available():
        return Choice("cuda", f"a GPU is there: {torch.cuda.get_device_name(0)}")
    if getattr(torch.backends, "mps", None) and torch.backends.mps.is_available():
        return Choice("cpu", "Apple's GPU is there but the course is not tested on it; COURSE_DEVICE=mps tries it")
    return Choice("cpu", "no GPU that torch can use")


_compute: set[str] = set()  # devices that have computed a product rightly


def gpu_fault() -> str:
    """Return why the GPU that torch sees cannot compute; empty if it can, or none is seen.

    torch says that a GPU is available also where its build holds no kernels for it, as for cards before 2018.
    """
    import torch

    return fault_of("cuda") if torch.cuda.is_available() else ""


def fault_of(name: str) -> str:
    """Return why a device such as `cuda:1` cannot compute here, by a real product on it; empty if it can."""
    import torch

    if name in _compute:
        return ""
    try:
        ones = torch.ones(8, 8, device=name)
        if float((ones @ ones).sum()) != 512:
            return "it computes a product wrongly"
    except (RuntimeError, AssertionError, ImportError) as error:  # torch's CPU build asserts
        return str(error).strip().split("\n")[0] or type(error).__name__
    _compute.add(name)  # a fault may pass, as when another kernel frees memory
    return ""


def unused_gpu() -> str:
    """Return why torch does not see this machine's NVIDIA GPU, and the remedy; empty if it does, or none is here."""
    import torch

    if not install.has_nvidia() or torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return (
            f"an NVIDIA GPU is here, but torch {torch.__version__} is a build for the CPU alone; to use it, install "
            "the build that https://pytorch.org/get-started/locally names for your system into this environment"
        )
    return "an NVIDIA GPU is here, but torch cannot reach it: is the driver loaded, and new enough?"


def cpu_flags() -> set[str]:
    """Return the processor's feature flags as the system names them; empty where they cannot be read."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return set(next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), []))


def _product_seconds(dtype) -> float:
    """Best of six timings of a product with the shape of the model's own layers."""
    import torch

    left, right = torch.ones(256, 576, dtype=dtype), torch.ones(576, 1536, dtype=dtype)
    return min(timeit.repeat(lambda: left @ right, number=1, repeat=6))


def dtype(on: str | None = None) -> Choice:
    """Return the number format to compute in, as a torch dtype.

    bfloat16 on a CPU needs both the right instructions and a timed product that confirms it: with the instructions it
    halves the time, without them it can be 80 times slower. GPUs before Ampere only emulate bfloat16. COURSE_DTYPE
    overrides (`float32` or `bfloat16`).
    """
    import torch

    wanted = os.environ.get("COURSE_DTYPE", "").strip()
    if wanted:
        if wanted not in ("float32", "bfloat16"):
            raise ValueError(f"COURSE_DTYPE is {wanted!r}; use float32 or bfloat16, or unset it")
        return Choice(getattr(torch, wanted), "COURSE_DTYPE says so")
    on = on or device().value
    if on.startswith("cuda"):
        major, minor = torch.cuda.get_device_capability()
        if major >= 8:
            return Choice(torch.bfloat16, f"the GPU computes in bfloat16 (capability {major}.{minor})")
        return Choice(torch.float32, f"the GPU only emulates bfloat16 (capability {major}.{minor}, needs 8.0)")
    if on != "cpu":
        return Choice(torch.float32, f"float32 is the safe choice on {on}")
    found = ", ".join(sorted({"avx512_bf16", "amx_bf16"} & cpu_flags()))
    if not found:
        return Choice(torch.float32, "the processor has no bfloat16 instructions")
    if _product_seconds(torch.bfloat16) < _product_seconds(torch.float32):
        return Choice(torch.bfloat16, f"the processor has {found}, and a timed product was faster")
    return Choice(torch.float32, f"the processor has {found}, but a timed product was not faster")


def report() -> list[tuple[str, bool, str]]:
    """Check this machine and return rows of (what, is it fine, detail); a row that fails says what to do."""
    low, high = install.LOWEST, install.HIGHEST
    version = ".".join(map(str, sys.version_info[:3]))
    fits = low <= sys.version_info[:2] <= high
    rows = [("python", fits, version + ("" if fits else f"; the course is tested on 3.{low[1]} to 3.{high[1]}"))]
    rows.append(("place", True, str(place())))
    try:
        rows.append(("profile", True, str(profile())))
    except ValueError as error:
        rows.append(("profile", False, str(error)))
    rows.append(("threads", True, str(threads())))
    room = memory()
    told = f"{room.value / 1e9:.1f} GB: {room.why}; each lesson says at its top what it takes"
    rows.append(("memory", room.value > 1.9e9, told))
    try:
        where = device()
        rows.append(("device", True, str(where)))
        if told := unused_gpu():
            rows.append(("gpu", True, told))
        rows.append(("dtype", True, str(dtype(where.value))))
    except ValueError as error:
        rows.append(("device, dtype", False, str(error)))
    except (ImportError, RuntimeError) as error:
        rows.append(("torch", False, f"{error}; run `make lab`, which installs it"))
    for package in ("torch", "transformers", "peft", "sentence-transformers", "ipywidgets"):
        try:
            rows.append((package, True, metadata.version(package)))
        except metadata.PackageNotFoundError:
            rows.append((package, False, "not installed; run `make lab`, which installs it"))
    return rows
