"""What a method gave, as the fields of a ledger row: labels, scores or judged answers, and the model behind them."""

from collections.abc import Iterable, Sequence

from helpers.results.rows import digest


def hash_prompts(prompts: Iterable) -> list[str]:
    """Return a hash for each prompt: a string, chat messages, or an object that has `messages`."""
    return [digest(getattr(prompt, "messages", prompt)) for prompt in prompts]


def about(model) -> dict:
    """Return model, parameters, dtype and device as a row holds them, of a model, its name, or None."""
    if model is None or isinstance(model, str):
        return {"model": model or "none", "parameters": 0, "dtype": "", "device": "cpu"}
    if hasattr(model, "about"):  # it has no weights here
        return dict(model.about)
    inner = list(getattr(model, "model", model).parameters())
    return {
        "model": model.name,
        "parameters": sum(parameter.numel() for parameter in inner),
        "dtype": str(inner[0].dtype).removeprefix("torch."),
        "device": str(inner[0].device),
    }


def unpack(items: Sequence, answers, seconds: float) -> dict:
    """Return what `predict` gave as fields of a row."""
    evenly = {"seconds": [round(seconds / len(items), 6)] * len(items), "details": {"timed": "together"}}
    if hasattr(answers, "predictions"):
        scored = {"prompt_tokens": [int(count) for count in answers.prompt_tokens]}
        if hasattr(answers, "probabilities"):
            scored["confidence"] = [round(float(share), 6) for share in answers.probabilities.max(axis=1)]
            scored["labels"] = sorted(answers.labels)
        scored["details"] = evenly["details"] | getattr(answers, "details", {})
        return evenly | scored | _compared(items, answers.predictions)
    answers = list(answers)
    if not answers or not hasattr(answers[0], "verdict"):
        return evenly | _compared(items, answers)
    if len(answers) != len(items):
        raise ValueError(f"there are {len(items)} items, and {len(answers)} answers")
    found = {
        "predictions": [answer.verdict for answer in answers],
        "correct": [int(answer.right) for answer in answers],
        "details": {"answers": {item.id: answer.text for item, answer in zip(items, answers, strict=True)}},
    }
    for name in ("prompt_tokens", "new_tokens", "seconds"):
        if all(getattr(answer, name, None) is not None for answer in answers):
            found[name] = [getattr(answer, name) for answer in answers]
    if "seconds" not in found:
        found |= {"seconds": evenly["seconds"], "details": found["details"] | evenly["details"]}
    read = [getattr(answer, "prompt", None) for answer in answers]
    if all(getattr(prompt, "messages", prompt) for prompt in read):
        found["prompts"] = hash_prompts(read)
    if hasattr(answers[0], "traceable"):
        found["details"]["traceable"] = [item.id for item, a in zip(items, answers, strict=True) if a.traceable]
    return found


def _compared(items: Sequence, predictions: Sequence) -> dict:
    predictions = [str(guess) for guess in predictions]
    hits = [int(item.label == guess) for item, guess in zip(items, predictions, strict=False)]
    return {"predictions": predictions, "correct": hits}
