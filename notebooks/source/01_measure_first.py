# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What is a good answer, and how sure can I be?
#
# **After this lesson you can**
#
# - say what four splits are for;
# - measure a classifier by accuracy, macro-F1 and a confusion matrix;
# - put an interval around a score;
# - compare two methods on the same messages;
# - place a language model beside plain baselines.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** none yet.

# %%
#: setup

# %% [markdown]
# ## The task
#
# Larkfield receives messages and must send each to the right team. Six [labels](../data/intents/GUIDE.md) say what the
# writer wants to happen next: `billing`, `technical_support`, `refund_request`, `product_inquiry`, `complaint`,
# `other`. Read six messages and write down a guess for each; the cell after tells.

# %%
from helpers.tasks import files, intents

train, dev, test, shifted = (intents.read(split) for split in intents.SPLITS)
six = [message for message in files.balanced(dev, 3) if len(message.text) < 90]
six = files.balanced(six, 1)
for message in six:
    print(message.text)

# %%
for message in six:
    print(f"{message.label:18} {message.text[:40]} …")

# %% [markdown]
# None of them names its label. A language model wrote all messages of this course, told to leave out the obvious word
# in about 4 of 10. The [datasheet](../data/intents/DATASHEET.md) says how.
#
# **What is a good answer?** Here it is easy to say: the label that the guide gives, called **gold**. Two annotators
# must agree on it first, or we would measure noise. Ours, both language models, agree almost always (see the
# datasheet).

# %%
import collections

for split, messages in zip(intents.SPLITS, (train, dev, test, shifted)):
    counts = collections.Counter(message.label for message in messages)
    print(f"{split:8} {len(messages):4} messages, per label: {sorted(set(counts.values()))}")

# %% [markdown]
# ## Four splits, four jobs
#
# *Train* is for learning and for examples. *Dev* is for choosing: which prompt, which setting. *Test* is for reporting,
# once per method. *Shifted* holds other channels, slang, typos and non-native writing: what happens when the world moves.
#
# Why not choose on the test set? **Predict:** 200 guessers label 300 messages by rolling a die. How accurate will the
# best of them look, and how good is it on fresh messages?

# %%
import numpy as np

rng = np.random.default_rng(0)
gold_rolls = rng.integers(0, 6, size=600)  # 300 old messages, 300 fresh ones
right = rng.integers(0, 6, size=(200, 600)) == gold_rolls
best = right[:, :300].mean(axis=1).argmax()
print(f"best of 200 on the old messages: {right[best, :300].mean():.3f}")
print(
    f"the same guesser on fresh ones:  {right[best, 300:].mean():.3f}   (chance is {1 / 6:.3f})"
)

# %% [markdown]
# Nothing was learned, yet the best one looks better than chance on the messages it was chosen on. Every choice made on
# a test set borrows a little of this luck. That is why the test set is **frozen**: no lesson chooses anything on it.

# %% [markdown]
# ### Your turn 01.1
#
# A leak is another way to fool yourself: test messages that also stand in the training set. Write
# `leaked(train_texts, test_texts)`: the positions of test texts that equal a training text once case, punctuation and
# spacing are ignored. (A function leaves what it is given as it was.)

# %%
import re


#: solution
def leaked(train_texts, test_texts):
    def plain(text):
        return re.sub(r"[\W_]+", " ", text.lower()).strip()

    known = {plain(text) for text in train_texts}
    return [i for i, text in enumerate(test_texts) if plain(text) in known]


#: why Bring both sides to one plain form, then look up. A set makes the look-up fast; comparing raw texts would miss
# "Where is my order?" against "where is my order".
#: stub
#| def leaked(train_texts, test_texts):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution, yours

check("01.1", leaked)

# %%
from helpers.lesson import own_01

leaked = yours("01.1", leaked, own_01.leaked)
found = [*leaked([m.text for m in train], [m.text for m in test])]
print(f"messages of test that also stand in train: {len(found)} of {len(test)}")

# %% [markdown]
# A message told in other words is a leak as well; below you will look for such pairs by their meaning, between train and
# dev.

# %% [markdown]
# ## The plainest baselines
#
# Before any model, ask what no thought at all achieves. A `Lab` holds what all measurements on a task share. Its `measure`
# times a method, keeps its predictions, and what decided them, in the [ledger](../docs/glossary.md#ledger), and prints
# its accuracy. The bracket says how sure we can be; more on it below.

