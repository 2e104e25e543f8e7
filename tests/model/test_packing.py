"""Packing loses nothing: every prompt and label is read once, and groups share what they say they share."""

from hypothesis import given
from hypothesis import strategies as st

from helpers.model import packing

starts = st.sampled_from([[7] * 20, [8] * 24, [7] * 20 + [9] * 20, []])
prompts = st.lists(
    st.tuples(starts, st.lists(st.integers(0, 5), min_size=1, max_size=8)).map(lambda pair: pair[0] + pair[1]),
    min_size=1,
    max_size=12,
)


@given(prompts)
def test_groups_hold_every_prompt_once_and_share_their_start(encoded):
    start = packing.shared_start(encoded)
    groups = packing.groups(encoded, start)
    assert sorted(i for _, members in groups for i in members) == list(range(len(encoded)))
    for depth, members in groups:
        assert depth >= start
        assert len({tuple(encoded[i][:depth]) for i in members}) == 1
        assert all(len(encoded[i]) > depth for i in members), "each keeps a token of its own"
        if depth > start:
            assert len(members) > 1
            assert depth >= start + packing.SHARED_AT_LEAST


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 15))
def test_a_prompt_cut_in_its_middle_keeps_both_ends_and_fits(ids, room):
    kept = packing.cut_middle(ids, room)
    assert len(kept) == min(len(ids), room)
    assert kept is ids or kept == ids[: (room + 1) // 2] + ids[len(ids) - room // 2 :]


@given(prompts, st.sampled_from([1, 40, 200]))
def test_every_label_of_every_prompt_is_read_where_it_belongs(encoded, row_tokens):
    labels = [[3, 4], [5], [3, 3, 1]]
    start = packing.shared_start(encoded)
    read = {}
    for row in packing.pack(encoded, labels, start, row_tokens):
        assert len(row.ids) == row.segment.numel()
        for at, token, prompt, label in row.reads:
            read.setdefault((prompt, label), []).append((row.positions[at], token))
    for prompt, ids in enumerate(encoded):
        for label, tokens in enumerate(labels):
            wanted = [(len(ids) - 1 + step, token) for step, token in enumerate(tokens)]
            assert read[prompt, label] == wanted
