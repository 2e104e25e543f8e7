"""The slow, obvious ways: to score labels, and to get gradients, which packed rows and reused examples are held to."""

import numpy as np
import torch

from helpers.model.reuse import Prompts


def score(model, encoded, label_ids) -> np.ndarray:
    """One forward pass per prompt and label, no cache, no packing. Returns (n, m) log-probabilities."""
    result = np.zeros((len(encoded), len(label_ids)))
    with torch.inference_mode():
        for i, prompt in enumerate(encoded):
            for j, label in enumerate(label_ids):
                ids = torch.tensor([[*prompt, *label]], device=model.device)
                log_probs = model(ids).logits[0].float().log_softmax(-1)
                steps = range(len(prompt) - 1, len(prompt) + len(label) - 1)
                result[i, j] = sum(log_probs[at, token].item() for at, token in zip(steps, label, strict=True))
    return result


def score_reusing(model, prompts: Prompts, label_ids) -> np.ndarray:
    """One forward pass per prompt and label, under a mask. Returns (n, m) log-probabilities."""
    result = np.zeros((len(prompts.tails), len(label_ids)))
    start = len(prompts.start)
    for i, tail in enumerate(prompts.tails):
        examples = [prompts.examples[example] for example in prompts.chosen[i]]
        for j, label in enumerate(label_ids):
            pieces = [prompts.start, *examples, [*tail, *label]]
            first = [0, *[start] * len(examples), start + prompts.shown(i)]
            ids = [token for piece in pieces for token in piece]
            positions = [at + step for piece, at in zip(pieces, first, strict=True) for step in range(len(piece))]
            piece_of = torch.tensor([n for n, piece in enumerate(pieces) for _ in piece])
            own = piece_of[:, None] == piece_of[None, :]
            visible = (own | (piece_of == 0)[None, :] | (piece_of == len(pieces) - 1)[:, None]).tril()
            mask = torch.zeros(visible.shape, dtype=model.dtype).masked_fill(~visible, -torch.inf)
            with torch.inference_mode():
                logits = model(
                    torch.tensor([ids], device=model.device),
                    position_ids=torch.tensor([positions], device=model.device),
                    attention_mask=mask[None, None].to(model.device),
                    use_cache=False,
                ).logits[0]
            log_probs = logits.float().log_softmax(-1)
            before = len(ids) - len(label) - 1
            result[i, j] = sum(log_probs[before + step, token].item() for step, token in enumerate(label))
    return result


def gradients(lm, prepared) -> None:
    """Each pair through the whole model on its own, loss on its answer; the parameters get the gradients."""
    total = sum(len(example.answer) for example in prepared.examples)
    for example in prepared.examples:
        ids = torch.tensor([[*example.prompt, *example.answer]])
        logits = lm.model(ids).logits[0, len(example.prompt) - 1 : -1]
        torch.nn.functional.cross_entropy(logits, torch.tensor(example.answer), reduction="sum").div(total).backward()
