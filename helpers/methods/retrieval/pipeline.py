"""Puts the stages together: rewrite → retrieve → rerank → keep → prompt → answer → check. Each can be switched off.

What each stage did is kept, so that a lesson can show it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from helpers.methods.retrieval import copying, passages
from helpers.methods.retrieval.index import EVERYTHING, Filter, Index, fuse
from helpers.methods.retrieval.passages import Citation, PassagePrompt
from helpers.methods.retrieval.quotes import best_quotes, quotes_of
from helpers.methods.retrieval.ranking import Hit, Reranker
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt

POOL = 200  # of each list, how many scores the reranker may add to its own
SEARCHES = ("fusion", "dense", "bm25")
Rewriter = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True)
class Settings:
    """How questions are answered.

    search: one of SEARCHES.
    retrieve: how many candidates are searched for; with rerank, they are reordered by late interaction.
    keep: how many of them may go into the prompt.
    quotes: how many sentences and rows of those go into the prompt; 0 takes the chunks whole.
    budget, max_new_tokens: the most tokens of a prompt, and of an answer.
    cite, abstain, defend: see passages.write_prompt.
    examples: show worked examples, see passages.EXAMPLES.
    start: words with which every answer begins; the model goes on from there.
    copy: let the model only copy a stretch of a passage, and cite the passage it comes from; see copying.
    """

    search: str = "fusion"
    retrieve: int = 16
    rerank: bool = True
    keep: int = 4
    quotes: int = 0
    budget: int = 1500
    cite: bool = True
    abstain: bool = True
    defend: bool = True
    examples: bool = True
    start: str = ""
    copy: bool = False
    max_new_tokens: int = 48

    def __post_init__(self):
        if self.search not in SEARCHES:
            raise ValueError(f"no search {self.search!r}; choose one of {', '.join(SEARCHES)}")
        if not 1 <= self.keep <= self.retrieve:
            raise ValueError(f"use 1 <= keep <= retrieve; got keep {self.keep}, retrieve {self.retrieve}")
        if self.quotes < 0:
            raise ValueError(f"quotes must be 0 (whole chunks) or more; got {self.quotes}")


@dataclass(frozen=True)
class Retrieved:
    """What was found for one question: candidates as retrieved, then as reranked; `kept` are the first of these.

    `best_cosine` is the highest cosine of any chunk with the query.
    """

    question: str
    query: str
    candidates: tuple[Hit, ...]
    reranked: tuple[Hit, ...]
    kept: tuple[Hit, ...]
    best_cosine: float


@dataclass(frozen=True)
class Answer:
    """An answer with all that led to it. Where nothing was found, it abstains without asking the model."""

    retrieved: Retrieved
    prompt: PassagePrompt
    text: str
    citations: tuple[Citation, ...]
    new_tokens: int

    @property
    def prompt_tokens(self) -> int:
        """Tokens that the model read; 0 where it was not asked."""
        return self.prompt.tokens if self.prompt.used else 0

    @property
    def traceable(self) -> bool:
        """Whether at least one citation holds."""
        return any(citation.holds for citation in self.citations)


def identity(questions: Sequence[str]) -> list[str]:
    """Return the questions as they are: search without rewriting."""
    return list(questions)


def rewriter(lm: LanguageModel, prompt: Prompt) -> Rewriter:
    """Return a function that lets the model rewrite questions for search, many at once.

    Question and rewriting are searched for together, so that a poor one costs less. `prompt` has the place {text}; for
    the course's documents it is `policies.REWRITE`.
    """

    def rewrite(questions: Sequence[str]) -> list[str]:
        prompts = [prompt.messages(passages.neutralize(question)) for question in questions]
        made = lm.generate(prompts, max_new_tokens=24, progress=False).texts
        lines = [text.strip().split("\n")[0].strip(" \"'") for text in made]
        return [f"{question} {line}".strip() for question, line in zip(questions, lines, strict=True)]

    return rewrite


class Pipeline:
    """Answers questions from an index. `settings` says which stages run; `rewrite` is identity or a rewriter."""

    def __init__(self, index: Index, lm: LanguageModel, settings: Settings | None = None, rewrite: Rewriter = identity):
        self.index, self.lm, self.rewrite = index, lm, rewrite
        self.settings = settings or Settings()
        self._rerankers: dict[bool, tuple[list, Reranker]] = {}

    def using(self, **changes) -> "Pipeline":
        """Return the same pipeline with some settings changed; what the reranker knows of the chunks is shared."""
        other = Pipeline(self.index, self.lm, replace(self.settings, **changes), self.rewrite)
        other._rerankers = self._rerankers
        return other

    def reranker(self, quotes: bool = False) -> Reranker:
        """Return the reranker for the chunks of the index as it stands now, or for their quotes."""
        chunks = self.index.chunks
        if self._rerankers.get(quotes, (None,))[0] != chunks:
            texts = [quote for chunk in chunks for quote in quotes_of(chunk)] if quotes else chunks
            self._rerankers[quotes] = chunks, Reranker(self.index.embedder, texts)
        return self._rerankers[quotes][1]

    def retrieve(self, questions: Sequence[str], where: Filter = EVERYTHING) -> list[Retrieved]:
        """Return what is found for each question; raises ValueError if one is empty."""
        questions = [passages.check_question(question) for question in questions]
        asked = zip(questions, self.rewrite(questions), strict=True)
        return [self._retrieve_one(question, query, where) for question, query in asked]

    def _retrieve_one(self, question: str, query: str, where: Filter) -> Retrieved:
        settings = self.settings
        depth = max(POOL, settings.retrieve)
        dense, bm25 = self.index.dense(query, depth, where), self.index.bm25(query, depth, where)
        found = fuse(dense, bm25) if settings.search == "fusion" else {"dense": dense, "bm25": bm25}[settings.search]
        candidates = found[: settings.retrieve]
        reranked = candidates
        if settings.rerank:
            reranked = self.reranker().rerank(query, candidates, [dense[:POOL], bm25[:POOL]])
        kept = tuple(reranked[: settings.keep])
        return Retrieved(question, query, tuple(candidates), tuple(reranked), kept, dense[0].score)

    def ask(self, questions: Sequence[str], where: Filter = EVERYTHING, progress: bool = False) -> list[Answer]:
        """Return an answer to each question; raises ValueError for an empty one, PromptTooLongError for a long one."""
        return self.answer(self.retrieve(questions, where), progress)

    def quoted(self, one: Retrieved) -> list[Hit]:
        """Return what goes into the prompt: the kept chunks, or the best quotes from them."""
        if not self.settings.quotes:
            return list(one.kept)
        return best_quotes(self.reranker(quotes=True), one.query, one.kept, self.settings.quotes)

    def write(self, one: Retrieved) -> PassagePrompt:
        """Return the prompt for one question, with the words that begin its answer."""
        settings = self.settings
        prompt = passages.write_prompt(
            one.question,
            [hit.chunk for hit in self.quoted(one)],
            self.lm.count_tokens,
            settings.budget,
            prompt=copying.COPY if settings.copy else passages.ANSWER,
            cite=settings.cite and not settings.copy,
            abstain=settings.abstain and not settings.copy,
            defend=settings.defend,
            examples=passages.EXAMPLES if settings.examples else (),
        )
        if not settings.start:
            return prompt
        messages = [*prompt.messages, {"role": "assistant", "content": settings.start}]
        return replace(prompt, messages=messages, tokens=self.lm.count_tokens(messages))

    def prompts(self, questions: Sequence[str], where: Filter = EVERYTHING) -> list[PassagePrompt]:
        """Return what the model would read for each question."""
        return [self.write(one) for one in self.retrieve(questions, where)]

    def answer(self, found: Sequence[Retrieved], progress: bool = False) -> list[Answer]:
        """Return an answer for each thing retrieved, which may have been changed by hand."""
        settings = self.settings
        prompts = [self.write(one) for one in found]
        asked = [prompt.messages for prompt in prompts if prompt.used]
        made = iter(())
        if asked:
            only = {"logits_processor": copying.copy_only(self.lm)} if settings.copy else {}
            out = self.lm.generate(asked, max_new_tokens=settings.max_new_tokens, progress=progress, **only)
            made = zip(out.texts, out.new_tokens, strict=True)
        answers = []
        for one, prompt in zip(found, prompts, strict=True):
            text, tokens = next(made) if prompt.used else (passages.ABSTENTION, 0)
            if prompt.used and settings.start:
                text = f"{settings.start} {text}"
            if settings.copy and settings.cite:
                text = copying.with_source(text, prompt.used)
            citations = passages.check_citations(text, prompt.used, one.question)
            answers.append(Answer(one, prompt, text, tuple(citations), tokens))
        return answers