# %%
from helpers.methods import baselines
from helpers.results import ledger

test = files.for_profile(test, fast=60)
gold = [message.label for message in test]
labels_of_train = [message.label for message in train]
lab = ledger.Lab("intents", labels=intents.LABELS, noun="messages")
majority = lab.measure(
    "majority label",
    test,
    lambda texts: baselines.majority(labels_of_train, len(texts)),
    approach="plain",
    labels_used=len(train),
)

# %% [markdown]
# Next, rules of thumb: the first label with a matching keyword wins, otherwise `other`. **Predict:** how far do ten
# obvious keywords get?

# %%
first_rules = {
    "refund_request": ["refund", "money back"],
    "billing": ["invoice", "charge"],
    "technical_support": ["error", "not working"],
    "product_inquiry": ["price", "compatible"],
    "complaint": ["disappointed", "terrible"],
}
rules_row = lab.measure(
    "ten keywords",
    test,
    lambda texts: baselines.keywords(first_rules, texts, "other"),
    approach="plain",
    settings=first_rules,
)
print(f"without any of these words: {rules_row.predictions.count('other')} of {len(test)}")

# %% [markdown]
# Most messages hold none of the words: ten are few, and some messages were told to avoid them. On ordinary mail, which was
# not measured, they may fare better.

# %% [markdown]
# ### Your turn 01.2
#
# Improve the rules. Read messages of `train` (never of `test`), collect words and parts of words (at most 25 a label), mind
# the order of the labels; `rules` has the shape of `first_rules`. To see how you do, measure on *dev*, or use the playground near the
# end. The check runs your rules on messages that this notebook does not hold, and wants an accuracy of at least 0.30.

# %%
#: solution
words = {
    "refund_request": "refund, money back, return, send it back, reimburse, pay me back, my card",
    "billing": "invoice, charge, receipt, payment, renew, billed, cancel plus, my plan",
    "product_inquiry": "do you ship, compatible, difference between, in stock, thinking of, before i",
    "technical_support": "error, offline, won't, how do i, reset, firmware, wifi, connect, stuck, log in",
    "complaint": "disappoint, terrible, rude, third time, worst, hung up, promised, nobody, shame",
}
rules = {label: listed.split(", ") for label, listed in words.items()}
#: why Parts of words catch more forms ("disappoint"), phrases are safer than single words ("do you ship"), and the label
# whose words are least ambiguous goes first. It still stays far below what learning from examples gives.
#: stub
#| rules = ...
#: end

check("01.2", rules)

# %%
from helpers import statistics

rules = yours("01.2", rules, first_rules)
dev_gold, dev_texts = [m.label for m in dev], [m.text for m in dev]
guesses = baselines.keywords(rules, dev_texts, "other")
print("these rules on dev:", statistics.accuracy_interval(dev_gold, guesses))

# %% [markdown]
# ## One number is not enough
#
# Let a program find the words instead: [TF-IDF](../docs/glossary.md#tf-idf) counts words and word pairs, weighs down
# the common ones, and logistic regression learns which count for which label.
#
# [Precision](../docs/glossary.md#precision) asks: of the messages sent to this team, how many belong there?
# [Recall](../docs/glossary.md#recall): of those that belong there, how many arrive? **F1** is their harmonic mean, and
# [macro-F1](../docs/glossary.md#macro-f1) averages it over labels.

# %%
texts = [message.text for message in train]
tfidf, seconds = baselines.fitted(baselines.tfidf_classifier(), texts, labels_of_train)
learned = {"approach": "plain", "labels_used": len(train)}
tfidf_row = lab.measure(
    "TF-IDF + logistic regression", test, tfidf.predict, training_seconds=seconds, **learned
)
for score in statistics.per_class(gold, tfidf_row.predictions, intents.LABELS):
    print(
        f"{score.label:18} precision {score.precision:.2f}  recall {score.recall:.2f}  F1 {score.f1:.2f}"
    )
print("macro-F1, TF-IDF:        ", statistics.bootstrap_interval(gold, tfidf_row.predictions))
print("macro-F1, majority label:", statistics.bootstrap_interval(gold, majority.predictions))

# %% [markdown]
# Compare the majority label's macro-F1 with its accuracy above: macro-F1 punishes a method that ignores labels, because
# each label counts the same, and five of its six are 0. Where messages go astray, the
# [confusion matrix](../docs/glossary.md#confusion-matrix) shows.

