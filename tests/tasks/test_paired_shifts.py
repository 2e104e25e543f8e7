"""The paired shifts are test messages in four channels each: same label, other words, apart from all other splits."""

import collections

import near_copies
import pytest

from helpers.tasks import files, intents

CHANNELS = ("sms", "voice", "non_native", "typos")


@pytest.fixture(scope="module")
def rows():
    return files.read_jsonl(files.DATA / "intents" / "paired.jsonl")


def test_each_of_120_test_messages_stands_there_once_in_each_channel_with_its_label(rows):
    originals = {message.id: message for message in intents.read("test")}
    assert collections.Counter(row["shift"] for row in rows) == dict.fromkeys(CHANNELS, 120)
    assert len({row["of"] for row in rows}) == 120
    assert [row["id"] for row in rows] == [f"{row['of']}-{row['shift']}" for row in rows]
    assert all(row["label"] == originals[row["of"]].label for row in rows)
    assert collections.Counter(row["label"] for row in rows) == dict.fromkeys(intents.LABELS, 80)


def test_no_text_is_that_of_its_original_or_of_another_channel(rows):
    texts = [row["text"] for row in rows] + [message.text for message in intents.read("test")]
    assert len({" ".join(text.lower().split()) for text in texts}) == len(texts)


def test_each_channel_writes_as_it_does(rows):
    for row in rows:
        words = row["text"].split()
        if row["shift"] == "sms":
            assert len(words) <= 30, row["id"]
        if row["shift"] == "voice":
            assert not any(mark in row["text"] for mark in ".!?0123456789"), row["id"]


@pytest.mark.weights
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_text_is_near_a_message_to_learn_from_or_another_of_its_channel(rows, channel):
    others = [message.text for split in ("train", "dev", "shifted") for message in intents.read(split)]
    near_copies.assert_none([*(row["text"] for row in rows if row["shift"] == channel), *others])
