"""What the methods whose answers people rate do, in words. Which two these are, main_rows decides."""

from helpers.results.rows import LedgerRow

DOES = {
    "retrieval, free answer": "the model reads the passages found, and writes as it likes",
    "retrieval, one quote, started answer": "it reads the one found sentence or row; its answer is begun for it",
    "reader, one quote": "the model reads the one found sentence or row",
    "reader, all that fits": "it reads as many found passages as fit into its prompt",
}


def in_words(*rows: LedgerRow) -> str:
    """Return a line for each row: its method, and what that does; the name alone where it is not in DOES."""
    return "\n".join(": ".join(part for part in (row.method, DOES.get(row.method)) if part) for row in rows)
