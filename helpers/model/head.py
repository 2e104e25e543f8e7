"""The head of a model, which turns hidden states into logits: how much of it is held at once, and how it is read."""

ROWS = 64  # positions whose logits are held at once: 64 x 49,152 floats are 13 MB


def _contiguous(_module, inputs: tuple) -> tuple:
    return tuple(hidden.contiguous() for hidden in inputs)


def read_contiguously(model) -> None:
    """Let a model's head take hidden states in one piece, whatever slice of them transformers hands it.

    The last position of n padded prompts is a strided slice. Where the head's weights ask for no gradient, torch
    multiplies such a slice as n products and, in bfloat16, copies the head for each: 57 MB a prompt for SmolLM2-135M.
    In one piece it is one product, and nothing is copied.
    """
    head = model.get_output_embeddings()
    if _contiguous not in head._forward_pre_hooks.values():
        head.register_forward_pre_hook(_contiguous)
