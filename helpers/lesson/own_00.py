"""The course's own answers to exercises of lesson 00 that no other helper gives, for learners who left one out."""

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]


def template_tokens(lm, text: str) -> int:
    """Return how many tokens the chat template of a model adds to a plain user message."""
    return lm.count_tokens([{"role": "user", "content": text}]) - lm.count_tokens(text)
