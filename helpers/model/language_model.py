"""One small open model, three ways to use it: `chat` and `generate` write, `score` weighs given labels."""

import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from tqdm.auto import tqdm
from transformers import LogitsProcessor, LogitsProcessorList

from helpers.machine import runtime
from helpers.model import again, catalogue, decoding, endpoint, head, lean, packing, remote_model, reuse, scoring
from helpers.model.prompts import Messages, as_messages

READ_AT_ONCE = 64  # tokens of each prompt in one pass: what a pass holds beside the cache grows with it


@dataclass(frozen=True)
class ModelInput:
    """Exactly what the model receives: the rendered text, its token ids, and each token as text."""

    text: str
    token_ids: list[int]
    tokens: list[str]


@dataclass(frozen=True)
class Generation:
    """Answers to a batch of prompts: texts, tokens read and written per prompt, and seconds for the whole batch.

    `token_ids` holds the written tokens of each answer, the end token included where the model reached it.
    """

    texts: list[str]
    token_ids: list[list[int]]
    prompt_tokens: list[int]
    new_tokens: list[int]
    finished: list[bool]
    seconds: float


_in_use: "weakref.WeakValueDictionary[str, LanguageModel]" = weakref.WeakValueDictionary()
_as_loaded: "weakref.WeakValueDictionary[str, again.AsLoaded]" = weakref.WeakValueDictionary()