# %%
from helpers.lesson import plots

matrix = statistics.confusion(gold, tfidf_row.predictions, intents.LABELS)
plots.confusion(matrix, intents.LABELS, "TF-IDF: where messages end up")

# %% [markdown]
# ### Your turn 01.3
#
# Write `macro_f1(gold, predicted)` by hand: for each label that occurs in `gold`, F1 = 2·hits / (times predicted + times
# in gold); then the plain mean. A label that is never predicted scores 0.


# %%
#: solution
def macro_f1(gold, predicted):
    scores = []
    for label in set(gold):
        hits = sum(g == p == label for g, p in zip(gold, predicted))
        scores.append(2 * hits / (list(predicted).count(label) + list(gold).count(label)))
    return sum(scores) / len(scores)


#: why 2·hits / (predicted + gold) is the harmonic mean of precision and recall with the fractions cleared, so it needs no
# special case for a label that is never predicted.
#: stub
#| def macro_f1(gold, predicted):
#|     ...
#: end

check("01.3", macro_f1)

# %%
macro_f1 = yours("01.3", macro_f1, statistics.macro_f1)
for row in (majority, rules_row, tfidf_row):
    print(f"{row.method:30} macro-F1 {float(np.mean(macro_f1(gold, row.predictions))):.3f}")

# %% [markdown]
# ## How sure can 300 messages make you?
#
# Imagine a method that in truth gets four in five right, and many test sets of n messages. Each test set reports a
# different number. **Predict:** with 300 messages, how far off may an honest report be?

# %%
sizes, truth = [20, 50, 100, 300, 1000, 3000], 0.80
reports = [np.random.default_rng(1).binomial(n, truth, size=20_000) / n for n in sizes]
lows, highs = zip(*[np.quantile(report, [0.025, 0.975]) for report in reports])
plots.interval_against_n(sizes, lows, highs, truth)

# %% [markdown]
# Ten times the messages narrow the band by about three: the width shrinks with the square root of n. In practice you
# have one test set and do not know the truth. A [confidence interval](../docs/glossary.md#confidence-interval) turns the
# question around: which true values would make this result unsurprising, at 95 % as in the picture? The Wilson interval
# has a formula; the [bootstrap](../docs/glossary.md#bootstrap) draws your own messages again and again, with replacement.

# %%
print("Wilson:   ", statistics.accuracy_interval(gold, tfidf_row.predictions))
print(
    "bootstrap:",
    statistics.bootstrap_interval(gold, tfidf_row.predictions, metric=statistics.accuracy),
)

# %% [markdown]
# The two agree closely. The bootstrap's strength is that it works for any measure, such as macro-F1 above.
#
# ### Your turn 01.4
#
# Write `bootstrap(hits)`: `hits` holds one 1 or 0 per message. Draw as many messages as there are, with replacement,
# 2,000 times; return the 2.5 % and 97.5 % [quantiles](../docs/glossary.md#quantile) of the accuracies.


# %%
#: solution
def bootstrap(hits):
    rng = np.random.default_rng(0)
    draws = rng.choice(hits, size=(2000, len(hits)), replace=True)
    low, high = np.quantile(draws.mean(axis=1), [0.025, 0.975])
    return low, high


#: why Each row of draws is one imagined test set of the same size. Without replacement every row would hold the same
# messages and the interval would have no width; with fewer messages per row it would be too wide.
#: stub
#| def bootstrap(hits):
#|     ...
#: end

check("01.4", bootstrap)

# %%
bootstrap = yours("01.4", bootstrap, own_01.bootstrap)
low, high = (float(np.mean(end)) for end in bootstrap(np.array(rules_row.correct)))
print(f"ten keywords, accuracy from {low:.3f} to {high:.3f}")

# %% [markdown]
# ### Your turn 01.5
#
# Write `messages_needed(accuracy, margin)`: how many test messages make the 95 % interval reach about `margin` to each
# side? (Standard error: √(accuracy·(1 − accuracy)/n); the interval reaches 1.96 of them.)


# %%
#: solution
def messages_needed(accuracy, margin):
    return int(np.ceil(accuracy * (1 - accuracy) * (1.96 / margin) ** 2))


#: why Set 1.96 standard errors equal to the margin and solve for n. The margin is squared: half the margin costs four
# times the messages.
#: stub
#| def messages_needed(accuracy, margin):
#|     ...
#: end

