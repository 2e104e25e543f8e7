"""Questions that lie below texts in JSON, as sets for reading comprehension hold them: a row for each question."""

from collections.abc import Iterator

from helpers.tasks.own.columns import plain

DEEPEST = 16  # lists and objects around a list of questions
HOW = "questions below paragraphs, as in SQuAD"
QUESTIONS = ("qas", "qa_pairs", "qa", "questions", "question_answers", "qa_list")  # lists of questions below a text
CONTEXTS = ("context", "passage", "paragraph", "story", "plot", "background", "text", "body", "content", "document")
TITLES = ("title", "document_title", "name", "source", "filename")


def rows(value) -> tuple[list, str] | None:
    """Questions below the text that they are asked on, as SQuAD, DROP, CoQA and many after them hold it, at any depth.

    Each row has its question and answer, the text, and the title above it; what has no answer is `not stated`.
    """
    parts = list(_below(value, {}))
    found = [row for part in parts for row in part]
    below = len(parts) > 1 or any(row["context"] for row in found)
    answered = any(row["answer"] for row in found)
    return (found, HOW) if below and answered else None


def _below(value, above: dict, depth: int = 0) -> Iterator[list[dict]]:
    """Rows of each list of questions below a value; `above`: words of the objects around it, the nearest first."""
    if depth > DEEPEST or not isinstance(value, (list, dict)):
        return
    if isinstance(value, list):
        for one in value:
            yield from _below(one, above, depth + 1)
        return
    named = {plain(key): one for key, one in value.items()}
    above = {**above, **{key: one for key, one in named.items() if isinstance(one, str)}}
    for asked in (named[key] for key in QUESTIONS if _are_asked(named.get(key))):
        context, title = (next((above[key] for key in keys if key in above), "") for keys in (CONTEXTS, TITLES))
        beside = named.get("answers")  # CoQA: a list for itself, in the same order
        matched = beside if isinstance(beside, list) and len(beside) == len(asked) else [None] * len(asked)
        inner = [
            {"answer": answer, **{plain(key): part for key, part in one.items()}}
            for one, answer in zip(asked, matched, strict=True)
            if isinstance(one, dict)
        ]
        yield [
            {
                "question": one.get("question", one.get("input_text")),
                "answer": _answer(one),
                "document": title,
                "context": context,
            }
            for one in inner
        ]
        return
    for inner in value.values():
        yield from _below(inner, above, depth + 1)


def _are_asked(value) -> bool:
    return isinstance(value, list) and any(
        isinstance(one, dict) and isinstance(one.get("question", one.get("input_text")), str) for one in value
    )


def _answer(asked: dict) -> list:
    """The answers of a question: texts, each once; `not stated` where it has an empty list of them or says so."""
    given = asked.get("answers", asked.get("answer"))
    told = given if isinstance(given, list) else [given]
    said = [text for one in told for text in _texts(one)]
    silent = given == [] or asked.get("is_impossible") is True or asked.get("no_answer") is True
    return ["not stated"] if silent else list(dict.fromkeys(said))


def _texts(answer) -> list[str]:
    """The words of one answer: itself, its text; of DROP a number, a date or spans."""
    if not isinstance(answer, dict):
        return [str(answer)] if answer not in (None, "") else []
    if isinstance(answer.get("date"), dict) and any(answer["date"].values()):
        return [" ".join(filter(None, (str(answer["date"].get(part) or "") for part in ("day", "month", "year"))))]
    found = next((answer[key] for key in ("text", "input_text", "spans", "number", "value") if answer.get(key)), None)
    if isinstance(found, list) and "spans" in answer:
        return [", ".join(map(str, found))]  # all of them together are the answer
    return list(map(str, found)) if isinstance(found, list) else [] if found is None else [str(found)]
