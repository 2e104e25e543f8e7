"""Mails (.eml, mbox) to texts, as a person reads them: subject and body. Other headers and attachments are left out."""

import email
import email.errors
import email.header
import re
from collections.abc import Sequence
from email.message import Message as Mail

from helpers.tasks.files import DataError
from helpers.tasks.own import opened
from helpers.tasks.own.findings import Finding, count
from helpers.tasks.own.pages import page_text
from helpers.tasks.own.tables import Record, Table

HEADER = re.compile(rb"([!-9;-~]+):")
USUAL = {b"from", b"to", b"subject", b"date", b"received", b"message-id", b"return-path", b"mime-version"}
FRONT = re.compile(rb"(?:\A|\n\r?\n)From [^\n]*\n(?=[!-9;-~]+:)")  # how a mail in a mailbox begins
LABELS = ("X-Gmail-Labels", "X-Mozilla-Keys", "X-Keywords")
STATES = re.compile(  # what programs for mail mark, beside labels that a person gave
    r"(?:inbox|unread|opened|important|starred|sent|archived|drafts?|chat|trash|nonjunk|category[ _].*|[$\\].*)?",
    re.IGNORECASE,
)
HEAD = 100_000  # bytes in which headers end
READ = "subject and body are read; other headers and attachments are not, and HTML only where there is no plain text"
APART = "put the mails of each label into a mailbox or a folder that is called like it"


def looks_like(content: bytes) -> bool:
    """Return whether bytes are a mail: lines of headers, a sender and a subject among them, and an empty line."""
    names = []
    for line in content[:HEAD].removeprefix(b"\xef\xbb\xbf").splitlines():
        found = HEADER.match(line)
        if found:
            names.append(found[1].lower())
        elif not line.strip() or not names or line[:1] not in b" \t":
            return not line.strip() and b"from" in names and len(USUAL & set(names)) > 1
    return False


def is_mailbox(content: bytes) -> bool:
    """Return whether bytes are a mailbox (mbox), of one mail or many."""
    return content.startswith(b"From ") and bool(FRONT.match(content))


def mails_of(content: bytes) -> list[Mail]:
    """Return the mails of a mailbox, or the one that a file holds."""
    parts = [part for part in FRONT.split(content) if part.strip()] if is_mailbox(content) else [content]
    return [email.message_from_bytes(re.sub(rb"(?m)^>(>*From )", rb"\1", part)) for part in parts]


def text_of(name: str, mail: Mail) -> tuple[str, bool]:
    """Return subject and body of a mail, and whether there is a body in words. Raises DataError if it has no text."""
    try:
        said = _said(name, mail).replace("\r\n", "\n").strip()
        text = "\n".join(filter(None, (_header(mail, "Subject"), said)))
    except (RecursionError, AttributeError, TypeError) as error:
        raise DataError(f"{name} cannot be read as a mail: {error}") from None
    if not text:
        raise DataError(f"{name} is a mail without a subject and a text")
    return text, bool(said)


def _said(name: str, part: Mail) -> str:
    """What a part of a mail says in words; of several forms of the same, the plain one."""
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return ""
    if part.is_multipart():
        inner = filter(None, (_said(name, one).strip() for one in part.get_payload()))
        return next(inner, "") if kind == "multipart/alternative" else "\n\n".join(inner)
    if kind not in ("text/plain", "text/html"):
        return ""
    content = part.get_payload(decode=True) or b""
    try:
        text = content.decode(part.get_content_charset() or "ascii")
    except (LookupError, ValueError):
        text = opened.decode(name, content)[0]
    return page_text(text) if kind == "text/html" else text


def _header(mail: Mail, name: str) -> str:
    """What a header says, its words decoded."""
    told = mail.get(name, "")
    try:
        return " ".join(str(email.header.make_header(email.header.decode_header(told))).split())
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return " ".join(str(told).split())


def labels_of(mail: Mail) -> str:
    """Return the labels that a person gave a mail, as Gmail's and Thunderbird's mailboxes hold them.

    >>> mail = email.message_from_string("X-Gmail-Labels: Inbox,refund,Unread")
    >>> labels_of(mail)
    'refund'
    """
    told = [re.split("," if "Gmail" in name else r"[\s,]+", _header(mail, name)) for name in LABELS]
    labels = [one.strip().strip('"') for some in told for one in some if not STATES.fullmatch(one.strip())]
    return ";".join(dict.fromkeys(labels))


def table(name: str, content: bytes, labels: bool = True) -> Table:
    """Return a mailbox as a table of texts and, if any mail has one, its labels; it holds texts alone without `labels`.

    What is no text is left out, and said.
    """
    records, bad, bare = [], [], []
    for number, mail in enumerate(mails_of(content), start=1):
        try:
            text, body = text_of(f"{name}, mail {number}", mail)
        except DataError:
            bad.append(number)
            continue
        bare += [] if body else [number]
        records.append(Record(number, (text, labels_of(mail))))
    do = ""
    if labels:
        labels = any(record.cells[1] for record in records)
        do = "" if labels else f"no header of theirs brings a label: {APART}, and name the folder above these"
    records = [record if labels else Record(record.number, record.cells[:1]) for record in records]
    header = ("text", "labels")[: 1 + labels]
    findings = [Finding("mails", READ, do=do)]
    if bad:
        what = f"{count(len(bad), 'mail')} without a text that can be read"
        findings.append(Finding("broken", what, tuple(bad), "left out", lost=len(bad), unit="mail"))
    findings += without_body(bare, "mail")
    return Table(name, tuple(records), len(header), "a mailbox", header, findings=tuple(findings), unit="mail")


def without_body(numbers: Sequence, unit: str) -> list[Finding]:
    """Return what is said of mails whose body holds no words."""
    what = f"{count(len(numbers), unit)} with a subject alone: the body is empty, a picture, attached or encrypted"
    return [Finding("no body", what, tuple(numbers), "the subject is read", unit=unit)] if numbers else []
