"""A random language model of two layers that reads bytes, and an embedder that hashes words: both real, both quick."""

import functools
import re
import zlib

import numpy as np


@functools.cache
def tiny_lm():
    """A LanguageModel with weights drawn at random, made in memory."""
    import tiny
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from helpers.model.language_model import LanguageModel

    words = tiny.vocabulary()
    merges = [tuple(merge.split()) for merge in tiny.MERGES]
    inner = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    inner.add_special_tokens(list(tiny.SPECIALS))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        padding_side="left",
        chat_template=tiny.CHAT_TEMPLATE,
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        eos_token_id=2,
        pad_token_id=2,
    )
    return LanguageModel(LlamaForCausalLM(config).eval(), tokenizer, "a tiny random model")


class WordEmbedder:
    """Hashes words into 64 numbers, so that texts with words in common lie near each other."""

    name, max_seq_length = "hashed words", 64

    def encode(self, texts, output_value="sentence_embedding", **options):
        tokens = [np.stack([_word(w) for w in re.findall(r"\w+", t.lower())] or [_word("")]) for t in texts]
        if output_value == "token_embeddings":
            return tokens
        rows = np.stack([one.sum(axis=0) for one in tokens])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def tokenizer(self, text, **options):
        return {"input_ids": [zlib.crc32(w.encode()) % 5000 for w in re.findall(r"\w+", text.lower())] or [0]}


@functools.cache
def _word(word):
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=64).astype(np.float32)
