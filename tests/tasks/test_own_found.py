"""Files as they are found in the wild and hold a table in a form of their own: mails, lines, columns, trees, agents."""

import email.message
import email.policy
import json
import zipfile

import pytest
from own_files import PAIRS, csv, lines
from test_own_exports import exactly_pairs
from test_own_reading import adds_up, finding, rows_of, save
from test_own_tools import table

from helpers.tasks.files import DataError
from helpers.tasks.own import reading

LABELS = ("billing", "fault")


def mail(text, number=0, form="plain", **headers) -> bytes:
    """A mail as programs write it: words in headers encoded, lines wrapped, again in HTML, an attachment."""
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    for name, value in {"From": "Zoë <zoe@example.com>", "To": "help@example.com", **headers}.items():
        made[name.replace("_", "-")] = value
    subject, _, body = text.partition(" ")
    made["Subject"] = f"{subject} – café"
    body = f"{body} – to “{'much of it ' * 9}”\n"
    if form == "html":
        made.set_content(f"<style>p {{color: red}}</style><p>{body}</p>", subtype="html", cte="base64")
    else:
        made.set_content(body, cte="quoted-printable" if number % 2 else "base64")
    if form == "both":
        made.add_alternative(f"<p>HTML {body}</p>", subtype="html")
        made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    return made.as_bytes()


def as_read(text):
    subject, _, body = text.partition(" ")
    return f"{subject} – café\n{body} – to “{('much of it ' * 9)}”"


MAILED = sorted((as_read(text), label) for text, label in PAIRS)


def mailbox(pairs, labeled=False) -> bytes:
    """A mailbox, in which a line of a text that begins with From is written behind a sign."""
    made = []
    for i, (text, label) in enumerate(pairs):
        headers = {"X_Gmail_Labels": f"Inbox,{label},Unread,Category promotions"} if labeled else {}
        made.append(f"From a@b {i}\n".encode() + mail(text, i, **headers).replace(b"\r\n", b"\n") + b"\n")
    return b"".join(made)


def folder_of(tmp_path, files):
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


@pytest.mark.parametrize("ending", [".eml", "", ".7c53336b37003a9286aba55d2945844c", ".txt"])
def test_mails_in_folders_by_label_are_read_as_a_person_reads_them(tmp_path, ending):
    forms = ("plain", "html", "both")
    files = {f"{k}/{i}{ending}": mail(t, i, forms[i % 3]) for i, (t, k) in enumerate(PAIRS)}
    own = reading.read(folder_of(tmp_path, files))
    adds_up(own)
    assert sorted(rows_of(own).values()) == MAILED
    assert "20 mails. Subject and body are read; other headers and attachments are not" in str(finding(own, "mails"))


def test_a_mailbox_for_each_label_is_read(tmp_path):
    files = {f"{k}.mbox": mailbox([pair for pair in PAIRS if pair[1] == k]) for k in LABELS}
    folder_of(tmp_path / "flat", files)
    own = reading.read(tmp_path / "flat", sheet="every", label="file")
    adds_up(own)
    assert sorted(rows_of(own).values()) == MAILED
    folder_of(tmp_path / "deep", {f"{name}/mbox": content for name, content in files.items()})  # as Apple Mail exports
    own = reading.read(tmp_path / "deep")
    adds_up(own)
    assert sorted(rows_of(own).values()) == MAILED


def test_a_mailbox_with_labels_is_read_and_one_without_says_what_to_do(tmp_path):
    own = reading.read(save(tmp_path, mailbox(PAIRS, labeled=True), "all.mbox"))
    adds_up(own)
    assert sorted(rows_of(own).values()) == MAILED
    with pytest.raises(DataError, match="(?i)no header of theirs brings a label: put the mails of each label into a"):
        reading.read(save(tmp_path, mailbox(PAIRS), "all.mbox"))
    with pytest.raises(DataError, match="one.eml is one mail, and a task needs many: put the mails of each label"):
        reading.read(save(tmp_path, mail("Where is it?"), "one.eml"))


def test_a_mail_without_words_loses_no_other_one(tmp_path):
    bare = (
        b"From: a@b\nSubject: see the picture\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw==\n"
    )
    empty = b"From a@b 1\nFrom: a@b\nTo: c@d\nContent-Type: image/png\n\n\n\n"
    odd = b"From: a@b\nSubject: =?klingon?q?x?=\nContent-Type: text/plain; charset=klingon\n\nf\xc3\xbcr alle\n"
    box = empty + b"From a@b 2\n" + bare + b"\nFrom a@b 3\n" + odd
    more = {"fault/more": box, "fault/my.html": "<html><body><p>A page<script>x()</script> of mine</p></body></html>"}
    own = reading.read(folder_of(tmp_path, {**{f"{k}/{i}.txt": t for i, (t, k) in enumerate(PAIRS)}, **more}))
    adds_up(own)
    texts = dict(rows_of(own).values())
    assert {"see the picture", "=?klingon?q?x?=\nfür alle", "A page of mine"} <= set(texts)
    assert finding(own, "no body").rows == ("fault/more, mail 2",)
    assert any(one.rows == ("fault/more, mail 1",) and one.lost == 1 for one in own.findings)
    assert own.read == 24