check("01.5", messages_needed)

# %%
messages_needed = yours("01.5", messages_needed, own_01.messages_needed)
for margin in (0.05, 0.03, 0.01):
    needed = float(np.mean(messages_needed(0.8, margin)))
    print(f"0.80 right, {margin} to each side: {needed:,.0f} messages")

# %% [markdown]
# ## The language model, with no example
#
# Now the model itself, [zero-shot](../docs/glossary.md#zero-shot): told the six labels, shown no example. Letting it
# write would mix two questions: does it know the label, and does it keep to the format? Instead we *score*: how
# probable is each label as its whole answer? By hand, for one message: the
# [log-probability](../docs/glossary.md#log-probability) of each token after those before it, 0 being certain. The end of
# the answer counts, too.

# %%
import torch

from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt

lm = LanguageModel.load()
SYSTEM = f"You sort customer messages into one of six labels: {', '.join(intents.LABELS)}. Answer with the label only."
zero_shot = Prompt("zero-shot", system=SYSTEM)
asked = lm.encode(lm.render(zero_shot.messages(six[0].text)))
for label in intents.LABELS:
    answer = [*lm.encode(label), lm.tokenizer.eos_token_id]
    with torch.inference_mode():
        logits = lm.model(torch.tensor([asked + answer], device=lm.device)).logits[0]
    steps = logits[len(asked) - 1 : -1].float().log_softmax(-1)  # each place foretells the next
    each = [float(step[token]) for token, step in zip(answer, steps)]
    parts = [f"{lm.tokenizer.decode([token])} {log:.2f}" for token, log in zip(answer, each)]
    print(f"{label:18} {sum(each):6.2f} =", ", ".join(parts))

# %% [markdown]
# The sum nearest to 0 is the prediction. `lm.score` does so for all messages (in 16 bits its sums may differ by some
# tenths). **Predict:** above or below the keyword rules?

# %%
model_row = lab.measure(
    "zero-shot prompt",
    test,
    lambda texts: lm.score(zero_shot.of_each(texts), intents.LABELS),
    approach="prompt",
    model=lm,
    prompts=zero_shot.of_each,
)

# %% [markdown]
# Does the bracket reach down to chance, one in six? And how far is it from the luckiest of the 200 dice? Before judging,
# look at *how* it is wrong.

# %%
matrix = statistics.confusion(gold, model_row.predictions, intents.LABELS)
plots.confusion(matrix, intents.LABELS, "Zero-shot model: where messages end up")
print("times predicted:", dict(collections.Counter(model_row.predictions).most_common()))

# %% [markdown]
# Which columns take most, whatever the message says? The wording of prompt and labels may matter as much as the message.
# This is a *starting point*: better prompts, examples, training and larger models follow, on the same test set.

# %% [markdown]
# ## Meaning instead of words
#
# A [sentence embedding](../docs/glossary.md#embedding) is a list of numbers that puts texts of like meaning near each
# other. MiniLM, a small model that does nothing else, makes them. So near copies show: which messages of *train* and *dev*
# are nearest, by the [cosine](../docs/glossary.md#cosine)?

# %%
from helpers.model import catalogue, embedding
from helpers.tasks.curation import duplicates


def embed(texts):
    return embedding.embed(embedder, texts)


embedder = catalogue.load_embedder()
vectors, dev_vectors = embed(texts), embed(dev_texts)
alike = vectors @ dev_vectors.T
one, other = np.unravel_index(alike.argmax(), alike.shape)
print(
    f"cosine {alike.max():.2f}; from {duplicates.MEANING} on, two are too alike for two splits"
)
print(texts[one], dev_texts[other], sep="\n")

# %% [markdown]
# Two plain methods stand on embeddings: let the nearest training messages vote, or learn a logistic regression. How many
# neighbors? That is a choice, so it is made on *dev*.

# %%
for k in (1, 5, 15, 45):
    votes = baselines.nearest_neighbors(vectors, labels_of_train, dev_vectors, k)
    print(f"k = {k:2}: {statistics.accuracy_interval(dev_gold, votes)} on dev")

# %% [markdown]
# 120 messages do not settle it: these intervals overlap, and those of 5, 15 and 45 widely. We take 15.

# %%
vote_row = lab.measure(
    "MiniLM nearest neighbors",
    test,
    lambda new: baselines.nearest_neighbors(vectors, labels_of_train, embed(new), k=15),
    model=embedder,
    settings={"k": 15},
    **learned,
)

