# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Does the order of the examples matter?
#
# **After this lesson you can**
#
# - see what the last example does to an answer, and what the most frequent label does;
# - tell a real spread of several measurements from chance, by Cochran's Q;
# - let a model read each example once, so that no order is left.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** F6: which examples are shown,
# and in which order, matters.

# %%
#: setup

# %% [markdown]
# The task is lesson 01's: sort messages to [Larkfield](../../docs/glossary.md#larkfield) under six labels. The prompt is lesson
# 03's: a few solved messages, then the new one, each followed by "What kind of message is this?" The answer begins with "This
# is", and [everyday words](../../docs/glossary.md#label-words) follow, such as "a refund request": the likeliest win.

# %%
import numpy as np

from helpers import statistics
from helpers.lesson import plots
from helpers.lesson.said import said
from helpers.methods import few_labels, few_shot, prompt_cost
from helpers.model import packing
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger
from helpers.tasks import files, intents

RERUN = False
LABELS = intents.LABELS
lm = LanguageModel.load()
lab = ledger.Lab("intents", lm, labels=LABELS, noun="messages", rerun=RERUN)

# %%
train, dev, test = (intents.read(split) for split in ("train", "dev", "test"))
test = files.for_profile(test, fast=24)
some = files.balanced(files.for_profile(dev, fast=12), 6)  # of dev, six a label
texts, wanted = [m.text for m in some], [m.label for m in some]
pool = prompt_cost.short(train, lm.count_tokens)
neutral = few_shot.random_words([m.text for m in train], 8)
words = {label: f" {spoken}" for label, spoken in intents.WORDS.items()}
prompt = few_shot.FewShotPrompt(
    words, template="{text}\n\nWhat kind of message is this?", start="This is"
)

# %% [markdown]
# ## Who stands last?
#
# Six examples, one per label, in six orders: each label stands last once. Three *draws*, each of six other messages, so that no
# single example decides. Every answer is kept twice: as it was scored, and with the prompt's own leaning taken away
# ([calibrated](../../docs/glossary.md#calibration)), for later. **Predict:** does a label get more predictions where it stands
# last?

# %%
runs = {}
for draw in range(3):
    six = few_labels.draw(pool, 6, seed=draw)
    for turn in range(6):
        order = six[turn:] + six[:turn]
        scores = prompt.score(lm, order, [*texts, *neutral], progress=False)
        runs[draw, order[-1].label] = scores.log_probs

# %%
plain, repaired = {}, {}
for key, log_probs in runs.items():
    own, empty = log_probs[: len(texts)], log_probs[len(texts) :]
    for kept, values in ((plain, own), (repaired, few_shot.calibrate(own, empty))):
        kept[key] = [LABELS[i] for i in values.argmax(axis=1)]

# %%
from collections import Counter

predicted = {last: Counter() for last in LABELS}
for (_, last), labels in plain.items():
    predicted[last].update(labels)
table = np.array([[counts[label] for label in LABELS] for counts in predicted.values()])

# %%
told = [
    f"with {last} last: " + ", ".join(f"{label} {n}" for label, n in counts.most_common())
    for last, counts in predicted.items()
]
plots.counts(
    table,
    [f"{label} last" for label in LABELS],
    LABELS,
    "What is predicted, by who stands last",
    ("predicted (messages, three draws)", "order of the examples"),
    f"how often each label is predicted, where it is at all; {'; '.join(told)}.",
)

# %%
elsewhere = [np.delete(table[:, i], i).mean() for i in range(len(LABELS))]
print(f"predicted, of {3 * len(texts)} times:")
for label, last, other in zip(LABELS, table.diagonal(), elsewhere):
    print(f"{label:18} {last:3} when it stands last, {other:5.1f} on average elsewhere")
gain = sum(last > other for last, other in zip(table.diagonal(), elsewhere))
print(f"labels that gain by standing last: {gain} of {len(LABELS)}")

# %% [markdown]
# This is [recency bias](../../docs/glossary.md#recency-bias): read the diagonal of the picture, where a label stands
# last itself, against the rest of its column. But the last place is not all: which label is said much whoever stands
# last? And where is `other` said most?

# %% [markdown]
# The other leaning is towards the [most frequent label](../../docs/glossary.md#majority-bias). Put six more
# complaints in front of each draw, and count. A longer prompt might do something by itself, so count with six others
# in front, too: one of each label, so that all labels stay equally frequent. *Alone*: the six of the draw, with
# nothing in front.