SHOWN = {
    "brackets": "[{1}] {0}",
    "brackets, commas": "[{1}] {0}, thanks",
    "colon, a comma in each text": "{1}: {0}, thanks",
    "braces, padded": "{{{1}}}  {0}",
    "brackets behind": "{0} [{1}]",
    "parentheses behind": "{0} ({1})",
    "#": "{0} #{1}",
    "dash": "{1} - {0}",
    "dash behind": "{0} – {1}",
    "fastText": "__label__{1} {0}",
}


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("odd", [False, True])
def test_labels_shown_by_a_sign_in_a_line_are_labels(tmp_path, form, odd):
    made = [SHOWN[form].format(text, label) for text, label in PAIRS]
    comma = ", thanks" * (", thanks" in SHOWN[form])
    made[5:5] = ["which goes on in the next line"] if odd else []
    own = reading.read(save(tmp_path, "\n".join(["# ours"] * odd + made), "a.txt"))
    adds_up(own)
    assert sorted(rows_of(own).values()) == sorted((text + comma, label) for text, label in PAIRS)
    assert sum(one.lost for one in own.findings) == 2 * odd


def test_a_sign_in_texts_of_a_table_shows_no_label(tmp_path):
    rows = [(f"{('Re', 'Fwd')[i % 2]}: {text}, please", label) for i, (text, label) in enumerate(PAIRS)]
    assert sorted(rows_of(reading.read(save(tmp_path, csv(rows)))).values()) == sorted(rows)
    rows = [(f"[{('App', 'Web')[i % 2]}] {text}", label) for i, (text, label) in enumerate(PAIRS)]
    assert sorted(rows_of(reading.read(save(tmp_path, lines(rows)))).values()) == sorted(rows)


@pytest.mark.parametrize("header", [("text", "label"), None])
def test_the_mark_of_fasttext_in_a_table_is_no_part_of_a_label(tmp_path, header):
    rows = [(f"__label__{label}", text) for text, label in PAIRS]
    own = reading.read(save(tmp_path, lines(rows, header=header[::-1] if header else None)))
    exactly_pairs(own)


def test_numbers_of_features_are_no_texts(tmp_path):
    rows = "".join(f"{i % 2} 1:0.5 7:{i}.25 12:1 # a\n" for i in range(20))
    with pytest.raises(DataError, match="holds numbers of features, as files for LIBSVM do.*Give the texts"):
        reading.read(save(tmp_path, rows, "a.txt"))


def test_trees_of_sentiment_are_texts_with_a_number(tmp_path):
    trees = [f"(3 (2 It) (4 ({i % 3} (2 -LRB-) (2 's)) (2 (4 lovely) (2 {'very ' * i}.))))" for i in range(30)]
    trees += [tree.replace("(3", "(1", 1).replace("It", "No") for tree in trees]
    own = reading.read(save(tmp_path, "\n".join(trees), "train.txt"))
    adds_up(own)
    assert ("It ( 's lovely very very .", "3") in rows_of(own).values()
    assert own.task.labels == ("1", "3")


FIXED = {
    "a number before": ("", lambda i, t, k: f"{i:<5}{k:<9}{t}"),
    "names above": ("ID   CATEGORY TEXT OF IT", lambda i, t, k: f"{i:<5}{k:<9}{t}"),
    "a line below the names": ("text".ljust(60) + " label\n" + "-" * 60 + " -------", lambda i, t, k: f"{t:<60} {k}"),
    "dates of one width": ("", lambda i, t, k: f"2024-01-{i + 1:02} 12:{i + 10} {k:<7} {t}"),
    "printed by pandas": (f"   {'text':>60} {'label':>7}", lambda i, t, k: f"{i:<3}{t:>60} {k:>7}"),
    "commas in texts": ("", lambda i, t, k: f"{i:<5}{k:<9}{t}, thanks"),
    "text of even words": ("", lambda i, t, k: f"{k:<9}this is text {i:02} of ours"),
}


@pytest.mark.parametrize("form", FIXED)
def test_columns_of_fixed_width_are_columns(tmp_path, form):
    head, line = FIXED[form]
    own = reading.read(save(tmp_path, "\n".join([head, *(line(i, t, k) for i, (t, k) in enumerate(PAIRS))]), "a.txt"))
    adds_up(own)
    even = [f"this is text {i:02} of ours" for i in range(20)]
    texts = even if "even" in form else [t + ", thanks" * ("commas" in form) for t, _ in PAIRS]
    assert sorted(rows_of(own).values()) == sorted(zip(texts, [k for _, k in PAIRS], strict=True))


def test_a_line_that_does_not_keep_to_the_columns_is_told(tmp_path):
    rows = [f"{t:<55}{k}" for t, k in PAIRS]
    rows[7:7] = ["a text that is far too long for its column, and-for-others-too, fault"]
    own = reading.read(save(tmp_path, "\n".join([*rows, "(20 rows)"]), "a.txt"))
    exactly_pairs(own)
    assert finding(own, "ragged").do == "keep each line to the columns"