# %%
unfitted = baselines.embedding_classifier()
regression, seconds = baselines.fitted(unfitted, vectors, labels_of_train)
learned_row = lab.measure(
    "MiniLM + logistic regression",
    test,
    lambda new: regression.predict(embed(new)),
    model=embedder,
    training_seconds=seconds,
    **learned,
)

# %% [markdown]
# ## Is the difference real?
#
# TF-IDF and the MiniLM regression land close together, and their intervals overlap. But both saw the **same messages**,
# so compare message by message: only those count on which *one* of the two is right.

# %%
close = ledger.compare(tfidf_row, learned_row)
print("MiniLM regression minus TF-IDF:", close)
test_result = close.mcnemar
print(
    f"right alone: TF-IDF {test_result.only_first}, MiniLM {test_result.only_second}", end="; "
)
print(f"p = {test_result.p_value:.2f}")

# %% [markdown]
# [McNemar's test](../docs/glossary.md#mcnemar-test) asks: had a fair coin decided each of those messages, how often
# would they split at least this unevenly? That share is *p*. The course names a winner only if the whole interval lies
# on one side of zero, and p is below 0.05; where the whole interval lies within 0.03 of zero, the difference is too small
# to matter. *Too close to call* is a result, not a failure: to choose between these two by accuracy alone would be
# guessing.

# %% [markdown]
# ### Your turn 01.6
#
# Write `paired_p(gold, first, second)`: the two-sided p-value. `scipy.stats.binomtest(k, n).pvalue` gives it for k heads
# in n throws of a fair coin. With no message to tell the two apart, return 1.

# %%
from scipy import stats


#: solution
def paired_p(gold, first, second):
    only_first = sum(a == g != b for g, a, b in zip(gold, first, second))
    only_second = sum(b == g != a for g, a, b in zip(gold, first, second))
    if only_first + only_second == 0:
        return 1.0
    return stats.binomtest(only_first, only_first + only_second).pvalue


#: why Messages that both get right, or both get wrong, say nothing about which is better. Among the others each method
# wins half the time if they are equally good, and that is a fair coin.
#: stub
#| def paired_p(gold, first, second):
#|     ...
#: end

check("01.6", paired_p)

# %%
paired_p = yours("01.6", paired_p, own_01.paired_p)
p = float(np.mean(paired_p(gold, vote_row.predictions, learned_row.predictions)))
print(f"MiniLM, regression against the neighbors' vote: p = {p:.2g}")

# %% [markdown]
# A real difference may still be too small to matter. Choose the smallest difference **worth having** before you look,
# and ask whether your test set could have found it:

# %%
differ = (close.mcnemar.only_first + close.mcnemar.only_second) / len(gold)
print(f"the two methods differ on {differ:.2f} of the messages; so, 8 times in 10,")
for n in (120, 300, 1000, 3000):
    found = statistics.detectable_difference(n, disagreement=differ)
    print(f"{n:5} messages find a true difference of {found:.3f} or more")

# %% [markdown]
# ## The picture that all lessons extend

# %%
plots.methods(ledger.rows("intents", "test"), "Six intents: what each method gets right")

# %% [markdown]
# ### Playground
#
# Type keywords, separated by commas, and watch accuracy, recall and precision on *dev*. How far can rules go? What
# happens to precision when you add a frequent word?

# %%
from helpers.lesson import widgets

widgets.keyword_playground(intents.load(), dev, first_rules)

# %% [markdown]
# ## What we found
#
# The first method's accuracy minus the second's:

# %%
for name, first, second in (
    ("TF-IDF against ten keywords", tfidf_row, rules_row),
    ("MiniLM regression against TF-IDF", learned_row, tfidf_row),
    ("zero-shot model against ten keywords", model_row, rules_row),
    ("zero-shot model against TF-IDF", model_row, tfidf_row),
):
    print(f"{name:38} {ledger.compare(second, first)}")

# %% [markdown]
# ## Three things to remember
#
# 1. Choose on dev, report on test, once. What you choose on flatters you.
# 2. A score without an interval is half a sentence; two scores on the same messages want a paired test.
# 3. Always measure the plain baseline. Here, learning from 600 labeled messages beats the zero-shot prompt by far; its
#    price is the labels.
#
# {{next}}