# %%
for draw in range(3):
    six = few_labels.draw(pool, 6, seed=draw)
    rest = [m for m in pool if m not in six]
    complaints = [m for m in rest if m.label == "complaint"][:6]
    mixed = [next(m for m in rest if m.label == label) for label in LABELS]
    told = [f"alone {plain[draw, six[-1].label].count('complaint')}"]
    for name, more in {"six complaints": complaints, "one more of each": mixed}.items():
        found = prompt.score(lm, [*more, *six], texts, progress=False).predictions
        told.append(f"after {name} {found.count('complaint')}")
    print(f"draw {draw + 1}, complaint predicted, of {len(texts)}:", ", ".join(told))

# %% [markdown]
# Is `complaint` said more after six complaints, in every draw, and not after one more of each? Then the label does it,
# not the length.

# %% [markdown]
# ## More than chance?
#
# Six orders give six accuracies. They would differ even if no order were better: some messages flip for no reason. Two
# measurements of the same messages are compared by McNemar's test; for more there is
# [Cochran's Q](../../docs/glossary.md#cochrans-q). It sets how unevenly the *measurements* fare against how many *messages* they
# disagree about at all.

# %% [markdown]
# ### Your turn 03.7
#
# Write `cochran_q(hits)`: k rows (measurements) of n ones and zeros (messages). With the row sums R and the column sums
# C: Q = (k − 1) · (k · ΣR² − (ΣR)²) / (k · ΣC − ΣC²). Where the denominator is 0, no message was ever judged differently:
# return 0. Your function is used below.


# %%
#: solution
def cochran_q(hits):
    table = np.array(hits, dtype=float)
    k = len(table)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    below = k * columns.sum() - (columns**2).sum()
    if below == 0:
        return 0.0
    return (k - 1) * (k * (rows**2).sum() - rows.sum() ** 2) / below


#: why A message that all orders get right, or all get wrong, adds nothing below the line or above it; what counts is how
# unevenly the others fall on the rows, against how they would fall if each row had the same chance.
#: stub
#| def cochran_q(hits):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("03.7", cochran_q)

# %% [markdown]
# If all orders are equally good, large values of Q are rare, and how rare is known (a chi-squared law with k − 1 degrees of
# freedom). So Q gives a [p-value](../../docs/glossary.md#p-value): how often chance alone would reach it. Accuracy of the worst
# and of the best order, with Q, draw by draw:

# %%
from scipy import stats

find_q = yours("03.7", cochran_q, lambda hits: statistics.spread(hits).q)
for name, answers in {"as scored": plain, "calibrated": repaired}.items():
    heights = []
    for draw in range(3):
        rows = [answers[draw, last] for last in LABELS]
        hits = [[int(a == w) for a, w in zip(row, wanted)] for row in rows]
        shares, q = np.mean(hits, axis=1), float(np.mean(find_q(hits)))
        chance = stats.chi2.sf(q, len(hits) - 1)
        print(f"{name:10} draw {draw + 1}: {shares.min():.2f} to {shares.max():.2f}", end=", ")
        print(f"Q = {q:.1f}, p = {chance:.3f}")
        heights.append((shares.mean(), np.ptp(shares)))
    height, width = np.mean(heights, axis=0)
    print(f"{name:10} accuracy {height:.2f}; best minus worst order {width:.2f}, on average\n")

# %% [markdown]
# Calibration takes away a push that is the same for every message. Does it lift the orders, and does it bring them
# nearer to each other? Whatever width is left has another cause, or is chance. Where no p-value is small, that may mean
# equal orders, or too few messages to tell them apart.

# %% [markdown]
# The test set has more messages. There, once, twelve orders of the first draw, as scored, for the verdict on F6:

# %%
from dataclasses import replace

six = few_labels.draw(pool, 6, seed=0)
rng = np.random.default_rng(0)
orders = [[six[i] for i in rng.permutation(6)] for _ in range(12)]
told = {"heavy": True, "show": False}
on_test = [
    few_labels.shown(lab, prompt, f"few-shot, 6, order {n}", order, test, seed=n, **told)
    for n, order in enumerate(orders, start=1)
]
named = [replace(row, method=f"order {n}") for n, row in enumerate(on_test, start=1)]
plots.methods(named, "The same six examples in twelve orders")

