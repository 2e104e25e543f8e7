"""Tasks as pairs of prompt and answer."""

import json

from helpers.tasks import change_requests, intents, pairs


def test_tasks_as_pairs_hold_the_whole_answer():
    request = change_requests.load("dev")[0]
    assert set(json.loads(change_requests.training_pairs([request])[0].answer)) == {"title", "risk", "rationale"}
    message = intents.read("dev")[0]
    pair = pairs.training_pairs(intents.for_tuning(), [message])[0]
    assert (pair.prompt[-1]["content"], pair.answer, pair.id) == (message.text, message.label, message.id)