class LanguageModel:
    """A causal language model with its tokenizer.

    `LanguageModel.load()` gives the default one (see catalogue). A prompt is a string (a user message) or a chat.
    """

    def __init__(self, model, tokenizer, name: str = "a model"):
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.device, self._limit = next(model.parameters()).device, model.config.max_position_embeddings
        head.read_contiguously(model)

    def __repr__(self) -> str:
        count = sum(parameter.numel() for parameter in self.model.parameters())
        size = catalogue.size_in_words(count)
        return f"LanguageModel({self.name}, {size} parameters, {self.model.dtype}, on {self.device})"

    @classmethod
    def load(cls, name: str | None = None, device: str | None = None, dtype=None) -> "LanguageModel":
        """Load a model of the catalogue or a folder; `runtime` chooses device and dtype if not given.

        One of the catalogue that is in use already and unchanged lends its weights, so that memory holds them once.
        Where COURSE_API_BASE is set, the default is a RemoteModel, which answers and does little else.
        """
        name = name or catalogue.default()
        if endpoint.wanted() and name == catalogue.default():
            return remote_model.connect()
        runtime.set_threads()
        spec, usual = catalogue.find(name), device is None and dtype is None
        device = device or runtime.device().value
        dtype = dtype or runtime.dtype(device).value
        kept = _as_loaded.get(name)
        model = kept.copy(device, dtype) if kept and not spec.folder else None  # files in a folder may be new ones
        if model is None:
            model, tokenizer = catalogue.load(name, device, dtype)
            kept = again.AsLoaded(model)
        else:
            tokenizer = catalogue.load_tokenizer(name)
        lm = cls(model, tokenizer, spec.name)
        lm.as_loaded = kept  # as long as one of the models with these weights lives
        if usual:
            _in_use[name], _as_loaded[name] = lm, kept
        return lm

    @classmethod
    def shared(cls, name: str | None = None) -> "LanguageModel":
        """Return the model of this name that is still in use, so that memory holds it once; else load it."""
        name = name or catalogue.default()
        if endpoint.wanted() and name == catalogue.default():
            return remote_model.connect()
        return _in_use.get(name) or cls.load(name)

    def render(self, prompt: "str | Messages", system: str | None = None) -> str:
        """Return the text that the model reads for a prompt, up to where its answer starts.

        If the last message is the assistant's, the model goes on with that message instead of starting a new one.
        """
        messages = as_messages(prompt, system)
        going_on = messages[-1]["role"] == "assistant"
        return self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=not going_on, continue_final_message=going_on
        )

    def render_turns(self, messages: Messages) -> str:
        """Return the text of finished turns alone, without the place where an answer would start."""
        return self.tokenizer.apply_chat_template(as_messages(messages), tokenize=False, add_generation_prompt=False)

    def inspect(self, prompt: "str | Messages", system: str | None = None) -> ModelInput:
        """Return exactly the text and the tokens that the model receives for a prompt."""
        text = self.render(prompt, system)
        token_ids = self.encode(text)
        return ModelInput(text, token_ids, [self.tokenizer.decode([token]) for token in token_ids])

    def count_tokens(self, text: "str | Messages") -> int:
        """Return the number of tokens: of a plain text as it stands, or of messages as rendered for the model."""
        return len(self.encode(text if isinstance(text, str) else self.render(text)))

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a plain text as it stands."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _encode_prompts(self, prompts: Sequence, room: int) -> list[list[int]]:
        """Token ids of each prompt; raises ValueError where one has no room for `room` more."""
        return packing.fit([self.encode(self.render(prompt)) for prompt in prompts], self._limit, room)[0]

    def _cut_to_fit(self, encoded: list, room: int, beside: Sequence[int] = ()) -> tuple[list, tuple[int, ...]]:
        """Prompts, cut in their middle where they are too long, and which; a line says so."""
        kept, cut = packing.fit(encoded, self._limit, room, beside, cut=True)
        if cut:
            which = ", ".join(map(str, cut[:5])) + (" …" if len(cut) > 5 else "")
            print(f"{len(cut)} of {len(kept)} prompts cut in their middle to the model's {self._limit} tokens: {which}")
        return kept, cut

    @property
    def writes_by(self) -> str:
        """What writes answers: the course's own decoder, or transformers' with the reason why."""
        obstacle = lean.obstacle(self.model)
        return f"transformers' generate, since {obstacle}" if obstacle else "the course's lean decoder"

    def chat(self, prompt: "str | Messages", system: str | None = None, **options) -> str:
        """Return the model's answer to one prompt, as text. Options are those of `generate`."""
        return self.generate([as_messages(prompt, system)], progress=False, **options).texts[0]

    def generate(
        self,
        prompts: Sequence["str | Messages"],
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        top_p: float = 1.0,
        seed: int = 0,
        batch_size: int = 32,
        progress: bool = True,
        logits_processor: Callable[[int, int], LogitsProcessor] | None = None,
        slowly: bool = False,
    ) -> Generation:
        """Let the model answer each prompt.

        Args:
            temperature: 0 takes the likeliest token each time; above 0 samples, and more evenly the higher it is.
            top_p: when sampling, keep the likeliest tokens that hold this share of the probability.
            seed: makes sampling repeatable on one machine; the global random state is left as it was.
            batch_size: the most prompts decoded side by side; long prompts take smaller batches.
            logits_processor: called for each batch with its number of rows and the width of its padded prompts; returns
                what changes the scores before each token is chosen.
            slowly: let transformers' own `generate` write, the reference for the course's decoder; see `writes_by`.

        Returns:
            Generation, in the order of `prompts`. `finished[i]` is False where the answer was cut at max_new_tokens.

        Raises:
            ValueError: a setting is out of range, or a prompt is too long for the model.
        """
        if temperature < 0 or not 0 < top_p <= 1 or max_new_tokens < 1 or batch_size < 1:
            raise ValueError("use temperature >= 0, 0 < top_p <= 1, max_new_tokens >= 1 and batch_size >= 1")
        started = time.perf_counter()
        encoded = self._encode_prompts(prompts, room=max_new_tokens)
        answers: list[list[int]] = [[] for _ in encoded]
        settings = {"max_new_tokens": max_new_tokens, "do_sample": temperature > 0, "prefill_chunk_size": READ_AT_ONCE}
        if temperature > 0:
            settings |= {"temperature": temperature, "top_p": top_p, "top_k": 0}
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []), torch.inference_mode():
            torch.manual_seed(seed)
            slowly = slowly or lean.obstacle(self.model) is not None
            ends = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
            write = self._generate_batch if slowly else decoding.Writer(self.model, *ends).write
            batches = list(packing.batches(encoded, batch_size, max_new_tokens))
            for batch in tqdm(batches, desc="generate", disable=not progress or len(batches) < 3, leave=False):
                made = write([encoded[i] for i in batch], settings, logits_processor)
                for i, new in zip(batch, made, strict=True):
                    answers[i] = new
        runtime.release_memory()
        eos = self.tokenizer.eos_token_id
        return Generation(
            texts=[self.tokenizer.decode(ids, skip_special_tokens=True).strip() for ids in answers],
            token_ids=answers,
            prompt_tokens=[len(ids) for ids in encoded],
            new_tokens=[len(ids) for ids in answers],
            finished=[bool(ids) and ids[-1] == eos for ids in answers],
            seconds=time.perf_counter() - started,
        )

    def _generate_batch(self, rows: list[list[int]], settings: dict, make_processor) -> list[list[int]]:
        """New token ids for each row, up to and including the end token; rows are padded on the left."""
        eos, pad, width = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id, max(map(len, rows))
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=self.device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=self.device)
        if make_processor:
            settings = settings | {"logits_processor": LogitsProcessorList([make_processor(len(rows), width)])}
        out = self.model.generate(input_ids=ids, attention_mask=mask, pad_token_id=pad, eos_token_id=eos, **settings)
        new = out[:, width:].tolist()
        return [row[: row.index(eos) + 1] if eos in row else row for row in new]

    def score(
        self,
        prompts: Sequence["str | Messages"],
        labels: Sequence[str],
        end_of_turn: bool = True,
        progress: bool = True,
        row_tokens: int = scoring.ROW_TOKENS,
        share_start: bool = True,
    ) -> scoring.LabelScores:
        """Weigh each label as the whole answer to each prompt, by its log-probability.

        Args:
            prompts: n strings or message lists. What all share at their start is read by the model once. One that is
                longer than the model holds is cut in its middle, as in tuning; a line and `cut` of the result tell.
            labels: m texts, each of at least one token.
            end_of_turn: count the end-of-turn token as part of the label, so that "refund" is not favored over
                "refund_request" for being shorter.
            row_tokens: about how many tokens one forward pass reads; more is not faster on a CPU and takes more memory.
            share_start: False reads for every prompt what all share at their start, to see what that costs.

        Returns:
            LabelScores: log_probs of shape (n, m), natural logarithms, summed over the label's tokens; and more.

        Raises:
            ValueError: no labels, an empty or repeated label, or one that leaves no room for a prompt.
        """
        labels = list(labels)
        label_ids = self._encode_labels(labels, end_of_turn)
        encoded = [self.encode(self.render(prompt)) for prompt in prompts]
        encoded, cut = self._cut_to_fit(encoded, max(map(len, label_ids)))
        scores = scoring.score_packed(self.model, encoded, labels, label_ids, row_tokens, progress, share_start)
        runtime.release_memory()
        return replace(scores, cut=cut)

    def score_reusing(
        self,
        prompts: reuse.Prompts,
        labels: Sequence[str],
        end_of_turn: bool = True,
        progress: bool = True,
    ) -> scoring.LabelScores:
        """Weigh each label after prompts whose examples do not see each other, each example read once: see reuse.

        Args are those of `score`, except that prompts come in pieces (`FewShotPrompt.in_pieces` makes them).
        """
        labels = list(labels)
        label_ids = self._encode_labels(labels, end_of_turn)
        beside = [length - len(tail) for length, tail in zip(prompts.lengths, prompts.tails, strict=True)]
        tails, cut = self._cut_to_fit(prompts.tails, max(map(len, label_ids)), beside)
        scores = reuse.score(self.model, replace(prompts, tails=tails), labels, label_ids, progress=progress)
        runtime.release_memory()
        return replace(scores, cut=cut)

    def _encode_labels(self, labels: Sequence[str], end_of_turn: bool) -> list[list[int]]:
        """Token ids of each label; raises ValueError for none, an empty or a repeated one."""
        if not labels or len(set(labels)) != len(labels) or not all(isinstance(x, str) and x for x in labels):
            raise ValueError(f"labels must be different, non-empty texts; got {labels!r}")
        ends = [self.tokenizer.eos_token_id] if end_of_turn else []
        label_ids = [self.encode(label) + ends for label in labels]
        if [] in label_ids:
            raise ValueError(f"the label {labels[label_ids.index([])]!r} has no token that this model knows")
        return label_ids

    def next_token_probabilities(self, prompt: "str | Messages", top: int = 10) -> list[tuple[str, float]]:
        """Return the `top` likeliest next tokens after a prompt, as (text, probability), likeliest first."""
        ids = torch.tensor([self._encode_prompts([prompt], room=1)[0]], device=self.device)
        with torch.inference_mode():
            probabilities = self.model(ids, logits_to_keep=1).logits[0, -1].float().softmax(-1)
        values, tokens = (part.tolist() for part in probabilities.topk(top))
        return [(self.tokenizer.decode([token]), value) for token, value in zip(tokens, values, strict=True)]
