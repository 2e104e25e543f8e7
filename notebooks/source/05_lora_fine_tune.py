# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # A small LoRA fine-tune: what moves into the weights?
#
# **After this lesson you can**
#
# - write a LoRA layer, and train with it in a loop you can read;
# - prepare a training set: what the loss sees, copies, leaks;
# - test a tuned model against prompts and a plain baseline;
# - say what a request costs before and after, and what a merge changes.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L5, L10, L11 and L12.

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# Now we change the model itself, a little.

# %%
from helpers.lesson import diagrams
from helpers.lesson.plots import frame

PAIRS, READ, LOSS = (
    "600 pairs:\nmessage, label",
    "model reads a pair:\nW frozen, A and B small",
    "loss: how surprised\nat the label?",
)
STEP, MERGED = "a step moves\nA and B alone", "merged:\none model again"
diagrams.flow(
    [[PAIRS, READ, LOSS], ["", STEP, MERGED]],
    [(PAIRS, READ), (READ, LOSS), (LOSS, STEP), (STEP, READ), (STEP, MERGED)],
    "Pairs of message and label are read by a model whose weights W are frozen, with small matrices A and B beside them. "
    "The loss says how surprising the label was; a step moves A and B alone, again and again. In the end they are merged.",
    {STEP: frame.ORANGE},
)

# %% [markdown]
# What the articles say, in our words; verdicts come at the end.

# %%
from helpers.results import claims

claims.show("05", "L5", "L10", "L11", "L12")

# %% [markdown]
# ## Two thin matrices
#
# A model is a stack of *blocks*, and a block is mostly *linear layers*: each multiplies what comes in by a matrix of
# weights, W.  [LoRA](../docs/glossary.md#lora) leaves W alone and puts two thin matrices beside it. **Predict:** how
# many numbers do A and B hold together, compared with W?

# %%
from helpers.lesson.plots import tuning as pictures
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
# one of the seven matrices of the top block
W = lm.model.model.layers[-1].self_attn.q_proj.weight.detach().float().cpu()
outputs, inputs = W.shape
pictures.thin_matrices(outputs, inputs, rank=8)

# %% [markdown]
# Drawn to scale. A takes the input *down* to 8 numbers (the *rank*), B takes these *up* again. The bet of
# [Hu et al. (2021)](https://arxiv.org/abs/2106.09685): what a new task needs is that simple.

# %% [markdown]
# ### Your turn 05.1
#
# (05.4, 05.6 and 05.8 are in the labs.) Write `lora(x, W, A, B, alpha)`: the frozen path, `x @ W.T`, plus `x` sent
# through A, then through B, times alpha / rank (alpha: how much the second path counts). Shapes: `x` n × inputs, `W`
# outputs × inputs, `A` rank × inputs, `B` outputs × rank. Use `+`, `*`, `/` and `@`, no numpy, no `float()`:
# torch must be able to follow your steps back.


# %%
#: solution
def lora(x, W, A, B, alpha):
    rank = len(A)
    return x @ W.T + alpha / rank * (x @ A.T) @ B.T


#: why Two thin products in place of one wide one: x @ A.T has only rank columns. Dividing by the rank keeps the update's
# size about the same when you change the rank.
#: stub
#| def lora(x, W, A, B, alpha):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("05.1", lora)

# %% [markdown]
# Does the library [peft](https://huggingface.co/docs/peft) make the same of the same numbers? From here on the lesson
# runs on *your* functions (the long training aside), or on the course's where the check is not content.

# %%
import torch
from helpers.methods.tuning import by_hand

generator = torch.Generator().manual_seed(0)
sizes = ((4, inputs), (8, inputs), (outputs, 8))
x, A, B = (torch.randn(*size, generator=generator, requires_grad=True) for size in sizes)
lora = yours("05.1", lora, by_hand.lora)
found = lora(x, W, A, B, 16)
to_peft = (by_hand.by_peft(x, W, A, B, alpha=16) - found).abs().max()
print(f"largest difference to peft: {to_peft:.1e}, in values up to {found.abs().max():.0f}")

# %% [markdown]
# Differences, here and below, are rounding. Because both paths are products, they can become one.
#
# ### Your turn 05.2
#
# Write `merged(W, A, B, alpha)`, in the same way: the single matrix that does what W, A and B do together. Then
# `x @ merged(…).T` is what `lora(x, …)` gives.


# %%
#: solution
def merged(W, A, B, alpha):
    return W + alpha / len(A) * (B @ A)


