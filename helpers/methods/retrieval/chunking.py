"""Cuts policies into chunks: by tokens with overlap, or by heading, where a table is never cut.

Tokens are those of the language model, because its prompt is what chunks must fit into.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from helpers.tasks.policies import Policy

Spans = Callable[[str], list[tuple[int, int]]]  # text -> (start, end) of each token, in characters
METHODS = ("heading", "tokens")
HEADING = re.compile(r"#{1,6} +(.*\S)")


@dataclass(frozen=True)
class Chunk:
    """A piece of a document: `text` is the document's text from character `start` to `end`; `heading` may be empty."""

    id: str
    document: str
    title: str
    audience: str
    effective: str
    heading: str
    start: int
    end: int
    text: str

    @property
    def place(self) -> str:
        """Where the chunk stands, for people and for the index: title and heading."""
        return f"{self.title}: {self.heading}" if self.heading else self.title

    @property
    def searched(self) -> str:
        """The text that is embedded and indexed: the piece under its title and heading."""
        return f"{self.place}\n{self.text}"


@dataclass(frozen=True)
class Chunker:
    """How to cut. `size` is in tokens: exact for "tokens", the most for "heading" unless one table alone is longer.

    overlap: tokens that a chunk repeats of the one before; only for "tokens".
    spans: where the tokens of a text stand (see token_spans).
    """

    spans: Spans = field(compare=False, repr=False)
    method: str = "heading"
    size: int = 300
    overlap: int = 0

    def __post_init__(self):
        if self.method not in METHODS:
            raise ValueError(f"no chunking method {self.method!r}; choose one of {', '.join(METHODS)}")
        if self.size < 1 or not 0 <= self.overlap < self.size:
            raise ValueError(f"use size >= 1 and 0 <= overlap < size; got size {self.size}, overlap {self.overlap}")
        if self.overlap and self.method == "heading":
            raise ValueError("chunks by heading do not overlap; leave overlap at 0, or use the method 'tokens'")

    def split(self, policy: Policy) -> list[Chunk]:
        """Return the document's chunks in order; none if it holds only white space."""
        if self.method == "tokens":
            return by_tokens(policy, self.spans, self.size, self.overlap)
        return by_heading(policy, self.spans, self.size)


def token_spans(tokenizer) -> Spans:
    """Return a function from a text to the (start, end) characters of its tokens, for a fast Hugging Face tokenizer."""
    return lambda text: tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) characters of each word: a stand-in for tokens where no model is at hand.

    >>> word_spans("two words")
    [(0, 3), (4, 9)]
    """
    return [found.span() for found in re.finditer(r"\S+", text)]


def _chunk(policy: Policy, number: int, start: int, end: int, heading: str) -> Chunk:
    name = f"{policy.id}#{number}"
    about = (policy.id, policy.title, policy.audience, policy.effective)
    return Chunk(name, *about, heading, start, end, policy.text[start:end])


def by_tokens(policy: Policy, spans: Spans, size: int, overlap: int = 0) -> list[Chunk]:
    """Return windows of `size` tokens, each starting `size - overlap` after the last; tables are cut like the rest.

    >>> policy = Policy("a", "A", "public", "2026-01-31", "one two three four five")
    >>> [chunk.text for chunk in by_tokens(policy, word_spans, size=3, overlap=1)]
    ['one two three', 'three four five']
    """
    places = spans(policy.text)
    chunks: list[Chunk] = []
    for first in range(0, len(places), size - overlap):
        window = places[first : first + size]
        start, end = window[0][0], max(stop for _, stop in window)
        chunks.append(_chunk(policy, len(chunks) + 1, start, end, ""))
        if first + size >= len(places):
            break
    return chunks


def by_heading(policy: Policy, spans: Spans, size: int) -> list[Chunk]:
    """Return one chunk per section; a section of more than `size` tokens is cut between its paragraphs.

    A paragraph, a list or a table is never cut, so that a chunk can be longer than `size` if one of them is. A line of
    text right above a table stays with it. Marks inside a code fence are no headings.
    """
    chunks: list[Chunk] = []
    for heading, blocks in _sections(policy.text):
        start, end = blocks[0]
        for block_start, block_end in blocks[1:]:
            if len(spans(policy.text[start:block_end])) > size:
                chunks.append(_chunk(policy, len(chunks) + 1, start, end, heading))
                start = block_start
            end = block_end
        chunks.append(_chunk(policy, len(chunks) + 1, start, end, heading))
    return chunks


def _sections(text: str) -> list[tuple[str, list[tuple[int, int]]]]:
    """The text's sections as (heading, blocks); a heading's own line is part of the first block below it."""
    sections: list[tuple[str, list[tuple[int, int]]]] = [("", [])]
    for start, end in _blocks(text):
        found = HEADING.fullmatch(text[start:end])
        if found:
            sections.append((found[1], []))
        sections[-1][1].append((start, end))
    for heading, blocks in sections:
        if heading:
            blocks[:2] = [(blocks[0][0], blocks[:2][-1][1])]
    return [(heading, blocks) for heading, blocks in sections if blocks]


def _blocks(text: str) -> list[tuple[int, int]]:
    """(start, end) of each paragraph, list, table, fenced code or single heading line; blank lines part them."""
    blocks: list[tuple[int, int]] = []
    going_on = fenced = False
    position = 0
    for line in text.split("\n"):
        end = position + len(line)
        heading = not fenced and HEADING.fullmatch(line)
        if heading or not (fenced or line.strip()):
            going_on = False
        if line.strip():
            blocks.append((blocks.pop()[0] if going_on else position, end))
            going_on = not heading
        fenced = fenced != line.lstrip().startswith("```")
        position = end + 1
    return _join_tables(text, blocks)


def _join_tables(text: str, blocks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put a paragraph that ends in a colon together with the table or list right below it."""
    joined: list[tuple[int, int]] = []
    for start, end in blocks:
        if joined and text[start] in "|-" and text[joined[-1][1] - 1] == ":":
            start = joined.pop()[0]
        joined.append((start, end))
    return joined


def sentences(chunk: Chunk) -> list[str]:
    r"""Return a chunk's sentences, list items and table rows, each a text of its own, without headings and rules.

    >>> policy = Policy("a", "A", "public", "2026-01-31", "## Days\nOne. Two?\n\n| a | b |\n|---|---|\n| c | d |")
    >>> [sentences(chunk) for chunk in by_heading(policy, word_spans, 99)]
    [['One.', 'Two?', '| a | b |', '| c | d |']]
    """
    found = []
    for line in chunk.text.split("\n"):
        if HEADING.fullmatch(line) or not re.search(r"\w", line):
            continue
        listed = re.match(r"\s*(\||[-*] |\d+\. )", line)
        found += [line.strip()] if listed else re.split(r"(?<=[.?!:;]) +", line.strip())
    return found
