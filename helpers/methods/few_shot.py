"""Examples in the prompt: choosing them, ordering them, and calibrating what they make of the labels.

Selection works on positions in a pool, so that a lesson can always tell which rows were shown.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

import numpy as np
from scipy.special import logsumexp
from sklearn.cluster import KMeans

from helpers.model import embedding, reuse
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import without_marks
from helpers.model.scoring import LabelScores
from helpers.tasks.curation import duplicates
from helpers.tasks.files import Message
from helpers.tasks.task import Task


def random_examples(pool: Sequence[Message], k: int, seed: int = 0) -> list[int]:
    """Return k positions in the pool, drawn without replacement; raises ValueError if the pool has fewer.

    >>> random_examples([Message("1", "a", "x"), Message("2", "b", "y")], 2, seed=1)
    [0, 1]
    """
    _need(pool, k)
    return np.random.default_rng(seed).permutation(len(pool))[:k].tolist()


def balanced_examples(pool: Sequence[Message], k: int, seed: int = 0) -> list[int]:
    """Return k positions drawn at random so that no label comes more than once oftener than another, mixed in order."""
    _need(pool, k)
    rng = np.random.default_rng(seed)
    waiting: dict[str, list[int]] = {}
    for i in rng.permutation(len(pool)).tolist():
        waiting.setdefault(pool[i].label, []).append(i)
    labels = rng.permutation(sorted(waiting)).tolist()
    rounds = zip_longest(*(reversed(waiting[label]) for label in labels))
    chosen = [i for one in rounds for i in one if i is not None][:k]
    return rng.permutation(chosen).tolist()


def diverse_examples(vectors: np.ndarray, k: int, seed: int = 0) -> list[int]:
    """Return the positions nearest to the centers of k clusters of the pool's embeddings (n, d), by cluster size.

    Spread over the pool, not over the labels; compare Su et al. (2022), Selective annotation.
    """
    _need(vectors, k)
    if k == 0:
        return []
    clusters = KMeans(k, random_state=seed, n_init=4).fit(vectors)
    distances = clusters.transform(vectors)
    chosen = []
    for center in np.argsort(-np.bincount(clusters.labels_, minlength=k), kind="stable"):
        order = np.argsort(distances[:, center], kind="stable")
        chosen.append(int(next(i for i in order if i not in chosen)))
    return chosen


def nearest_examples(
    pool_vectors: np.ndarray,
    query_vectors: np.ndarray,
    k: int,
    pool_texts: Sequence[str] = (),
    query_texts: Sequence[str] = (),
) -> list[list[int]]:
    """Return for each query the positions of its k nearest pool rows, nearest last: what is read last counts most.

    Vectors, (n, d) and (m, d), have length one. Where texts are given, a pool row with the query's own text is never
    shown to it. Liu et al. (2022), What makes good in-context examples for GPT-3?
    """
    _need(pool_vectors, k)
    same: dict[str, list[int]] = {}
    for i, text in enumerate(pool_texts if query_texts else ()):
        same.setdefault(duplicates.folded(text), []).append(i)
    found = []
    for query, similarity in enumerate(embedding.cosines(pool_vectors, query_vectors)):
        if same:
            similarity[same.get(duplicates.folded(query_texts[query]), [])] = -np.inf
        nearest = embedding.highest(similarity, k)[::-1]
        found.append(nearest[np.isfinite(similarity[nearest])].tolist())
    return found


def shown_nearest(
    pool: Sequence[Message], pool_vectors: np.ndarray, query_vectors: np.ndarray, k: int
) -> list[list[Message]]:
    """Return for each query its k nearest examples of the pool, those that many queries share in front."""
    rows = common_first(nearest_examples(pool_vectors, query_vectors, min(k, len(pool))), [len(m.text) for m in pool])
    return [[pool[i] for i in row] for row in rows]


def nearest(pool: np.ndarray, query: np.ndarray, k: int) -> list[int]:
    """Return positions of the k rows of a pool, (n, d), nearest to one query, (d,), nearest last; all of length one.

    >>> nearest(np.eye(3), np.array([0.6, 0.0, 0.8]), 2)
    [0, 2]
    """
    return nearest_examples(pool, query[None], k)[0]


def common_first(rows: Sequence[Sequence[int]], sizes: Sequence[float] | None = None) -> list[list[int]]:
    """Return the same examples for each query, those that most queries share in front.

    What stands in front of several prompts is read once (see scoring), so this order is cheaper than nearest last.
    `sizes` are the tokens of each pool row: of equally common ones the longer saves more.

    >>> common_first([[3, 1], [1, 2], [2, 1]])
    [[1, 3], [1, 2], [1, 2]]
    """
    counts = Counter(i for row in rows for i in row)
    saved = {i: count * (1 if sizes is None else sizes[i]) for i, count in counts.items()}
    return [sorted(row, key=lambda i: (-saved[i], i)) for row in rows]


def selections(pool: Sequence[Message], pool_vectors: np.ndarray, query_vectors: np.ndarray) -> dict[str, Callable]:
    """Return name -> function of (k, seed) that gives one list of examples for each query."""

    def shared(choose: Callable) -> Callable:
        return lambda k, seed: [[pool[i] for i in choose(k, seed)]] * len(query_vectors)

    return {
        "random": shared(partial(random_examples, pool)),
        "balanced": shared(partial(balanced_examples, pool)),
        "diverse": shared(partial(diverse_examples, pool_vectors)),
        "nearest": lambda k, _: [[pool[i] for i in row] for row in nearest_examples(pool_vectors, query_vectors, k)],
    }


def _need(pool: Sequence, k: int) -> None:
    if not 0 <= k <= len(pool):
        raise ValueError(f"k must lie between 0 and the pool's {len(pool)} rows; got {k}")


def turns(examples: Sequence[Message], text: str) -> list[dict]:
    """Return a chat in which each example is a solved turn, its label the answer, and `text` the one asked about.

    >>> [turn["role"] for turn in turns([Message("1", "It broke.", "a bug")], "Hi")]
    ['user', 'assistant', 'user']
    """
    chat = []
    for example in examples:
        chat.append({"role": "user", "content": example.text})
        chat.append({"role": "assistant", "content": example.label})
    return [*chat, {"role": "user", "content": text}]


def messages(
    system: str,
    examples: Sequence[Message],
    text: str,
    names: dict[str, str] | None = None,
    template: str = "{text}",
    build: Callable[[Sequence[Message], str], list[dict]] = turns,
) -> list[dict]:
    """Return a chat in which each example is a solved turn, and `text` the one that is asked about.

    Texts and labels lose their chat marks, so that none can pose as a turn of its own.

    Args:
        system: the instruction; may be empty.
        names: what each label is called in the answers; the label itself if missing.
        template: what the user says, with the place {text}.
        build: how examples, in the words that are shown, and the text asked about become turns.
    """
    names = names or {}

    def asked(said: str) -> str:
        return template.replace("{text}", without_marks(said))

    spoken = [Message(e.id, asked(e.text), without_marks(names.get(e.label, e.label))) for e in examples]
    start = [{"role": "system", "content": system}] if system else []
    return [*start, *build(spoken, asked(text))]


def _of_each(examples: Sequence, texts: Sequence[str]) -> Sequence[Sequence[Message]]:
    """One list of examples for each text: their own, or the shared one again and again."""
    return examples if examples and not isinstance(examples[0], Message) else [examples] * len(texts)


def calibrate(log_probs: np.ndarray, neutral_log_probs: np.ndarray) -> np.ndarray:
    """Return log-probabilities (n, m) from which the labels' own weight has been taken away.

    It is measured on texts that say nothing, (c, m), under the same prompt: "N/A", "" and "[MASK]" in contextual
    calibration (Zhao et al., 2021, https://arxiv.org/abs/2102.09690), `random_words` in domain-context calibration (Fei
    et al., 2023, https://arxiv.org/abs/2305.19148).

    >>> calibrate(np.log([[0.8, 0.2]]), np.log([[0.9, 0.1]])).argmax()
    np.int64(1)
    """
    if log_probs.ndim != 2 or neutral_log_probs.ndim != 2 or log_probs.shape[1] != neutral_log_probs.shape[1]:
        raise ValueError(f"need (n, m) and (c, m); got {log_probs.shape} and {neutral_log_probs.shape}")
    shares = neutral_log_probs - logsumexp(neutral_log_probs, axis=1, keepdims=True)
    own_weight = logsumexp(shares, axis=0) - np.log(len(shares))
    return log_probs - own_weight


@dataclass(frozen=True)
class FewShotPrompt:
    """How solved examples are shown to a model.

    names: label -> words that stand for it in the answers; its labels are what is scored. system: the instruction; may
    be empty. template: what the user says, with the place {text}. start: words with which every answer begins. turns,
    calibrate: what writes the chat and what takes the labels' own weight away, such as a learner's own functions.
    """

    names: Mapping[str, str]
    system: str = ""
    template: str = "{text}"
    start: str = ""
    turns: Callable[[Sequence[Message], str], list[dict]] = turns
    calibrate: Callable[[np.ndarray, np.ndarray], np.ndarray] = calibrate

    def messages(self, examples: Sequence[Message], text: str) -> list[dict]:
        """Return the chat that shows `examples`, in their order, and asks about `text`."""
        answers = {label: self.start + words for label, words in self.names.items()}
        chat = messages(self.system, examples, text, answers, self.template, self.turns)
        return [*chat, {"role": "assistant", "content": self.start}] if self.start else chat

    def prompts(self, examples: Sequence, texts: Sequence[str]) -> list[list[dict]]:
        """Return the chat for each text; `examples` are those that all share, or one list for each text."""
        return [self.messages(shown, text) for shown, text in zip(_of_each(examples, texts), texts, strict=True)]

    def score(
        self, lm: LanguageModel, examples: Sequence, texts: Sequence[str], read_once: bool = False, **options
    ) -> LabelScores:
        """Weigh every label for every text.

        Args:
            examples: messages that all texts share, or one list of messages for each text.
            read_once: let the model read each example once for all texts, apart from the other examples (see reuse).
            options: those of `LanguageModel.score`, or of `score_reusing` if read_once.
        """
        words = list(self.names.values())
        if read_once:
            scores = lm.score_reusing(self.in_pieces(lm, examples, texts), words, **options)
        else:
            scores = lm.score(self.prompts(examples, texts), words, **options)
        return scores.renamed(list(self.names))

    def in_pieces(self, lm: LanguageModel, examples: Sequence, texts: Sequence[str]) -> reuse.Prompts:
        """Return the same prompts cut into the system message, the distinct examples, and what each asks about.

        Raises ValueError without a system message, which is what all examples see, and where the model's chat template
        writes a turn in another way when others stand before it.
        """
        if not self.system:
            raise ValueError("examples that are read once need a system message in front of them; the prompt has none")
        start = lm.render_turns(self.messages([], "")[:1])
        known: dict[tuple[str, str], int] = {}
        blocks: list[str] = []
        chosen, tails = [], []
        for shown, text in zip(_of_each(examples, texts), texts, strict=True):
            chat, row = self.messages(shown, text), []
            for example, at in zip(shown, range(1, len(chat), 2), strict=False):
                key = example.text, example.label
                if key not in known:
                    known[key] = len(blocks)
                    blocks.append(lm.render_turns([chat[0], *chat[at : at + 2]]).removeprefix(start))
                row.append(known[key])
            whole, before = lm.render(chat), start + "".join(blocks[i] for i in row)
            if not whole.startswith(before):
                raise ValueError(f"the template of {lm.name} writes a turn differently when others stand before it")
            chosen.append(row)
            tails.append(whole.removeprefix(before))
        pieces = reuse.Prompts(lm.encode(start), [*map(lm.encode, blocks)], chosen, [*map(lm.encode, tails)])
        if texts and lm.count_tokens(chat) != pieces.lengths[-1]:
            raise ValueError(f"turns for {lm.name} join into other tokens than they have alone: leave out read_once")
        return pieces

    def score_calibrated(
        self, lm: LanguageModel, examples: Sequence[Message], texts: Sequence[str], neutral: Sequence[str], **options
    ) -> LabelScores:
        """The same with the labels' own weight taken away, measured on `neutral` texts under the same examples."""
        scores = self.score(lm, examples, [*texts, *neutral], **options)
        real, own = scores.log_probs[: len(texts)], scores.log_probs[len(texts) :]
        tokens = scores.prompt_tokens[: len(texts)]
        return replace(scores, log_probs=np.asarray(self.calibrate(real, own)), prompt_tokens=tokens)


def prompt_for(task: Task) -> FewShotPrompt:
    """Return the prompt of a task: its words stand for its labels, its system text comes first."""
    return FewShotPrompt(task.words, task.system)


def random_words(texts: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """Return `count` meaningless texts of words drawn from `texts`, each of their average length; see `calibrate`."""
    words = [word for text in texts for word in text.split()]
    length = max(1, round(len(words) / len(texts)))
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(words, size=length)) for _ in range(count)]