#: why x @ A.T @ B.T is x @ (B @ A).T, so the update is the matrix B @ A, outputs x inputs like W. Added once, it costs
# nothing more when the model answers.
#: stub
#| def merged(W, A, B, alpha):
#|     ...
#: end

check("05.2", merged)

# %%
merged = yours("05.2", merged, by_hand.merged)
to_two_paths = (x @ merged(W, A, B, 16).T - found).abs().max()
print(f"one matrix against two paths: they differ by at most {to_two_paths:.1e}")

# %% [markdown]
# ## Our recipe
#
# Ours was chosen on dev; the [lab on recipes](labs/05_recipes.ipynb) compares it with published ones. A *step* reads one
# *batch* of pairs; the *learning rate* says how far it moves A and B; an *epoch* is once through all pairs. Each block has
# seven linear layers; you need not know what each does.

# %%
from helpers.methods import tuning

recipe = tuning.RECIPE
count = sum(tuning.count_parameters(lm.model, recipe).values())
whole = sum(p.numel() for p in lm.model.parameters())
print(
    f"rank {recipe.rank}, alpha {recipe.alpha}, all seven linear layers in the top {recipe.layers} blocks"
)
print(
    f"learning rate {recipe.learning_rate}, batches of {recipe.batch_size}, {recipe.epochs} epochs"
)
print(f"{count:,} numbers are trained, {count / whole:.2%} of {whole:,}")

# %% [markdown]
# ## Prepare the data
#
# A pair is a prompt and its answer: here a message under four words of instruction, and its label. A tuned model needs no
# list of labels in its prompt and no examples.

# %%
from helpers.tasks import files, intents

task = intents.for_tuning()
train, dev, test = (intents.read(split) for split in ("train", "dev", "test"))
train = files.for_profile(train, fast=24)
dev, test = files.for_profile(dev, fast=12), files.for_profile(test, fast=24)
pairs = tuning.training_pairs(task, train)
prepared = tuning.prepare(lm, pairs, recipe)
example = prepared.examples[0]
print(lm.tokenizer.decode(example.prompt) + "|" + lm.tokenizer.decode(example.answer))

# %% [markdown]
# The model reads what stands before the bar and should learn what stands behind it, the end token too: else it does not
# learn to stop.

# %% [markdown]
# ### Your turn 05.3
#
# Above, the end token is already there; your function gets the answer without it, and adds it. Trainers mark what is learned
# by a list of *labels* (token ids here, not intents), one for each token; −100 means *nothing to learn here*. Write
# `labels(prompt_ids, answer_ids, end)` for a prompt, its answer, and the end token `end`.


# %%
#: solution
def labels(prompt_ids, answer_ids, end):
    return [-100] * len(prompt_ids) + [*answer_ids, end]


#: why With loss on the prompt the model would spend most of its training on learning to write customers' messages. The
# end token must carry loss, or answers never end.
#: stub
#| def labels(prompt_ids, answer_ids, end):
#|     ...
#: end

check("05.3", labels)

# %%
labels = yours("05.3", labels, by_hand.labels)
rows = by_hand.rows(prepared.examples, [message.text for message in train], labels)
tokens = [lm.tokenizer.decode([token]) for token in rows[0]["ids"]]
for token, label in list(zip(tokens, rows[0]["labels"]))[-8:]:
    print(f"{token!r:16} {'not learned' if label == -100 else 'learned'}")

# %% [markdown]
# ## Three bugs that no loss curve shows
#
# Each lets a run finish happily and spoils its result.

# %% [markdown]
# ### Your turn 05.5
#
# Each row has `text`, `ids`, `labels` and `prompt_tokens`, the *number* of tokens in its prompt. Write
# `faults(rows, test_texts, end)`: a dict of all three kinds → list of row positions from 0, maybe empty.
#
# - `loss on the prompt`: some label of the prompt is not −100;
# - `leaked test row`: its text is a test text (ignore case and extra spaces, inside too);
# - `wrong end token`: the last label is not `end`.


# %%
#: solution
def faults(rows, test_texts, end):
    def plain(text):
        return " ".join(text.lower().split())

    known = {plain(text) for text in test_texts}
    found = {"loss on the prompt": [], "leaked test row": [], "wrong end token": []}
    for i, row in enumerate(rows):
        if any(label != -100 for label in row["labels"][: row["prompt_tokens"]]):
            found["loss on the prompt"].append(i)
        if plain(row["text"]) in known:
            found["leaked test row"].append(i)
        if row["labels"][-1] != end:
            found["wrong end token"].append(i)
    return found


