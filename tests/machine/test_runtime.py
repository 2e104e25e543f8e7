"""What the course takes from the machine, and why: threads, memory, device, dtype, profile, and the report."""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys

import psutil
import pytest
import torch

from helpers.machine import runtime

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION_2, VERSION_1 = "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_{}_us"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    """None of the course's own variables is set."""
    for name in ("PROFILE", "THREADS", "DEVICE", "DTYPE"):
        monkeypatch.delenv(f"COURSE_{name}", raising=False)


def system_files(monkeypatch, **files):
    """Let the system's files read as given (path -> first line); all others are not there."""
    monkeypatch.setattr(runtime, "_first_line", files.get)


def run(code: str, **variables) -> str:
    """Return what a fresh Python prints for `code`, with no thread count and no number of kernels set beforehand."""
    unset = (*runtime.THREAD_VARIABLES, *runtime.KERNEL_CACHES)
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=environment | variables, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize(
    ("word", "expected"), [(None, "full"), ("", "full"), ("full", "full"), ("fast", "fast"), (" FAST ", "fast")]
)
def test_profile_takes_its_two_words(monkeypatch, word, expected):
    if word is not None:
        monkeypatch.setenv("COURSE_PROFILE", word)
    assert runtime.profile().value == expected


def test_profile_refuses_another_word_and_lists_its_own(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    with pytest.raises(ValueError, match="COURSE_PROFILE is 'quick'; use one of full, fast"):
        runtime.profile()


@pytest.mark.parametrize(
    ("quota", "affinity", "cores", "expected", "why"),
    [
        ("200000 100000", 8, 4, 2, "the container's CPU quota"),
        ("max 100000", 3, 4, 3, "the CPUs this process may run on"),
        ("800000 100000", 8, 4, 4, "physical cores"),
    ],
)
def test_threads_are_the_smallest_of_three_with_its_name(monkeypatch, quota, affinity, cores, expected, why):
    system_files(monkeypatch, **{VERSION_2: quota})
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity)), raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: cores)
    assert runtime.threads() == runtime.Choice(expected, why)


@pytest.mark.parametrize(
    ("files", "cpus", "threads"),
    [
        ({VERSION_2: "150000 100000"}, 1.5, 1),
        ({VERSION_2: "50000 100000"}, 0.5, 1),
        ({VERSION_2: "max 100000"}, None, 16),
        ({VERSION_1.format("quota"): "250000", VERSION_1.format("period"): "100000"}, 2.5, 2),
        ({VERSION_1.format("quota"): "-1", VERSION_1.format("period"): "100000"}, None, 16),
        ({}, None, 16),
    ],
)
def test_a_container_quota_is_read_in_both_versions(monkeypatch, files, cpus, threads):
    """A share of a CPU counts as one thread; no limit leaves the other two."""
    system_files(monkeypatch, **files)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(16)), raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 16)
    assert runtime._cgroup_cpus() == cpus
    assert runtime.threads().value == threads


def test_course_threads_overrides(monkeypatch):
    monkeypatch.setenv("COURSE_THREADS", "7")
    assert runtime.threads() == runtime.Choice(7, "COURSE_THREADS says so")
    monkeypatch.setenv("COURSE_THREADS", "0")
    assert runtime.threads().value == 1


@pytest.mark.parametrize("word", ["two", "1.5", "-2", "²"])
def test_course_threads_that_is_no_number_is_left_out_and_says_so(monkeypatch, word):
    usual = runtime.threads()
    monkeypatch.setenv("COURSE_THREADS", word)
    found = runtime.threads()
    assert found.value == usual.value
    assert f"COURSE_THREADS is {word!r}" in found.why


def test_thread_counts_are_set_before_torch_is_imported():
    """The numeric libraries read the variables once, when they are loaded; then torch computes with that many."""
    code = (
        "import os, sys; from helpers.machine import runtime; choice = runtime.set_threads()\n"
        "print('torch' in sys.modules, choice.value, *(os.environ[name] for name in runtime.THREAD_VARIABLES))\n"
        "import torch; print(torch.get_num_threads())"
    )
    assert run(code, COURSE_THREADS="1").split() == ["False", "1", "1", "1", "1", "1"]


def test_kernels_of_many_shapes_are_not_all_kept():
    code = (
        "import os, psutil; from helpers.machine import runtime; runtime.set_threads(); import torch\n"
        "weight, held = torch.ones(1536, 576, dtype=torch.bfloat16), []\n"
        "for rows in range(1, 400):\n"
        "    torch.nn.functional.linear(torch.ones(rows, 576, dtype=torch.bfloat16), weight)\n"
        "    runtime.release_memory()\n"
        "    held.append(psutil.Process().memory_info().rss)\n"
        "print(*(os.environ[name] for name in runtime.KERNEL_CACHES), (held[-1] - held[150]) / 1e6)"
    )
    *few, bounded = map(float, run(code).split())
    *all_of_them, grown = map(float, run(code, **dict.fromkeys(runtime.KERNEL_CACHES, "1024")).split())
    assert (few, all_of_them) == ([runtime.KERNELS] * 2, [1024] * 2)
    assert bounded < max(grown / 4, 20)  # where oneDNN does not multiply, neither grows


