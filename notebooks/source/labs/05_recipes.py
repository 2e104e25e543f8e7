# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Which recipe, how many messages, how clean?
#
# **After this lesson you can**
#
# - read a published recipe in steps, and choose your own on dev;
# - set up a learning curve with several draws and seeds at each size;
# - compare few clean labels with many noisy ones, and say how far annotators agree beyond chance.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L1, L4, L8, L9 and
# L18. Long trainings come from [reference results](../../docs/glossary.md#reference-result).

# %%
#: setup

# %% [markdown]
# ## What is varied
#
# One task, lesson 01's: sort messages to [Larkfield](../../docs/glossary.md#larkfield) by six *intents*. One method,
# [LoRA](../../docs/glossary.md#lora), judged on [*dev*](../../docs/glossary.md#dev). Three things change: how it is trained, on
# how many messages, and how right their labels are.

# %%
from helpers.lesson import diagrams

RECIPE, SIZE, LABELS = (
    "recipe:\nrate, batch, steps",
    "messages:\n25 to 500",
    "labels:\nclean or noisy",
)
LORA, DEV = "LoRA on\nthe model", "right on\ndev messages"
diagrams.flow(
    [[RECIPE, SIZE, LABELS], ["", LORA, DEV]],
    [(RECIPE, LORA), (SIZE, LORA), (LABELS, LORA), (LORA, DEV)],
    "Recipe, number of messages and quality of labels each go into a LoRA training; its result is measured on dev.",
)

# %% [markdown]
# ## What runs here, and what is stored
#
# Three short trainings run here. All others come from the course's rows, for together they take over an hour. With
# another model they are missing: then each cell names what it leaves out, and the claims that need it get *not tested*.
# `COURSE_MISSING=1` trains what is missing.

# %%
from collections import Counter
from dataclasses import replace

import numpy as np

from helpers import statistics
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.lesson.plots import recipes as pictures
from helpers.lesson.said import said
from helpers.methods import few_shot, rivals, tuning
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger, ratings
from helpers.tasks import curation, files, intents

lm, task = LanguageModel.load(), intents.for_tuning()
everything, dev = intents.read("train"), files.for_profile(intents.read("dev"), fast=12)

# %%
lab = ledger.Lab("intents", lm, labels=task.labels, split="dev", noun="messages", show=False)
# 512 tokens side by side: the same steps, faster on a GPU
recipe, score = replace(tuning.RECIPE, row_tokens=512), tuning.label_scorer(task)
shared = {"prompts": tuning.prompts_of(task), "kept": tuning.Kept(), "runs": {}}


def tuned(name, draws, recipe, items=dev, **more):
    pairs = [tuning.training_pairs(task, draw) for draw in draws]
    return tuning.repeated(lab, name, pairs, recipe, items, score, **shared, **more)


def drawn(n, seed):
    return [everything[i] for i in few_shot.balanced_examples(everything, n, seed=seed)]


# %% [markdown]
# ## Choose on dev
#
# Three [learning rates](../../docs/glossary.md#learning-rate), 100 messages, trained here. The curve of each is its
# [loss](../../docs/glossary.md#loss) on half of dev, twice an epoch: the lower, the better.
# **Predict:** which rate ends lowest, and does any curve turn up again?

# %%
hundred = tuning.training_pairs(task, drawn(100, 0))
half = tuning.training_pairs(task, files.for_profile(files.balanced(dev, 10), fast=12))
curves = {}
for rate in (2e-4, 1e-3, 4e-3):
    how = replace(recipe, learning_rate=rate, dev_per_epoch=2)
    run = tuning.train(lm, hundred, how, half, progress=False, kept=shared["kept"])
    curves[f"rate {rate:g}"] = run.history.dev
pictures.losses(curves, "Three learning rates on 100 messages")

# %% [markdown]
# ### Your turn 05.6
#
# Write `pick(curves)`: it returns the pair (recipe, step) at which the loss is lowest, over all curves. `curves` is a
# dict: the name of a recipe → its curve, a list of (step, loss on dev). Of equal losses take the earlier step. Where a
# training broke down, a loss is `nan`, not a number (`math.isnan` tells): leave such points out.


# %%
import math


#: solution
def pick(curves):
    points = [
        (loss, step, name)
        for name, curve in curves.items()
        for step, loss in curve
        if not math.isnan(loss)
    ]
    _, step, name = min(points)
    return name, step


#: why The last point of a curve is not its best: after the turn the adapter learns the training set by heart. min()
# compares losses first and, where two are equal, steps; nan must go before, since it compares with nothing.
#: stub
#| def pick(curves):
#|     ...
#: end

