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
from helpers.results.ledger import Lab
from helpers.results.rows import LedgerRow
from helpers.tasks import files, grading, voice
from helpers.tasks.policies import PolicyQuestion

ROLE = voice.CUSTOMER.system
TODAY = " Next step today: "  # before the day's rule
IN_WORDS = "\n" + voice.IN_FULL.system[voice.IN_FULL.system.index("Follow all") :] + "\n"  # the ten rules, as a prompt
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
    """Return what the company asks its assistant to say as the next step, one a day: `train` (24), `dev` or `test` (8).

    >>> len(load_next_steps("test"))
    8
    """
    rows = files.read_jsonl(files.DATA / "next_steps" / f"{split}.jsonl")
    return [row["text"] for row in rows]


def messages(question: str, shown: Sequence[str], rule: str) -> list[dict]:
    r"""Return the two messages of a prompt from texts of passages and the day's rule; either may be empty.

    >>> messages("How long?", [], "call us.")[1]["content"]
    '(no passages)\n\nQuestion: How long?'
    """
    system = ROLE + (TODAY + rule if rule else "") + passages.DEFEND
    told = "\n\n".join(f"[{i}] {text}" for i, text in enumerate(shown, start=1)) or "(no passages)"
    user = f"{told}\n\nQuestion: {question}"
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def write_prompts(
    lm: LanguageModel,
    questions: Sequence[PolicyQuestion],
    chunks: Sequence[Sequence[Chunk]],
    rules: Sequence[str],
    told: str = "",
) -> list[PassagePrompt]:
    """Return the prompt of each question; an empty rule leaves the rule out, no chunks leave the index out.

    told: what the system message says beside, such as the rules of the voice; it takes no room from the passages.
    """
    budget = BUDGET + (lm.count_tokens(told) if told else 0)
    made = []
    for question, some, rule in zip(questions, chunks, rules, strict=True):
        system = ROLE + told + (TODAY + rule if rule else "")
        prompt = voice.CUSTOMER.edited(voice.CUSTOMER.version, system=system)
        off = {"cite": False, "abstain": False}  # the prompt says both in its own words
        made.append(passages.write_prompt(question.question, some, lm.count_tokens, budget, prompt, **off, examples=()))
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


@dataclass(frozen=True)
class Apart:
    """An assistant with one part removed: its row, and each reply as judged."""

    row: LedgerRow
    judged: tuple[Judged, ...]

    def hits(self, count: str) -> list[bool]:
        """Return which replies are good on one count: fact, form, rule, or right for all three."""
        return [getattr(one, count) for one in self.judged]


def taken_apart(
    lab: Lab,
    tuned: LanguageModel,
    questions: Sequence[PolicyQuestion],
    chunks: Sequence[Sequence[Chunk]],
    rules: Sequence[str],
    **told,
) -> dict[str, Apart]:
    """Return the assistant whole, and with each part removed, measured on the same questions or taken from stored rows.

    Without its adapter the model is also tried with the ten rules of the form in its prompt. `lab.model` is the model
    without the adapter; `told`: what rows of the adapter tell, from `adapters.row_of`.
    """
    nothing, silent, words = [[]] * len(questions), [""] * len(questions), IN_WORDS
    ways = {
        "whole": (tuned, chunks, rules, ""),
        "without index": (tuned, nothing, rules, ""),
        "without rule": (tuned, chunks, silent, ""),
        "without adapter": (lab.model, chunks, rules, ""),
        "without adapter, told the form": (lab.model, chunks, rules, words),
    }
    made = {}
    for name, (lm, some, days, form) in ways.items():
        chats = write_prompts(lm, questions, some, days, form)
        approach = "retrieve + tune" if lm is tuned else "retrieve"
        row = lab.measure(
            f"assistant: {name}",
            questions,
            lambda _, lm=lm, chats=chats: answer(lm, questions, chats, rules),
            approach="tune" if some is nothing else approach,
            prompts=chats,
            heavy=True,
            **(told if lm is tuned else {}),
        )
        judged = tuple(judge(q, rule, text) for q, rule, text in zip(questions, rules, row.answers, strict=True))
        made[name] = Apart(row, judged)
    return made


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