@pytest.mark.parametrize("whole, sign", [(1, ""), (100, "%")])
def test_shares_of_labels_are_no_label_and_the_highest_is(tmp_path, whole, sign):
    shares = {"billing": (0.75, 0.25), "fault": (0.125, 0.875), "none": (0.5, 0.5)}
    rows = [
        (i, t, *(f"{one * whole:g}{sign}" for one in shares[k])) for i, (t, k) in enumerate([*PAIRS, ("So", "none")])
    ]
    path = save(tmp_path, table(["id", "text", "p_billing", "p_fault"], rows))
    with pytest.raises(DataError, match=r"'p_billing', 'p_fault' hold shares.*--label p_billing --label p_fault"):
        reading.read(path)
    own = reading.read(path, label=["p_billing", "p_fault"])
    exactly_pairs(own)
    assert finding(own, "no label").rows == (22,)


def test_votes_for_labels_say_the_label_and_other_numbers_do_not(tmp_path):
    votes = {"billing": (3, 1), "fault": (0, 5)}
    path = save(tmp_path, table(["text", "billing", "fault"], [(t, *votes[k]) for t, k in PAIRS]))
    exactly_pairs(reading.read(path, label=["billing", "fault"]))
    path = save(tmp_path, table(["text", "billing", "fault"], [(t, 0.9, 0.7) for t, k in PAIRS]))
    with pytest.raises(DataError, match="or holds shares that add up to 1; 'billing' holds '0.9'"):
        reading.read(path, label=["billing", "fault"])


def test_a_list_of_numbers_is_no_label(tmp_path):
    rows = [{"text": t, "embedding": [0.1 * (k == "fault"), -2e-3, 1]} for t, k in PAIRS]
    with pytest.raises(
        DataError, match="'embedding' holds lists of numbers, such as scores or a vector, and no labels"
    ):
        reading.read(save(tmp_path, json.dumps(rows), "a.json"))


@pytest.mark.parametrize("begins, kind", [(b"PAR1", "parquet"), (b"FEA1", "feather"), (b"ARROW1", "feather")])
def test_a_table_of_arrow_is_refused_with_a_line_that_works(tmp_path, begins, kind):
    path = save(tmp_path, begins + bytes(200), f"my texts.{kind}")
    with pytest.raises(DataError) as told:
        reading.read(path)
    line = f"pandas.read_{kind}('my texts.{kind}').to_json('my texts.jsonl', orient='records', lines=True)"
    assert line in str(told.value) and "pandas and pyarrow" in str(told.value)


def agent(pairs=PAIRS) -> dict[str, str]:
    """What Dialogflow exports of an agent: an intent in two files, its phrases in pieces."""
    files = {"agent.json": '{"language": "en"}', "package.json": '{"version": "1.0.0"}'}
    for k in LABELS:
        said = [t for t, label in pairs if label == k]
        phrases = [{"id": str(i), "data": [{"text": t[:6]}, {"text": t[6:], "alias": "x"}]} for i, t in enumerate(said)]
        files[f"intents/{k}.json"] = json.dumps({"name": k, "responses": []})
        files[f"intents/{k}_usersays_en.json"] = json.dumps(phrases)
    files["intents/fallback.json"] = json.dumps({"name": "fallback", "responses": []})
    files["entities/size_entries_en.json"] = json.dumps([{"value": "small", "synonyms": ["tiny"]}])
    return files


def agent_cx(pairs=PAIRS) -> dict[str, str]:
    files = {"agent.json": "{}"}
    for k in LABELS:
        said = [t for t, label in pairs if label == k]
        phrases = [
            {"id": str(i), "parts": [{"text": t[:6]}, {"text": t[6:]}], "languageCode": "en"}
            for i, t in enumerate(said)
        ]
        files[f"intents/{k}/{k}.json"] = json.dumps({"displayName": k})
        files[f"intents/{k}/trainingPhrases/en.json"] = json.dumps({"trainingPhrases": phrases})
    return files


def test_what_is_not_read_of_a_folder_is_no_part_of_its_name(tmp_path):
    folder_of(tmp_path, {f"{k}.txt": "\n".join(t for t, label in PAIRS if label == k) for k in LABELS})
    before = reading.read(tmp_path, sheet="every", label="file").name
    folder_of(tmp_path, {"README.md": "ours", "old/a.txt": "x"})
    assert reading.read(tmp_path, sheet="every", label="file").name == before


@pytest.mark.parametrize("form", [agent, agent_cx])
def test_an_agent_of_dialogflow_is_read(tmp_path, form):
    own = reading.read(folder_of(tmp_path, form()))
    exactly_pairs(own)
    assert "the intent of a phrase is its label" in own.how[0] and own.unit == "phrase"
    assert "Phrases of an agent of Dialogflow" in str(finding(own, "agent"))


def test_an_agent_s_archive_says_to_name_the_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "agent.zip", "w") as archive:
        for name, content in agent().items():
            archive.writestr(name, content)
    with pytest.raises(
        DataError, match="agent.zip is a zip archive of an agent of Dialogflow; unpack it, and name the folder"
    ):
        reading.read(tmp_path / "agent.zip")
