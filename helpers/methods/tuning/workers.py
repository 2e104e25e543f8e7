"""Several processes, one training run: each takes its share of every step's pairs, and gradients are summed.

A launcher (`accelerate launch`, torchrun) starts the processes; without one there is a single worker and nothing here
does anything. The loss is divided by the step's answer tokens over all workers, so that a sum is the whole gradient.
"""

import os
from collections.abc import Iterable, Sequence

import torch
from torch import distributed


def count() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return distributed.get_rank() if count() > 1 else 0


def launched() -> bool:
    """Return whether a launcher started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def join() -> str:
    """Meet the other processes; return the device that this one should use ("cpu" or "cuda:1")."""
    from accelerate import PartialState

    return str(PartialState(cpu=not torch.cuda.is_available()).device)


def share(members: Sequence[int]) -> list[int]:
    """Return this worker's part of a step's pairs: every pair goes to exactly one worker."""
    return list(members[rank() :: count()])


def sum_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Add up the gradients of all workers, in one message; a worker without pairs adds zeros."""
    if count() == 1:
        return
    parameters = list(parameters)
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
    distributed.all_reduce(flat)
    for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
        parameter.grad.copy_(part.view_as(parameter))


def sum_numbers(*numbers: float, device="cpu") -> list[float]:
    """Return each number summed over all workers."""
    if count() == 1:
        return list(numbers)
    values = torch.tensor(numbers, dtype=torch.float64, device=device)
    distributed.all_reduce(values)
    return values.tolist()


def gather(value) -> list:
    """Return what every worker holds, in the order of their ranks."""
    if count() == 1:
        return [value]
    values = [None] * count()
    distributed.all_gather_object(values, value)
    return values


def leave() -> None:
    """Part from the other processes at the end of a run."""
    if count() > 1:
        distributed.barrier()
        distributed.destroy_process_group()
