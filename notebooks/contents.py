"""README's table of the lessons: what each asks, how long it ran here, with how much memory, and what it tests."""

import json
import re

import handouts
import sources

OPEN, CLOSE = "<!-- the lessons, written by notebooks/contents.py -->", "<!-- end of the lessons -->"
SPELLED = {"rag": "RAG", "lora": "LoRA", "json": "JSON", "few shot": "few-shot", "fine tune": "fine-tune"}


def called(name: str) -> str:
    """Return what a lesson is called in a list.

    >>> called("05_lora_fine_tune"), called("labs/02_json"), called("10_storage_costs")
    ('05 LoRA fine-tune', 'lab 02 JSON', '10 Storage costs')
    """
    words = name.rpartition("/")[2].partition("_")[2].replace("_", " ")
    for plain, spelled in SPELLED.items():
        words = re.sub(rf"\b{plain}\b", spelled, words)
    return f"{'lab ' if '/' in name else ''}{sources.number_of(name)} {words[0].upper()}{words[1:]}"


def table() -> str:
    """Return the table in Markdown; a question mark stands where a lesson was not built yet."""
    stored = sources.MEASURED
    measured = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    lines = ["| lesson | asks | runs | memory | tests the claims |", "|---|---|---|---|---|"]
    for name in sources.names():
        took = measured.get(name)
        runs, memory = (f"{took['minutes']:g} min", f"{took['gigabytes']:g} GB") if took else ("?", "?")
        claims = ", ".join(claim["id"] for claim in handouts.claims_of(name)) or "–"
        lines.append(
            f"| [{called(name)}](notebooks/{name}.ipynb) | {sources.title_of(name)} | {runs} | {memory} | {claims} |"
        )
    return "\n".join(lines)