check("05.6", pick)

# %%
from helpers.methods.tuning import by_hand

pick = yours("05.6", pick, by_hand.pick)
print("chosen on dev:", *pick(curves))

# %% [markdown]
# The line ends with the step at which that curve was lowest. Where a curve turns up again after that, its training should
# have stopped there. This choice is an exercise: three rates, one draw of 100 messages. What follows keeps lesson 05's rate,
# 0.002, chosen on the same dev set earlier: our stored rows were trained with it, and a rate chosen on few messages need not
# be the best for many.

# %% [markdown]
# ## Published recipes
#
# Articles B, "A Practical Comparison Guide for LLM Teams", and C, "Which Is Right?", print recipes: rank 8; q and v alone,
# two of the seven layers in a block; rate 2e-4 with batches of 64 (B), or 1e-4 with batches of 8 (C); three epochs. They speak
# of a thousand examples and more. Count what that means in *steps*, the only moments at which anything is learned.

# %%
STEPS_OF_1000 = 3 * -(-1000 // 64)  # three epochs in batches of 64
theirs = {
    "article B": replace(tuning.ARTICLE_B, row_tokens=1024),
    "article C": replace(tuning.ARTICLE_C, row_tokens=512),
}
recipes = {"ours": recipe, **{f"{name}, as given": how for name, how in theirs.items()}}
more_steps = theirs["article B"].for_steps(STEPS_OF_1000, len(everything))
recipes["article B, the steps of 1,000"] = more_steps
for name, how in recipes.items():
    steps = how.epochs * -(-len(everything) // how.batch_size)
    print(f"{name}: {steps} steps on {len(everything)} messages, rate {how.learning_rate:g}")

# %% [markdown]
# B's recipe gets a second chance, with about as many steps as 1,000 messages would make. The last line is the
# share right of one label for all, without reading anything. **Predict:** which comes near ours?

# %%
by_recipe = {}
for name, how in recipes.items():
    called = f"LoRA, 600 messages, {name}"
    kept = [called + seed for seed in ("", ", seed 1", ", seed 2")]
    if lab.affords(called, kept, dev, minutes_each=4, fast=False):
        by_recipe[name] = tuned(called, [everything], how)
for name, rows in by_recipe.items():
    share = statistics.runs_interval([row.correct for row in rows])
    print(f"{name:32} {share}; seeds {[round(row.interval.estimate, 2) for row in rows]}")
print(f"one label for all would be right in {1 / len(task.labels):.2f}")

# %% [markdown]
# On the course's rows both, as printed, stay far below ours, nearer to one label for all, and the steps of 1,000 messages do
# not help B's. C took as many steps as ours, so their number alone does not explain the gap: it differs in rate *and* in which
# layers it trains, and this table cannot say which costs more. Ours was chosen on this dev set, the others were not, which
# favors ours.

# %% [markdown]
# ## How many messages?
#
# Five draws at each size, each trained with a seed of its own. Every one gets about 188 steps, so that a small set is
# not also a short training. Beside it, from the same draws: regression, and at 50 and 500 the eight nearest examples in
# the prompt. **Predict:** at which sizes is tuning ahead of regression? And of showing eight examples?

# %%
SIZES, SHOWN, DRAWS, STEPS = (25, 50, 100, 500), (50, 500), range(5), 188
sets = {n: [drawn(n, seed) for seed in DRAWS] for n in SIZES}


def runs_of(name, draws, items=dev, **more):
    how, called = recipe.for_steps(STEPS, len(draws[0])), f"{name}, {STEPS} steps"
    kept = [f"{called}, draw {number + 1}" for number in range(len(draws))]
    if items is dev and not lab.affords(called, kept, dev, minutes_each=2, fast=False):
        return []
    return tuned(called, draws, how, items, seeds=None, **more)


grid = {n: runs_of(f"LoRA, {n} messages", sets[n]) for n in SIZES}

# %%
embedder = catalogue.load_embedder()
texts = [m.text for m in everything]
vector_of = dict(zip([m.id for m in everything], embedding.embed(embedder, texts)))
words = task.with_words(intents.NAMES, intents.SYSTEM)


def each_draw(n, method, *first):
    return [
        method(
            lab, *first, some, np.array([vector_of[m.id] for m in some]), embedder, dev, name
        )
        for some, name in zip(sets[n], (f", draw {number + 1}" for number in DRAWS))
    ]


fitted = {n: each_draw(n, rivals.regression) for n in SIZES}
near = {n: each_draw(n, rivals.nearest_in_prompt, words) for n in SHOWN if grid[n]}


# %%
def share_of(rows):
    return statistics.runs_interval([row.correct for row in rows])


both = {"LoRA": grid, "regression": fitted, "nearest in the prompt": near}
shares = {
    method: [(n, share_of(rows)) for n, rows in cells.items() if rows]
    for method, cells in both.items()
}
pictures.by_labels(shares, f"{len(dev)} dev messages")

# %%
for n, name, cells in [(n, name, both[name]) for n in SIZES for name in list(both)[1:]]:
    if grid[n] and cells.get(n):
        gain = statistics.runs_interval(*([row.correct for row in x[n]] for x in (cells, grid)))
        better = said(
            gain,
            above="ahead",
            below="behind",
            unclear="too close to call",
            equal="no difference that matters",
        )
        print(f"{n} messages, tuned minus {name}: {gain}: {better}")
if not any(grid.values()):
    print("nothing to compare: no training of the curve is kept, see above")

# %% [markdown]
# An interval here covers messages, draws and, for tuning, seeds. On the course's rows tuning is ahead of showing the eight
# nearest of its examples, at both sizes measured. Against regression nothing is settled at any size. (Our recipe was chosen on
# this dev set, which favors tuning a little; the rivals had one try.)

# %% [markdown]
# ## Learned by heart?
#
# [Overfitting](../../docs/glossary.md#overfitting) shows as a gap: right on messages trained on, minus right on dev. All
# sets take about the same number of steps; at 25 messages each is then seen some 60 times, at 500 three times, which is part
# of being few. The next cell asks each draw at most 60 of its own messages, other ones in each draw.
# **Predict:** at 25 or at 500, where is the gap larger?

# %%
learned, known = {}, {}
for n in (25, 500):
    if grid[n]:
        own = {number + 1: sets[n][number][:60] for number in DRAWS}
        learned[n] = runs_of(f"LoRA, {n} messages", sets[n], own, split="train")
for n, rows in learned.items():
    hits = [hit for row in rows for hit in row.correct]
    on_train, on_dev = statistics.wilson_interval(sum(hits), len(hits)), share_of(grid[n])
    known[n] = on_train
    gap = statistics.difference_of_intervals(on_dev, on_train)
    print(f"{n} messages: trained on {on_train}, dev {on_dev}, gap {gap}")
if len(known) < 2:
    print("nothing to compare: a gap takes trainings at 25 and at 500 messages, see above")

# %% [markdown]
# ## Few clean or many noisy?
#
# Three in ten of 250 labels are made wrong on purpose. That leaves more right ones than 100 clean messages hold, and wrong
# ones beside them. **Predict:** which teach more? Again five draws, and about 188 steps each.

# %%
WRONG = 0.3
more_messages = [drawn(250, seed) for seed in DRAWS]
spoiled = [
    curation.with_wrong_labels(some, WRONG, task.labels, seed)
    for seed, some in enumerate(more_messages)
]
noisy = runs_of(f"LoRA, 250 messages, {WRONG:.0%} wrong", spoiled)

# %%
if noisy and grid[100]:
    some, few = ([row.correct for row in rows] for rows in (noisy, grid[100]))
    ahead = statistics.runs_interval(some, few)
    print(
        f"250 noisy {share_of(noisy)}; 100 clean {share_of(grid[100])}; clean minus noisy {ahead}"
    )
    print(
        said(
            ahead,
            above="Few clean ones are ahead: {found}.",
            below="Many noisy ones are ahead: {found}.",
            unclear="Too close to call: {found}.",
            equal="No difference that matters: {found}.",
        )
    )
else:
    print("nothing to compare: one side is not trained, see above")

# %% [markdown]
# ## How far do annotators agree?
#
# Wrong labels often come from raters who see things differently. How often two agree says little where one label is frequent;
# [kappa](../../docs/glossary.md#kappa) takes out what chance would give.
#
# ### Your turn 05.4
#
# Write `kappa(first, second)`: Cohen's kappa of two lists of labels, (agreement − chance) / (1 − chance). Agreement by
# chance is, summed over labels, the label's share in the first list times its share in the second. If that is 1, return 1.


# %%
#: solution
def kappa(first, second):
    n = len(first)
    agreement = sum(a == b for a, b in zip(first, second)) / n
    chance = sum(
        first.count(label) / n * second.count(label) / n for label in {*first, *second}
    )
    return 1.0 if chance == 1 else (agreement - chance) / (1 - chance)


#: why If two annotators threw dice, they would still agree now and then. Kappa asks how much of the rest they got.
#: stub
#| def kappa(first, second):
#|     ...
#: end

check("05.4", kappa)

# %% [markdown]
# Two sets. In the first, two raters each chose the better of two replies, for 24 customers (both are roles of one
# language model, says the [datasheet](../../data/ratings/DATASHEET.md)). In the second, a language model labeled about
# 400 of our messages without the guide, which is compared with their final labels.

# %%
one, two = ratings.in_step(ratings.shipped())
kappa = yours("05.4", kappa, curation.kappa)
alone = [row for row in files.read_agreement("intents") if row["without_guide"]]
right, unguided = ([row[key] for row in alone] for key in ("final", "without_guide"))


def agreed(name, first, second):
    share = statistics.accuracy(first, second)
    print(f"{name}: agreement {share:.2f}, kappa {float(np.mean(kappa(first, second))):.2f}")


agreed("which reply is better", one, two)
agreed("intents, with and without the guide", right, unguided)
for number, votes in enumerate((one, two), start=1):
    print(f"rater {number}:", dict(Counter(votes).most_common()))

# %% [markdown]
# The raters agree often, because both mostly choose the same kind of reply, as the counts show: much of that would
# happen by chance. On the intents agreement and kappa are nearly equal: so near to one, little is left for chance to explain,
# and six even labels leave it little room. Where two raters disagree, no model can be right by both. Know that ceiling before
# you train.
#
# ### Playground
#
# Change the share of wrong labels. How do agreement and kappa fall? And with `labels = task.labels[:2]`?

# %%
share, labels = 0.3, task.labels
right = [message for message in everything if message.label in labels]
wrong = curation.with_wrong_labels(right, share, labels, seed=1)
agreed(f"{share:.0%} wrong", [m.label for m in right], [m.label for m in wrong])

# %% [markdown]
# ## What we found
#
# L1 asks of each published recipe whether it comes within three points of ours, under two conditions: as printed, and
# B's with as many steps as 1,000 messages would make. Its verdict speaks of these two where they were measured: not of 1,000
# real messages, of C with more steps, or of a larger model.

# %%
ours = by_recipe.get("ours")
against_ours = {
    name: evidence.over_runs(ours, rows, note=name)
    for name, rows in by_recipe.items()
    if ours and rows is not ours
}
found = {"as given": [], "with its steps": []}
for name, change in against_ours.items():
    found["as given" if "as given" in name else "with its steps"].append(change)
verdict = claims.conclude("L1", found)
untested = [p["condition"] for p in verdict.parts if p["outcome"] == evidence.MISSING]
print("\nconditions of the rule that were not measured:", "; ".join(untested) or "none")

# %% [markdown]
# L4 asks two things: is tuning ahead of showing at 50 messages, and ahead of both rivals at 500? L9 asks whether 100 clean
# messages beat 250 with three in ten wrong. On the course's rows tuning is ahead of showing; against regression, and of clean
# against noisy, it is *too close to call*: the intervals reach to both sides of zero.
#
# L18 is a demonstration of kappa and could hardly fail.

# %%
start = evidence.over_runs(near[50], grid[50]) if grid[50] else ()
at_500 = [evidence.over_runs(cells[500], grid[500]) for cells in (near, fitted) if grid[500]]
claims.conclude("L4", {"start": start, "worth it": at_500})

# %% [markdown]
# L8 asks whether the gap is larger at 25 than at 500 by more than a tenth, with its whole interval. Both sizes are asked the
# same dev messages, so that part is paired. (The course's first version of this cell took each draw's own messages for the same
# ones in all draws. That made the interval wider than it is, and L8 read *too close to call*.)

# %%
gap = ()
if len(known) == 2:
    behind = [row for n in known for row in (*learned[n], *grid[n])]
    lost = statistics.runs_interval(*([row.correct for row in grid[n]] for n in known))
    less_known = statistics.difference_of_intervals(known[25], known[500])
    overfit = statistics.difference_of_intervals(less_known, lost)
    gap = evidence.number(overfit, n=25 * len(DRAWS), of=behind)
claims.conclude("L8", {"gap": gap})
clean = evidence.over_runs(noisy, grid[100]) if noisy and grid[100] else ()
claims.conclude("L9", {"clean": clean})
differ = statistics.accuracy(one, two) - curation.kappa(one, two)
claims.conclude("L18", {"beyond chance": evidence.number(differ, n=len(one))})

# %% [markdown]
# ## Three things to remember
#
# 1. Before you copy a recipe, compare its steps, rate and layers with yours, and let dev choose.
# 2. One draw and one seed are one story. Draw again before you believe a curve, with equal steps at each size.
# 3. Agreement flatters; kappa takes out the chance.
#
# {{next}}
