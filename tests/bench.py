"""Measures what design budgets bound, prints a table, and writes results/bench.json. Run it with `make bench`.

All ways of scoring take the same items in one run, so that their ratio does not depend on what else the machine did.
Nothing here is a test: a slow machine is no defect.
"""

import json
import pathlib
import subprocess
import sys
import time

import bench_tuning
import numpy as np
import one_by_one

from helpers.machine import runtime
from helpers.methods import few_shot
from helpers.methods.retrieval import chunking, index, pipeline, scale
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.tasks import files, intents, policies

MESSAGES, EXAMPLES, SLOW_MESSAGES = 240, 24, 4
LABELS = intents.LABELS
SYSTEM = f"You sort customer messages into one of six labels: {', '.join(LABELS)}. Answer with the label only."


def prompts() -> list[list[dict]]:
    """Return 240 messages, each under the same 24 solved examples."""
    shots = files.balanced(intents.read("train"), EXAMPLES // len(LABELS))
    start = [{"role": "system", "content": SYSTEM}]
    for shot in shots:
        start += [{"role": "user", "content": shot.text}, {"role": "assistant", "content": shot.label}]
    return [[*start, {"role": "user", "content": message.text}] for message in intents.read("test")[:MESSAGES]]


def seconds(work) -> float:
    """Return how long `work` takes, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_scoring(lm: LanguageModel) -> dict:
    """Return messages per second for packed scoring, one pass per message and label, and batched generation."""
    rows = prompts()
    lm.score(rows[:4], LABELS, progress=False)  # warm up
    packed = min(seconds(lambda: lm.score(rows, LABELS, progress=False)) for _ in range(2))
    peak = runtime.peak_memory() / 1e9  # before the slow ways, which hold more
    encoded = lm._encode_prompts(rows[:SLOW_MESSAGES], room=10)
    label_ids = [[*lm.encode(label), lm.tokenizer.eos_token_id] for label in LABELS]
    one_pass = seconds(lambda: one_by_one.score(lm.model, encoded, label_ids)) / SLOW_MESSAGES * MESSAGES
    part = rows[:: MESSAGES // 48]
    longest = max(map(len, label_ids))
    options = {"max_new_tokens": longest, "progress": False}
    lean = seconds(lambda: lm.generate(part, **options)) / len(part) * MESSAGES
    written = seconds(lambda: lm.generate(part, slowly=True, **options)) / len(part) * MESSAGES
    return {
        "prompt tokens": lm.count_tokens(rows[0]),
        "packed, messages/s": MESSAGES / packed,
        "one pass per label, messages/s": MESSAGES / one_pass,
        "batched generate, messages/s": MESSAGES / written,
        "packed / one pass per label (budget 100)": one_pass / packed,
        "packed / batched generate (budget 15)": written / packed,
        "lean decoder, the same answers, messages/s": MESSAGES / lean,
        "lean decoder / batched generate, long shared start": written / lean,
        "peak memory up to packed scoring, GB": peak,
    }


def measure_few_shot(lm: LanguageModel) -> dict:
    """Return seconds per message against k, with the shared start read once and every time; and nearest neighbors."""
    train, test = intents.read("train"), intents.read("test")
    prompt = few_shot.FewShotPrompt({label: label for label in LABELS}, SYSTEM)
    found, each = {}, {}
    for k in (2, 8, 32):
        shown = [train[i] for i in few_shot.balanced_examples(train, k)]
        for shared, count in ((True, 60), (False, 12)):
            texts = [message.text for message in test[:count]]
            scores = prompt.score(lm, shown, texts, share_start=shared, progress=False)
            each[k, shared] = scores.seconds / count
            how = "shared start read once" if shared else "every prompt read whole"
            found[f"{k} examples, {how}, messages/s"] = count / scores.seconds
    for shared, how in ((True, "read once"), (False, "read whole")):
        found[f"seconds at 32 examples / at 2, {how}"] = each[32, shared] / each[2, shared]
    pool = [message for message in train if lm.count_tokens(message.text) <= 20]  # as lesson 03 does
    embedder = catalogue.load_embedder()
    vectors = [embedding.embed(embedder, [message.text for message in part]) for part in (pool, test)]
    rows = few_shot.common_first(few_shot.nearest_examples(*vectors, 8))
    nearest = [[pool[i] for i in row] for row in rows]
    scores = prompt.score(lm, nearest, [message.text for message in test], progress=False)
    found[f"{len(test)} messages, 8 nearest examples each, s (budget 90)"] = scores.seconds
    once = prompt.score(lm, nearest, [message.text for message in test], read_once=True, progress=False)
    found["the same, each example read once, s (budget 90)"] = once.seconds
    found["tokens of such a prompt"] = float(scores.prompt_tokens.mean())
    found["peak memory up to here, GB"] = runtime.peak_memory() / 1e9
    return found


def measure_speed(lm: LanguageModel) -> dict:
    """Return tokens per second when reading a long prompt, and when writing alone and side by side."""
    long = " ".join(message.text for message in intents.read("train")[:40])
    tokens = lm.count_tokens([{"role": "user", "content": long}])
    read = seconds(lambda: lm.next_token_probabilities(long))
    return {"prefill, tokens/s": tokens / read} | measure_writing(lm)


def measure_writing(lm: LanguageModel) -> dict:
    """Return tokens per second of the lean decoder and of transformers' generate, in turns: alone, and 32 at once."""
    messages = [message.text for message in intents.read("test")[:32]]
    ask = [{"role": "system", "content": "You answer customers of Larkfield, which sells home-energy hubs. Be brief."}]
    asked = [[*ask, {"role": "user", "content": text}] for text in messages]
    found = {"lean decoder made ready, s": seconds(lambda: lm.generate(asked[:1], 1, progress=False))}
    kinds = {  # prompts, batch size, options
        "alone": (asked[:4], 1, {}),
        "32 side by side": (asked, 32, {}),
        "32 side by side, sampled from one prompt": (["Tell a long story about rain."] * 32, 32, {"temperature": 1.0}),
    }
    for kind, (prompts, size, options) in kinds.items():
        options = {"max_new_tokens": 64, "batch_size": size, "progress": False, **options}
        made = [lm.generate(prompts, slowly=slowly, **options) for slowly in (False, True)]
        lean, slow = (sum(each.new_tokens) / each.seconds for each in made)
        same = sum(one == other for one, other in zip(made[0].token_ids, made[1].token_ids, strict=True))
        found[f"decode {kind}, tokens/s"] = lean
        found[f"decode {kind}, transformers' generate, tokens/s"] = slow
        found[f"decode {kind}, lean / transformers (budget 3)"] = lean / slow
        found[f"decode {kind}, answers that are the same, %"] = 100 * same / len(prompts)
    return found


def measure_retrieval() -> dict:
    """Return index build and query times at 1k, 10k and 100k chunks, and questions answered per second."""
    embedder = catalogue.load_embedder()
    lm = LanguageModel.shared()
    cut = chunking.Chunker(chunking.token_spans(lm.tokenizer))
    found: dict = {}
    documents = policies.load_policies()
    started = time.perf_counter()
    store = index.Index.build(documents, embedder, cut)
    found[f"index of {len(documents)} documents built, s"] = time.perf_counter() - started
    real = np.concatenate([entry.vectors for entry in store.entries.values()])
    queries = scale.many_vectors(real, 200, seed=9)
    for n in (1_000, 10_000, 100_000):
        vectors = scale.many_vectors(real, n)
        for kind in scale.KINDS:
            told = scale.measure(kind, vectors, queries)
            found[f"{kind} search, {n} chunks, built in s"] = told.build_seconds
            found[f"{kind} search, {n} chunks, memory MB"] = told.megabytes
            found[f"{kind} search, {n} chunks, p50 ms"] = 1000 * told.p50
            found[f"{kind} search, {n} chunks, p95 ms" + (" (budget 50)" if n == 100_000 else "")] = 1000 * told.p95
            found[f"{kind} search, {n} chunks, recall@10"] = told.recall
    asked = [question.question for question in policies.load_policy_questions("dev")[:16]]
    pipe = pipeline.Pipeline(store, lm).using(quotes=3, examples=False, max_new_tokens=20)
    pipe.ask(asked[:2])  # warm up
    found["search, rerank and quote, questions/s"] = len(asked) / seconds(
        lambda: [pipe.quoted(one) for one in pipe.retrieve(asked)]
    )
    found["end to end with an answer of 20 tokens, questions/s"] = len(asked) / seconds(lambda: pipe.ask(asked))
    return found


def cold_start() -> dict:
    """Return seconds from a fresh Python to the first answer, and that process's peak memory."""
    code = (
        "from helpers.model.language_model import LanguageModel; from helpers.machine import runtime;"
        "LanguageModel.load().chat('Hi', max_new_tokens=4); print(runtime.peak_memory())"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {
        "cold start to first answer, s": time.perf_counter() - started,
        "its peak memory, GB": int(done.stdout.split()[-1]) / 1e9,
    }


def main() -> None:
    """Measure, print, store."""
    machine = {what: detail for what, _, detail in runtime.report()}
    found = cold_start()
    lm = LanguageModel.load()
    found |= measure_few_shot(lm) | measure_scoring(lm) | measure_speed(lm) | measure_retrieval()
    del lm
    found |= bench_tuning.measure()
    for name, value in found.items():
        print(f"{name:60} {value:10.2f}")
    target = ledger.path().parent / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"machine": machine, "figures": found}, indent=1) + "\n")
    shown = target.relative_to(pathlib.Path.cwd()) if target.is_relative_to(pathlib.Path.cwd()) else target
    print(f"written to {shown}")


if __name__ == "__main__":
    main()