#: why None of the three stops a training run, and none shows in its loss curve. Look at the tokens before you train.
#: stub
#| def faults(rows, test_texts, end):
#|     ...
#: end

check("05.5", faults)

# %% [markdown]
# Now `faults` inspects our own training set. It compares letters; near copies in *meaning* take embeddings. What is not 0
# here has to be looked at before training.

# %%
from helpers.model import catalogue, embedding
from helpers.tasks import curation

end, known = lm.tokenizer.eos_token_id, [message.text for message in test]
faults = yours("05.5", faults, by_hand.faults)
print(by_hand.inspected(faults, rows, known, end))
embedder = catalogue.load_embedder()
texts = [message.text for message in train]
vectors, asked = (embedding.embed(embedder, part) for part in (texts, known))
print(len(curation.copies(texts, vectors)), "pairs of near copies in the training set")
leaked = curation.contamination(texts, known, vectors, asked)
print(len(leaked), "near copies between training and test set")

# %% [markdown]
# ## The loss
#
# The *loss* is the model's surprise at the answer: minus the log of the probability that it gave each token, averaged. It
# is counted in *nats*: 0 means sure and right; a token that was given even odds costs `log(2)`.

# %% [markdown]
# ### Your turn 05.7
#
# Write `answer_loss(log_probs, labels)`. `log_probs[i]` holds one number for each token of the vocabulary: how probable it
# is, as a logarithm, *after* token i. So the surprise at token i is `-log_probs[i - 1][labels[i]]`. Return its mean over the
# labels that are not −100; again no numpy, no `float()`.


# %%
#: solution
def answer_loss(log_probs, labels):
    learned = [i for i, label in enumerate(labels) if label != -100]
    return -sum(log_probs[i - 1][labels[i]] for i in learned) / len(learned)


#: why Row i - 1 is what the model expected before it saw token i. Without the shift it would be asked for a token that it
# is reading at that moment; with the prompt's labels in, it would learn to write prompts.
#: stub
#| def answer_loss(log_probs, labels):
#|     ...
#: end

check("05.7", answer_loss)

# %%
answer_loss = yours("05.7", answer_loss, by_hand.answer_loss)
vocabulary = lm.model.config.vocab_size
knows_nothing = torch.zeros(len(rows[0]["ids"]), vocabulary).log_softmax(-1)
print(
    f"if all {vocabulary:,} tokens were equally likely: {answer_loss(knows_nothing, rows[0]['labels']).item():.1f} nats"
)

# %% [markdown]
# ## Train, by hand
#
# Your `lora` in the layers, your `labels` in the rows, your loss. The *gradient* says for each number
# in A and B how the loss would change if that number grew; the optimizer moves all of them a little the other way.
#
# **Predict:** B starts at zero, so that training begins from the untouched model. On which of A and B is there a gradient
# in the first step?

# %%
model = by_hand.attach(lm, lora, recipe)
# AdamW: the usual optimizer, with a step size of its own for each number
optimizer = torch.optim.AdamW(by_hand.trained(model), lr=recipe.learning_rate)
for step in range(3):
    total = 0.0
    for row in rows[8 * step : 8 * step + 8]:
        # logits: a row of scores for each token read; log_softmax makes them log-probabilities
        logits = model(torch.tensor([row["ids"]], device=lm.device)).logits[0].float()
        loss = answer_loss(logits.log_softmax(-1), row["labels"]) / 8
        loss.backward()  # adds this message's gradient
        total += loss.item()
    on_a, on_b = by_hand.gradient_lengths(model)
    print(
        f"step {step + 1}: loss {total:.2f}; length of the gradient on A {on_a:.2f}, on B {on_b:.2f}"
    )
    optimizer.step()  # moves A and B a little
    optimizer.zero_grad()

# %% [markdown]
# Length 0: changing A changes nothing, for B multiplies what A makes, and B is zero. Once B has moved, A learns too.
# (Three steps are few, each on other messages: the loss may rise.)
#
# `tuning.train`, the course's code, starts afresh on shuffled pairs: its learning rate rises, then falls; long
# gradients are shortened. It looks at dev as it goes. To be quick, it learns from a quarter of the messages.
# **Predict:** where does the loss start and end, and does dev follow?

# %%
from dataclasses import replace