# %% [markdown]
# The same six examples each time. Is the way from the worst order to the best longer than chance would make it? The verdict
# on F6, below, says.

# %% [markdown]
# ## Read each example once
#
# What if every example were read alone, right after the instruction, and kept? Then none sees another, all have the same
# place, and **no order is left** (an idea from [parallel context windows](https://arxiv.org/abs/2212.10947)). And nearest
# examples become cheap: each is read once for all messages.
#
# It needs an instruction that all examples see, and it is another prompt, not a faster way to the same numbers. **Predict:**
# what happens to the tokens?

# %%
from helpers.model import catalogue, embedding

told_once = replace(prompt, system=intents.SYSTEM)
embedder = catalogue.load_embedder()
vectors, asked = (embedding.embed(embedder, [m.text for m in part]) for part in (pool, test))
near = [[pool[i] for i in row] for row in few_shot.nearest_examples(vectors, asked, 8)]
whole = [lm.encode(lm.render(c)) for c in told_once.prompts(near, [m.text for m in test])]
pieces = told_once.in_pieces(lm, near, [m.text for m in test])
once = len(pieces.start) + sum(map(len, [*pieces.examples, *pieces.tails]))
print(f"each prompt whole: {sum(map(len, whole)):,} tokens; shared starts once:", end=" ")
print(f"{packing.tokens_read(whole):,}; each example once: {once:,}")

# %% [markdown]
# Whole prompts with nearest examples share little but their beginning. Read once, an example costs its tokens a single time
# for all messages that show it. And the accuracy? (*Told* in a name: with the instruction.)

# %%
nearby = {"labels_used": len(pool), "heavy": True}
usual_row = few_labels.shown(lab, told_once, "few-shot, 8 nearest, told", near, test, **nearby)
once_row = lab.measure(
    "few-shot, 8 nearest, told, each read once",
    test,
    lambda texts: told_once.score(lm, near, texts, read_once=True),
    approach="prompt",
    prompts=lambda texts: told_once.prompts(near, texts),
    settings={"read_once": True, "words": [*words.values()]},
    **nearby,
)

# %%
print(
    said(
        ledger.compare(usual_row, once_row),
        above="Reading each example once does better: {found}.",
        below="It costs accuracy: {found}.",
        equal="Accuracy changes by less than matters: {found}.",
        unclear="What it does to accuracy is too close to call: {found}.",
    )
)

# %% [markdown]
# Memory is a price in any case: what the model computed for every example is kept (its
# [keys and values](../../docs/glossary.md#key-value-cache)).
#
# ### Playground
#
# Choose a draw and which of its six examples stands last. Which label takes most in the first picture? Can you find a
# draw and an order in which *another* one does?

# %%
draw, last = 4, "billing"
six = sorted(few_labels.draw(pool, 6, seed=draw), key=lambda example: example.label == last)
found = prompt.score(lm, six, texts, progress=False).predictions
print(f"predicted, of {len(texts)}:", {label: found.count(label) for label in LABELS})

# %% [markdown]
# ## What we found
#
# F6 speaks of the order, which is judged by the twelve orders above, and of *which* examples. For that, the ten draws
# of eight of lesson 03, calibrated, stand against the eight nearest, as scored; both with the prompt from the top,
# without an instruction. The order's part is about one draw, fixed beforehand, as scored. Whether the order matters
# after calibration, so few messages could not tell.

# %% [markdown]
# *Above 0, by at least 0.03* in a rule asks for both: the whole interval above 0, and an estimate of at least 0.03.

# %%
ten = few_labels.draws(lab, prompt, "few-shot, 8 calibrated", pool, 8, 10, test, neutral)
near_row = few_labels.shown(lab, prompt, "few-shot, 8 nearest", near, test, **nearby)
ahead = few_labels.gain(ten, [near_row])
claims.conclude(
    "F6",
    {
        "order": evidence.draws(on_test),
        "nearest": evidence.number(ahead, len(test), of=[near_row, *ten]),
    },
)

# %% [markdown]
# ## Three things to remember
#
# 1. Report several orders: one may push towards a label. Measure whether calibration helps.
# 2. Several measurements of the same messages nearly always differ; ask Cochran's Q before you tell a story.
# 3. An order can matter only to a model that reads examples one after the other. It need not read so; measure what that
#    costs.
#
# {{next}}
