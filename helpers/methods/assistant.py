"""A whole assistant for customers: facts from the index, the day's rule in the prompt, form in an adapter.

Each part can be left out, and each answer is judged on three counts: is the fact right, is the form kept, is the rule
obeyed. Reading facts out of passages for an agent's note is `reading`; the rules of the form are `voice`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.methods import reader
from helpers.methods.retrieval import passages
from helpers.methods.retrieval.chunking import Chunk
from helpers.methods.retrieval.passages import PassagePrompt
from helpers.model.language_model import LanguageModel
from helpers.tasks import files, grading, voice
from helpers.tasks.policies import PolicyQuestion

TODAY = " Next step today: "  # before the day's rule
BUDGET, MAX_NEW_TOKENS = 420, 80  # the most tokens of a prompt, and of a reply


@dataclass(frozen=True)
class Judged:
    """One reply on three counts, with the rules of the voice that it breaks. `right` needs every count."""

    text: str
    fact: bool
    form: bool
    rule: bool
    broken: tuple[str, ...]
    new_tokens: int = 0
    prompt_tokens: int = 0

    @property
    def verdict(self) -> str:
        """What the ledger keeps of it: right, or what is missing."""
        missing = [name for name in ("fact", "form", "rule") if not getattr(self, name)]
        return f"wrong {', '.join(missing)}" if missing else "right"

    @property
    def right(self) -> bool:
        return self.verdict == "right"


def load_next_steps(split: str) -> list[str]:
    """Return what the company asks its assistant to say as the next step, one a day: `train` (24) or `test` (8).

    >>> len(load_next_steps("test"))
    8
    """
    rows = files.read_jsonl(files.DATA / "next_steps" / f"{split}.jsonl")
    return [row["text"] for row in rows]


def write_prompts(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], chunks: Sequence[Sequence[Chunk]], rules: Sequence[str]
) -> list[PassagePrompt]:
    """Return the prompt of each question; an empty rule leaves the rule out, no chunks leave the index out."""
    made = []
    for question, some, rule in zip(questions, chunks, rules, strict=True):
        system = voice.CUSTOMER.system + (TODAY + rule if rule else "")
        prompt = voice.CUSTOMER.edited(voice.CUSTOMER.version, system=system)
        off = {"cite": False, "abstain": False}  # the prompt says both in its own words
        made.append(passages.write_prompt(question.question, some, lm.count_tokens, BUDGET, prompt, **off, examples=()))
    return made


def reply(answer: str, places: Sequence[int], rule: str) -> str:
    """Return the reply that the assistant should give: the fact with its citation, the next step, in the voice.

    >>> print(reply("38 days", (2,), "open Orders in the app."))
    Hi there,
    We checked: 38 days [2].
    Next step: open Orders in the app.
    Larkfield, at home with you.
    """
    fact = f"{voice.FOUND}{answer.rstrip('.')} [{', '.join(map(str, places))}]." if places else voice.NOT_FOUND
    return f"{voice.OPENING}\n{fact}\n{voice.STEP} {rule}\n{voice.CLOSE}"


def judge(question: PolicyQuestion, rule: str, text: str, new_tokens: int = 0, prompt_tokens: int = 0) -> Judged:
    """Judge a reply: its fact (what stands before the next step), its form (voice's ten rules), the day's rule."""
    fact = text.partition(voice.STEP)[0]
    verdict = grading.grade(question, passages.without_citations(fact.replace(voice.CLOSE, ""))).verdict
    plain = passages.without_citations(text)
    broken = tuple(voice.broken(plain))
    obeyed = grading.holds(plain, rule)
    return Judged(text, grading.correct(question, verdict), not broken, obeyed, broken, new_tokens, prompt_tokens)


def answer(
    lm: LanguageModel,
    questions: Sequence[PolicyQuestion],
    prompts: Sequence[PassagePrompt],
    rules: Sequence[str],
    **options,
) -> list[Judged]:
    """Let a model reply to each question, and judge it by the rule of its day. Options: those of `generate`."""
    made = lm.generate([p.messages for p in prompts], **{"max_new_tokens": MAX_NEW_TOKENS, **options})
    return [
        judge(question, rule, text, new, read)
        for question, rule, text, new, read in zip(
            questions, rules, made.texts, made.new_tokens, made.prompt_tokens, strict=True
        )
    ]


def examples(
    lm: LanguageModel, questions: Sequence[PolicyQuestion], learned: Sequence[reader.Example], rules: Sequence[str]
) -> list[tuple[str, list[dict], str]]:
    """Return (id, messages, reply) of the examples that teach the form, made from the reader's own examples.

    Replies whose fact cannot be said within the rules of the voice are left out: no example breaks one. Question i
    gets the next step i modulo the count of `rules`.
    """
    days = [rules[i % len(rules)] for i in range(len(learned))]
    prompts = write_prompts(lm, questions, [one.prompt.used for one in learned], days)
    made = []
    for question, one, rule, prompt in zip(questions, learned, days, prompts, strict=True):
        fits = prompt.used == one.prompt.used  # the same places, so that the citation still leads to the passage
        text = reply(question.answer, one.places, rule)
        if fits and not voice.broken(passages.without_citations(text)):
            made.append((one.id, prompt.messages, text))
    return made
