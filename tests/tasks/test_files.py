"""The data is what its datasheet says, and a broken file is refused with a reason."""

import collections
import re
import shutil
import sys

import near_copies
import pytest
from sklearn.metrics import cohen_kappa_score

from helpers import statistics
from helpers.lesson.checks import held_back
from helpers.methods import baselines
from helpers.tasks import change_requests, files, intents

SIZES = {"train": 600, "dev": 120, "test": 300, "shifted": 120}


@pytest.fixture(scope="module")
def splits():
    return {split: intents.read(split) for split in intents.SPLITS} | {"held back": held_back.load_intents()}


def test_manifest_agrees_with_the_files():
    assert files.verify() == []


def test_a_changed_file_is_noticed(tmp_path, monkeypatch):
    shutil.copytree(files.DATA, tmp_path / "data")
    monkeypatch.setattr(files, "DATA", tmp_path / "data")
    changed = tmp_path / "data" / "intents" / "dev.jsonl"
    changed.write_text(changed.read_text().replace("billing", "complaint", 1))
    (tmp_path / "data" / "intents" / "test.jsonl").unlink()
    said = files.verify()
    assert len(said) == 2
    assert all("git checkout data" in line for line in said)


@pytest.mark.parametrize("split", intents.SPLITS)
def test_sizes_and_balance(splits, split):
    counts = collections.Counter(message.label for message in splits[split])
    assert set(counts) == set(intents.LABELS)
    assert set(counts.values()) == {SIZES[split] // 6}


def test_shifted_messages_come_in_four_kinds(splits):
    assert set(collections.Counter(m.shift for m in splits["shifted"]).values()) == {30}


def test_ids_are_unique(splits):
    ids = [message.id for part in splits.values() for message in part]
    assert len(ids) == len(set(ids))


def test_no_copy_or_near_copy_across_splits(splits):
    near_copies.assert_none([message.text for part in splits.values() for message in part])


def test_messages_do_not_open_alike(splits):
    openings = collections.Counter(
        " ".join(m.text.lower().split()[:4]) for part in splits.values() for m in part if len(m.text.split()) > 4
    )
    assert openings.most_common(1)[0][1] <= 6


def test_plain_baseline_is_neither_perfect_nor_noise(splits):
    train, test = splits["train"], splits["test"]
    model = baselines.tfidf_classifier().fit([m.text for m in train], [m.label for m in train])
    found = statistics.accuracy([m.label for m in test], model.predict([m.text for m in test]))
    assert 0.70 <= found <= 0.92


def test_annotators_agree_as_the_datasheet_says(splits):
    rows = files.read_agreement("intents")
    kappa = cohen_kappa_score([row["first"] for row in rows], [row["second"] for row in rows])
    named = [row for row in rows if row["without_guide"]]
    without = cohen_kappa_score([row["final"] for row in named], [row["without_guide"] for row in named])
    assert kappa >= 0.85
    sheet = (files.DATA / "intents" / "DATASHEET.md").read_text()
    assert f"**κ = {kappa:.2f}** on all {len(rows):,} rows" in sheet
    assert f"**κ = {without:.2f}**" in sheet
    final = {m.id: m.label for split in intents.SPLITS for m in splits[split]}
    assert {row["id"]: row["final"] for row in rows} == final


def test_no_real_contact_data(splits):
    everything = " ".join(message.text for part in splits.values() for message in part)
    assert not [mail for mail in re.findall(r"[\w.]+@[\w.]+\w", everything) if not mail.endswith("example.com")]
    assert not re.findall(r"\b\d{3}[-. ]\d{3}[-. ]\d{4}\b", re.sub(r"\b\d{3}[-. ]555[-. ]01\d\d", "", everything))


def test_documents_stand_beside_the_data():
    for name in ("GUIDE.md", "DATASHEET.md"):
        assert (files.DATA / "intents" / name).stat().st_size > 1000
    assert "CC BY 4.0" in (files.DATA / "intents" / "DATASHEET.md").read_text()


def test_fast_profile_takes_a_balanced_part(monkeypatch):
    messages = intents.read("test")
    assert files.for_profile(messages, fast=60) == messages
    monkeypatch.setenv("COURSE_PROFILE", "fast")
    part = files.for_profile(messages, fast=60)
    assert set(collections.Counter(m.label for m in part).values()) == {10}


def test_unknown_split_lists_the_known_ones():
    with pytest.raises(files.DataError, match="train, dev, test, shifted"):
        intents.read("validation")


def test_a_broken_file_is_refused_with_its_line(tmp_path):
    for content, says in ((b'{"text": "Hi"}\nnot json\n', "line 2: not JSON"), (b"[1]\n", "line 1: holds list")):
        (tmp_path / "own.jsonl").write_bytes(content)
        with pytest.raises(files.DataError, match=f"own.jsonl, {says}"):
            files.read_jsonl(tmp_path / "own.jsonl")


@pytest.mark.parametrize("content", ['{"text": "Hi"}\n\n{"text": "odd\u2028line\x85ends"}', '{"a": 1}\r\n{"a": 2}'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_objects_whatever_their_encoding(tmp_path, content, encoding):
    (tmp_path / "own.jsonl").write_bytes(content.encode(encoding))
    assert len(files.read_jsonl(tmp_path / "own.jsonl")) == 2


def test_who_asks_for_a_fingerprint_is_heard():
    heard, on = [], [True]
    sys.addaudithook(lambda event, args: heard.append(args) if on[0] and event == "course.read" else None)
    found = files.fingerprint("intents/train.jsonl")
    on[0] = False
    assert heard == [("manifest/intents/train.jsonl", files.manifest()["intents/train.jsonl"]["sha256"])]
    assert heard[0][1].startswith(found) and len(found) == 12


CHANGE_KINDS = {
    "train": (102, 102, 102, 94),
    "dev": (15, 15, 15, 15),
    "test": (30, 30, 30, 30),
    "fresh": (30, 30, 30, 30),
}


@pytest.fixture(scope="module")
def changes():
    return {split: change_requests.load(split) for split in change_requests.SPLITS} | {
        "held back": held_back.load_changes()
    }


@pytest.mark.parametrize("split", change_requests.SPLITS)
def test_change_requests_are_balanced_over_four_kinds(changes, split):
    counts = collections.Counter("ambiguous" if item.ambiguous else item.risk for item in changes[split])
    assert tuple(counts[kind] for kind in ("low", "medium", "high", "ambiguous")) == CHANGE_KINDS[split]
    assert {item.risk for item in changes[split] if item.ambiguous} == {"medium"}


def test_change_answers_fit_schema_and_guide(changes):
    from helpers.methods import structured

    for part in changes.values():
        for item in part:
            answer = {"title": item.title, "risk": item.risk, "rationale": item.rationale}
            assert structured.problems(answer, change_requests.schema()) == [], item.id
            assert 3 <= len(item.title.split()) <= 9, item.id
            assert 8 <= len(item.rationale.split()) <= 30, item.id
            assert not item.title.endswith("."), item.id


def test_no_change_request_is_near_another(changes):
    items = [item for part in changes.values() for item in part]
    assert len({item.id for item in items}) == len(items)
    near_copies.assert_none([item.request for item in items])


def test_change_annotators_agree_as_the_datasheet_says():
    rows = files.read_agreement("changes")
    risk = cohen_kappa_score([row["first"] for row in rows], [row["second"] for row in rows])
    unsure = cohen_kappa_score([row["first_ambiguous"] for row in rows], [row["second_ambiguous"] for row in rows])
    assert min(risk, unsure) >= 0.85
    sheet = (files.DATA / "changes" / "DATASHEET.md").read_text()
    assert f"**κ = {risk:.2f}** for risk and **κ = {unsure:.2f}** for ambiguity, over {len(rows)} rows" in sheet
