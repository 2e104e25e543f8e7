"""How many answers took all the tokens that they might: a share of good ones does not tell that the rest were cut."""

from collections.abc import Sequence

from helpers.results.rows import LedgerRow


def told(rows: Sequence[LedgerRow]) -> str:
    """Return in words how many answers of rows reached their token limit, all rows together.

    One that ended with the very last token it might take counts too: its row cannot tell it from one that was cut.
    """
    limits = sorted({row.token_limit for row in rows if row.token_limit})
    limit = f"limit of {' or '.join(map(str, limits))} tokens" if limits else "limit"
    if not limits or not all(row.new_tokens for row in rows):
        return f"how many reached the {limit} was not kept"
    reached = sum(tokens >= row.token_limit for row in rows for tokens in row.new_tokens)
    return f"{reached} of {sum(row.n for row in rows)} answers reached the {limit}"