def test_a_torch_that_is_already_there_follows():
    code = (
        "import torch; torch.set_num_threads(2); from helpers.machine import runtime\n"
        "runtime.set_threads(); print(torch.get_num_threads())"
    )
    assert run(code, COURSE_THREADS="3").strip() == "3"


def test_importing_runtime_imports_no_torch():
    assert (
        run("import sys, helpers.machine.runtime; print(*sorted({'torch', 'numpy'} & set(sys.modules)))").strip() == ""
    )


@pytest.mark.parametrize("path", ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"])
def test_memory_is_the_containers_limit_where_that_is_less(monkeypatch, path):
    system_files(monkeypatch, **{path: "1500000000"})
    assert runtime.memory() == runtime.Choice(1_500_000_000, "the container's limit")


@pytest.mark.parametrize("line", ["max", "9223372036854771712", "", None])
def test_memory_is_the_machines_where_there_is_no_limit(monkeypatch, line):
    system_files(monkeypatch, **{"/sys/fs/cgroup/memory.max": line})
    assert runtime.memory() == runtime.Choice(psutil.virtual_memory().total, "the machine's memory")


def test_the_report_names_the_machines_memory_and_leaves_that_of_a_lesson_to_its_top():
    (told,) = (detail for what, _, detail in runtime.report() if what == "memory")
    assert told.count(" GB") == 1 and "each lesson says at its top" in told


def test_memory_that_is_too_short_is_told_in_words(monkeypatch):
    assert runtime.too_short_for(1_000) == ""
    used = runtime.psutil.Process().memory_info().rss
    monkeypatch.setattr(runtime, "memory", lambda: runtime.Choice(used + 1_000_000_000, "the container's limit"))
    assert runtime.too_short_for(500_000_000) == ""
    assert re.fullmatch(r"that takes 3\.0 GB, and [01]\.\d are left", runtime.too_short_for(3_000_000_000))


def test_peak_memory_counts_bytes_and_does_not_fall():
    """What was held once counts, also after it was given back."""
    code = (
        "from helpers.machine import runtime; before = runtime.peak_memory()\n"
        "held = b'x' * 80_000_000; del held; print(before, runtime.peak_memory())"
    )
    before, after = map(int, run(code).split())
    assert 5e6 < before < 100e6
    assert 60e6 < after - before < 90e6


def test_course_device_overrides(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert runtime.device() == runtime.Choice("cpu", "COURSE_DEVICE says so")


@pytest.mark.parametrize("word", ["gpu", "cuda:99"])
def test_course_device_that_does_not_work_is_refused(monkeypatch, word):
    monkeypatch.setenv("COURSE_DEVICE", word)
    with pytest.raises(ValueError, match=f"COURSE_DEVICE is '{word}', which does not work here .*; unset it"):
        runtime.device()


@pytest.fixture
def gpu(monkeypatch):
    """A GPU that torch sees, with a product that does what the test says."""
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda place: "Old Card 1080")
    ones = torch.ones
    runtime._compute.clear()

    def computes(then):
        def fake(*size, device="cpu", **more):
            made = ones(*size, **more)
            return then(made) if str(device).startswith("cuda") else made

        monkeypatch.setattr(torch, "ones", fake)

    yield computes
    runtime._compute.clear()


def test_a_gpu_that_computes_is_used(gpu):
    gpu(lambda tensor: tensor)
    assert runtime.device() == runtime.Choice("cuda", "a GPU is there: Old Card 1080")


def test_a_gpu_without_kernels_is_left_for_the_cpu_with_the_reason(gpu):
    """What a new torch says of a card that it holds no kernels for: it is available, and its first product fails."""

    def fails(tensor):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with …")

    gpu(fails)
    choice = runtime.device()
    assert choice.value == "cpu"
    assert choice.why == (
        "a GPU is there, but it cannot compute (CUDA error: no kernel image is available for execution on the device)"
    )
    assert ("device", True, str(choice)) in runtime.report()


@pytest.mark.parametrize("word", ["cuda", "cuda:0"])
def test_a_gpu_without_kernels_is_refused_also_where_it_is_asked_for(gpu, monkeypatch, word):
    def fails(tensor):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    gpu(fails)
    monkeypatch.setenv("COURSE_DEVICE", word)
    with pytest.raises(ValueError, match="COURSE_DEVICE is 'cuda.*no kernel image .*; unset it"):
        runtime.device()


def test_a_gpu_that_computes_wrongly_is_not_used(gpu):
    gpu(lambda tensor: tensor * 2)
    assert runtime.device().why == "a GPU is there, but it cannot compute (it computes a product wrongly)"


@pytest.mark.parametrize(
    ("there", "build", "said"), [(True, None, "build for the CPU alone"), (True, "13.0", "driver"), (False, None, "")]
)
def test_the_report_says_why_an_nvidia_gpu_is_not_used(monkeypatch, there, build, said):
    monkeypatch.setattr(runtime.install, "has_nvidia", lambda: there)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", build)
    told = [detail for what, _, detail in runtime.report() if what == "gpu"]
    assert len(told) == bool(said)
    assert said in " ".join(told)


@pytest.mark.parametrize("word", ["float32", "bfloat16"])
def test_course_dtype_overrides(monkeypatch, word):
    monkeypatch.setenv("COURSE_DTYPE", word)
    assert runtime.dtype("cpu") == runtime.Choice(getattr(torch, word), "COURSE_DTYPE says so")


@pytest.mark.parametrize("word", ["float16", "bf16"])
def test_another_course_dtype_is_refused(monkeypatch, word):
    monkeypatch.setenv("COURSE_DTYPE", word)
    with pytest.raises(ValueError, match=f"COURSE_DTYPE is '{word}'; use float32 or bfloat16"):
        runtime.dtype("cpu")


@pytest.mark.parametrize(
    ("flags", "bfloat16_seconds", "expected", "why"),
    [
        ({"avx2", "avx512f"}, 0.1, torch.float32, "no bfloat16 instructions"),
        (set(), 0.1, torch.float32, "no bfloat16 instructions"),
        ({"avx512_bf16"}, 2.0, torch.float32, "avx512_bf16, but a timed product was not faster"),
        ({"amx_bf16", "avx512_bf16"}, 0.5, torch.bfloat16, "amx_bf16, avx512_bf16, and a timed product was faster"),
    ],
)
def test_a_cpu_computes_in_bfloat16_if_flags_and_timing_agree(monkeypatch, flags, bfloat16_seconds, expected, why):
    seconds = {torch.float32: 1.0, torch.bfloat16: bfloat16_seconds}
    monkeypatch.setattr(runtime, "cpu_flags", lambda: flags)
    monkeypatch.setattr(runtime, "_product_seconds", seconds.get)
    choice = runtime.dtype("cpu")
    assert choice.value == expected
    assert why in choice.why


@pytest.mark.parametrize(
    ("capability", "expected"),
    [((7, 5), torch.float32), ((8, 0), torch.bfloat16), ((9, 0), torch.bfloat16), ((6, 1), torch.float32)],
)
@pytest.mark.parametrize("where", ["cuda", "cuda:0"])
def test_a_gpu_computes_in_bfloat16_from_ampere_on(monkeypatch, where, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    choice = runtime.dtype(where)
    assert choice.value == expected
    assert "capability {}.{}".format(*capability) in choice.why


def test_another_device_computes_in_float32():
    assert runtime.dtype("mps").value == torch.float32


def test_the_timed_product_is_timed():
    assert 0 < runtime._product_seconds(torch.float32) < 1


def test_the_report_says_how_to_get_a_missing_package(monkeypatch):
    version = importlib.metadata.version

    def without_peft(package):
        if package == "peft":
            raise importlib.metadata.PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(importlib.metadata, "version", without_peft)
    rows = {what: (fine, detail) for what, fine, detail in runtime.report()}
    assert rows["peft"] == (False, "not installed; run `make lab`, which installs it")
    assert rows["transformers"] == (True, version("transformers"))


def test_the_report_says_how_to_get_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    failed = [(what, detail) for what, fine, detail in runtime.report() if not fine]
    assert len(failed) == 1
    assert failed[0][0] == "torch"
    assert failed[0][1].endswith("run `make lab`, which installs it")


@pytest.mark.parametrize(
    ("variable", "value", "row"),
    [
        ("COURSE_PROFILE", "quick", "profile"),
        ("COURSE_DTYPE", "float16", "device, dtype"),
        ("COURSE_DEVICE", "cuda:99", "device, dtype"),
    ],
)
def test_the_report_names_a_bad_variable_and_its_remedy(monkeypatch, variable, value, row):
    """And not that torch should be installed, which it is."""
    monkeypatch.setenv(variable, value)
    failed = [(what, detail) for what, fine, detail in runtime.report() if not fine]
    assert [what for what, _ in failed] == [row]
    assert failed[0][1].startswith(f"{variable} is '{value}'")
    assert "unset it" in failed[0][1]
    assert "make lab" not in failed[0][1]


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0)])
def test_the_report_names_the_pythons_that_fit(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    assert runtime.report()[0][1:] == (
        False,
        ".".join(map(str, version)) + "; the course is tested on 3.11 to 3.14",
    )


@pytest.mark.weights
def test_the_command_finds_this_machine_fit():
    done = subprocess.run([sys.executable, "-m", "helpers.lesson.setup"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert all(line.startswith("OK   ") for line in lines)
    assert {"python", "threads", "memory", "dtype", "torch"} <= {line.split()[1] for line in lines}


@pytest.mark.weights
def test_the_command_fails_where_something_is_wrong():
    environment = {**os.environ, "COURSE_DTYPE": "float16"}
    command = [sys.executable, "-m", "helpers.lesson.setup"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "FAIL device, dtype" in done.stdout
