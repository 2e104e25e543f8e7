"""A customer's own record: what stands in the prompt, rows that are kept, digits as the right answer."""

from types import SimpleNamespace

from helpers.methods.retrieval import own_record
from helpers.methods.retrieval.contexts import TOKEN_LIMIT

ORDERS = [{"number": "LF-48213", "item": "Hub Two"}, {"number": "LF-50077", "item": "Leak Sensor"}]


class _Reader:
    """It writes what stands between the last hyphen before the question and a full stop, if there is one."""

    def __init__(self):
        self.about = {"model": "reads", "parameters": 1, "dtype": "float32", "device": "cpu"}
        self.asked = []

    def generate(self, prompts, most, progress):
        self.asked.append((prompts, most))
        texts = [prompt.split("\n\n")[0].split("-")[-1].split(".")[0] for prompt in prompts]
        return SimpleNamespace(texts=texts, prompt_tokens=[9] * len(prompts), new_tokens=[3] * len(prompts))


def test_every_prompt_is_one_row_with_its_answers():
    lm = _Reader()
    rows = own_record.read_from(lm, "yours", ORDERS, "Your order is {}.", "What is its number?")
    assert {given: row.correct for given, row in rows.items()} == {
        "nothing": [0, 0],
        "whole record": [1, 1],
        "one fact": [1, 1],
    }
    fact = rows["one fact"]
    assert (fact.task, fact.method, fact.token_limit) == ("customer_records", "one fact, yours", TOKEN_LIMIT)
    assert fact.answers == ["48213", "50077"] and fact.ids == ["LF-48213", "LF-50077"]
    assert rows["nothing"].approach == "prompt" and fact.approach == "retrieve"
    prompts, most = lm.asked[-1]
    assert prompts[0] == "Your order is LF-48213.\n\nWhat is its number?" and most == TOKEN_LIMIT


def test_wording_is_chosen_on_one_half_and_judged_on_the_other():
    hits = {("a", "nothing"): [0, 0, 1, 0], ("a", "one fact"): [0, 1, 1, 1], ("b", "nothing"): [0] * 4}
    assert own_record.other_half({**hits, ("b", "one fact"): [1, 1, 0, 0]}) == (("b", "one fact"), [0, 0], [0, 0])