recipe = replace(recipe, dev_per_epoch=2)
quarter = files.balanced(train, -(-len(train) // 24))
quarter_pairs = tuning.training_pairs(task, quarter)
half_of_dev = tuning.training_pairs(task, files.for_profile(files.balanced(dev, 10), fast=12))
curve = pictures.LossCurve("Loss while the adapter trains")
run = tuning.train(lm, quarter_pairs, recipe, half_of_dev, on_step=curve, progress=False)
curve.finish()
print(
    f"{len(run.history.losses)} steps; kept: the adapter of step {run.history.best_step}, best on dev"
)

# %% tags=["machine"]
print(f"{run.seconds / 60:.1f} minutes, {run.tokens / run.seconds:.0f} tokens per second")

# %% [markdown]
# The steep fall (triangles: above the picture) is probably the six names being learned; the rest is *which* name. Where
# the training line falls and dev does not, the model learns its training set by heart
# ([overfitting](../docs/glossary.md#overfitting)).

# %% [markdown]
# ## Test, on equal labels
#
# Now yours on test. Beside it, the same training on all 600 messages. One run may be lucky, so the course did it with three
# *seeds*, each with another first A and another order of the messages: the rows marked *(reference)*.

# %%
from helpers.lesson import few_shot_parts, tuning_parts
from helpers.methods import rivals
from helpers.results import ledger

lab = ledger.Lab("intents", lm, labels=task.labels, noun="messages")
score, all_of_dev = tuning.label_scorer(task), tuning.training_pairs(task, dev)
asking = recipe, test, score
own_row = tuning_parts.of_run(lab, task, run, quarter_pairs, half_of_dev, *asking)
seeds = tuning_parts.seeds_of(lab, task, pairs, all_of_dev, *asking)

# %% [markdown]
# Now the rivals. Eight nearest examples in the prompt, and regression on sentence vectors
# ([MiniLM](../docs/glossary.md#minilm)), use the same 600 labels. *Nearest examples* won among lesson 03's 24 tries; of the
# prompts without any, dev chooses. **Predict** the order.

# %%
words = task.with_words(intents.NAMES, intents.SYSTEM)
nearest_row = rivals.nearest_in_prompt(lab, words, train, vectors, embedder, test)
plain_row = rivals.regression(lab, train, vectors, embedder, test)
best_prompt = few_shot_parts.liked_by_dev(lab, test)
best_nearest = lab.stored("few-shot, nearest examples", test)
if best_prompt is None:
    print("no stored row of lesson 02's best prompt for this model: run lesson 02 first")
others = [row for row in (best_prompt, best_nearest, nearest_row, plain_row) if row]

# %%
from helpers.lesson import plots

plots.methods([*others, own_row, *seeds], "Six intents: what each gets right")
gains = tuning_parts.gains(seeds or [own_row], others)

# %%
from helpers.lesson.said import said

print(
    said(
        gains[plain_row.method],
        above="Here the tuned model beats the regression.",
        below="Here a regression, fitted in seconds, beats the tuned model.",
        unclear="The tuned model is not shown to beat a regression that is fitted in seconds.",
        equal="Tuned model and regression differ by less than matters.",
    )
)

# %% [markdown]
# A hollow point is a reference row. How far the three seeds lie apart is luck that one run would hide; yours is one,
# with fewer labels and steps.
#
# ## And larger models?
#
# The same methods by model (*plain*: no language model), where the course has measured them; a dash where not.

# %%
from IPython.display import Markdown
from helpers.lesson import scales
from helpers.methods.wording import SHIPPED

tuned_on_all = f"LoRA, {len(train)} messages"
rows_of = [*(row.method for row in others), tuned_on_all, SHIPPED, "labeled by the guide"]
Markdown(scales.side_by_side("intents", rows_of))

# %% [markdown]
# The *shipped adapter* is the first of our three runs. *Large* is a hosted model that read the labeling guide alone; its
# kind wrote our messages, which may flatter it.
#
# ## What a request costs
#
# Tuned, requests get faster, say articles B and E (see L10 above); C's table says the same time. They may mean different
# things. So take the *same* prompt, untuned, with adapter, and merged. **Predict** the order.

# %% tags=["machine"]
from functools import partial

from helpers.results import timing

sample, merged_lm = known[:48], tuning.merge(run.lm)
short = {"untuned": lm, "with adapter": run.lm, "merged": merged_lm}
ways = {name: partial(score, model) for name, model in short.items()}
same = timing.taking_turns(ways, [sample[i : i + 2] for i in range(0, len(sample), 2)])
for way, values in same.items():
    ratio = timing.times_as_long(values, same["untuned"])
    print(f"{way:13} {values.mean() / 2:.3f} s a message; {ratio} times the untuned model's")

# %% [markdown]
# And the long prompt that tuning replaces. Fixed examples can be kept (a *cache*, here read once for four messages; for more it saves more);
# nearest ones are read anew. Both, with the same eight; below 1, the short prompt is faster:

# %% tags=["machine"]
from helpers.methods import few_shot

fixed = [train[i] for i in few_shot.balanced_examples(train, min(8, len(train)))]
long = few_shot.prompt_for(words)
ways = {
    "short prompt, merged": partial(score, merged_lm),
    "8 examples, read anew": partial(long.score, lm, fixed, share_start=False, progress=False),
    "8 examples, read once": partial(long.score, lm, fixed, progress=False),
}
fours = [sample[i : i + 4] for i in range(0, min(24, len(sample)), 4)]
longer = timing.taking_turns(ways, fours, warm_up=1)
after = longer["short prompt, merged"]
for way, values in longer.items():
    print(f"{way:22} {timing.times_as_long(after, values)}: merged, short over this")

# %%
asked = {
    "short prompt": tuning.prompts_of(task)(sample),
    "8 examples": long.prompts(fixed, sample),
}
for way, chats in asked.items():
    print(f"{way}: {sum(map(lm.count_tokens, chats)) / len(sample):.0f} tokens a message")

# %% [markdown]
# An adapter is a second path to compute; a merge removes it. What tuning can save is the *long prompt*, and less of it
# where a cache keeps it. Training is not in these numbers.
#
# ## Merge, export, read elsewhere
#
# Your `merged` worked on random numbers. Does the course's merge do the same to a trained layer?

# %%
layer, *matrices = by_hand.updated(run.lm)
theirs = merged_lm.model.get_submodule(layer).weight.float()
print(
    f"{layer}: yours and the merged weight differ by {(merged(*matrices) - theirs).abs().max():.1e}"
)

# %% [markdown]
# **Predict:** how far do the log-probabilities of 24 messages move? Here in two number formats, each also written as GGUF,
# the format of llama.cpp, and read by transformers' own reader.

# %%
place = tuning.save(run, ledger.path().parent / "my_adapter", note="lesson 05")
file = ledger.path().parent / "my_merged" / "merged.gguf"
moved = tuning_parts.merged_in(
    lm, place, file, lambda model: score(model, known[:24]).log_probs
)
if file.exists():
    print(f"merged.gguf: {file.stat().st_size / 1e6:.0f} MB")
print(f"adapter: {(place / 'adapter_model.safetensors').stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# With bfloat16's 8 binary digits, sums in another order come out otherwise, merged or not: compare models in *one* format,
# the one you serve. An adapter is small and shares its base; a merged model is a full copy: 2 bytes a number in this
# file, 4 in float32. Several GPUs, and serving:
# [training elsewhere](../docs/training_elsewhere.md).
#
# ### Playground
#
# Change rank, targets and layers: what does a recipe train? Without widgets, call
# `parameters_html(lm, rank, targets, layers)` from `widgets`.

# %%
from helpers.lesson.widgets import tuning as widgets

widgets.parameter_explorer(lm)

# %% [markdown]
# ## What we found
#
# L5 takes *percent* as points above the best prompt without examples (with examples: see above); the article names neither
# unit nor baseline. An interval that crosses an end of the claimed range decides nothing, however large the gain.

# %%
gain = tuning_parts.over_prompt(best_prompt, seeds)
claims.conclude("L5", {"gain": gain})
for points in gain:
    relative = points.interval.estimate / best_prompt.interval.estimate
    print(f"the same gain relative to that prompt: {relative:+.0%}")

# %%
claims.conclude("L11", tuning_parts.of_labels(seeds, own_row, nearest_row, best_nearest))
claims.conclude("L12", moved)

# %% tags=["machine"]
claims.conclude("L10", tuning_parts.of_seconds(same, longer, own_row))

# %% [markdown]
# ## Three things to remember
#
# 1. Tuning moves thin matrices beside frozen weights, by the loss on answers alone. Look at tokens, copies and leaks first.
# 2. Put the plain method, and the prompt with the same labels, beside the tuned model.
# 3. A tuned model saves the long prompt. It costs training, and training again.
#
# Go deeper: labs on [recipes, sizes and noise](labs/05_recipes.ipynb) and on [form and voice](labs/05_form.ipynb).
#
# {{next}}
