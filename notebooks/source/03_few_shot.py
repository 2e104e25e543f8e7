# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What do examples in the prompt buy, and what do they cost?
#
# **After this lesson you can**
#
# - hold solved examples against the best prompt without any;
# - say what they cost;
# - take away a model's leaning;
# - choose examples by likeness;
# - find where plain methods or tuning overtake the prompt.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** F1, F2, F4, F5, F7; in two
# labs F3, F6, F8.

# %%
#: setup

# %% [markdown]
# ## The idea in one picture
#
# Nothing is trained here: the examples stand in the prompt, and are gone after the answer.

# %%
from helpers.lesson import diagrams, plots
from helpers.results import claims

START, ASKED = "labeled messages", "open message"
CHOOSE, TURNS, VOTE = "choose a few", "solved turns,\nthe open one last", "let them vote"
ASK, REPAIR = "the model weighs\nsix answers", "minus its leaning\n(calibration)"
to_turns, to_vote = [(START, CHOOSE), (CHOOSE, TURNS), (ASKED, TURNS)], [(CHOOSE, VOTE)]
diagrams.flow(
    [[START, ASKED], [CHOOSE, TURNS], [VOTE, ASK], ["", REPAIR]],
    [*to_turns, (TURNS, ASK), (ASK, REPAIR), *to_vote],
    "A few labeled messages become solved turns before the open message; the model weighs six "
    "answers, and its leaning is taken away. Or the chosen messages vote, without a model.",
)

# %% [markdown]
# Here is the articles' advice, in our words. What takes long comes from the course's stored *reference* rows and is
# marked so; `RERUN = True` measures it here.

# %%
claims.show("03")

# %% [markdown]
# ## The prompt to beat
#
# Examples must beat something: the best prompt without any, which lesson 02 chose on dev among 24 tries. Our own
# prompt, printed below with the six ways to go on, is another, plain one.

# %%
from dataclasses import replace

import numpy as np

from helpers import statistics
from helpers.lesson import few_shot_parts
from helpers.lesson.said import said, said_of_each
from helpers.methods import baselines, few_labels, few_shot, prompt_cost
from helpers.model.language_model import LanguageModel
from helpers.results import ledger
from helpers.tasks import files, intents

RERUN = False
LABELS = intents.LABELS
lm = LanguageModel.load()
lab = ledger.Lab("intents", lm, labels=LABELS, noun="messages", rerun=RERUN)
train, dev, test = (intents.read(split) for split in ("train", "dev", "test"))

# %%
dev, test = files.for_profile(dev, fast=12), files.for_profile(test, fast=24)
half = files.balanced(dev, 10)  # ten a label, for what is measured here and now
texts, wanted = [m.text for m in half], [m.label for m in half]
QUESTION = "{text}\n\nWhat kind of message is this?"
words = {label: f" {word}" for label, word in intents.WORDS.items()}  # goes on after "is"
prompt = few_shot.FewShotPrompt(words, template=QUESTION, start="This is")
print(lm.render(prompt.messages([], half[0].text)), *words.values(), sep="\n")
best_row = few_shot_parts.liked_by_dev(lab, test)  # kept by lesson 02
best_row = best_row or few_labels.baseline(lab, prompt, test)

# %% [markdown]
# ## A solved example is a turn
#
# To a chat model an example looks like a conversation that went well: somebody asked, the assistant gave the right
# answer. A prompt pays for each [token](../docs/glossary.md#token) of it, so we show short messages only.
#
# ### Your turn 03.1
#
# Write `turns(examples, text)`: the list of chat messages, two for each example (`user` with its `.text`, `assistant`
# with its `.label` as it is), then the open message `text` from the user. No system message.


# %%
#: solution
def turns(examples, text):
    chat = []
    for example in examples:
        chat.append({"role": "user", "content": example.text})
        chat.append({"role": "assistant", "content": example.label})
    return [*chat, {"role": "user", "content": text}]


#: why Nothing tells the model that these are examples: they stand where real turns would stand. The open message comes
# last, because the model goes on from there.
#: stub
#| def turns(examples, text):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution, yours

check("03.1", turns)

# %% [markdown]
# From here on your function builds the turns of every prompt. The question and the words of each label are put in
# before it is called.

# %%
pool = prompt_cost.short(train, lm.count_tokens)  # of at most 20 tokens
build = yours("03.1", turns, few_shot.turns)
prompt = replace(prompt, turns=build)  # the same prompt, with your function in it
print(f"{len(pool)} of {len(train)} messages are short enough\n")
print(lm.render(prompt.messages(few_labels.draw(pool, 2, seed=1), half[0].text)))

# %% [markdown]
# A *draw* is a handful picked at random, each label about as often as any other. **Predict:** eight such examples, or none? And
# how far apart will three draws of eight be?

# %%
eights = [few_labels.draw(pool, 8, seed) for seed in range(3)]
on_half = {"items": half, "split": "dev", "heavy": True, "show": True}
none_row = few_labels.shown(lab, prompt, "few-shot, no example", [], **on_half)
for number, eight in enumerate(eights, start=1):
    name = f"few-shot, 8, draw {number}"
    row = few_labels.shown(lab, prompt, name, eight, seed=number, **on_half)
    print("  minus none:", ledger.compare(none_row, row))

# %% [markdown]
# Only *which* eight were shown, and in which order, differs. Is it more than chance? Sixty messages may be
# too few to tell; ten draws on test, below, are more.
#
# ## What an example costs
#
# A model reads from left to right: what it computes for a prompt's start does not depend on what follows, so it can be
# kept (the [key-value cache](../docs/glossary.md#key-value-cache)). Some services charge a tenth for kept tokens. But
# only a *start* can be kept.

# %% [markdown]
# ### Your turn 03.2
#
# Write `shared_start(prompts)`: each prompt is a list of token numbers; how many, counted from the front, are the same
# in all? With no prompt at all, 0.


# %%
#: solution
def shared_start(prompts):
    count = 0
    for column in zip(*prompts):
        if any(token != column[0] for token in column):
            break
        count += 1
    return count


#: why zip stops at the shortest prompt and hands over one place of all prompts at a time. The first place at which two
# differ ends what can be kept: a token after it was computed with another past, even if it looks the same.
#: stub
#| def shared_start(prompts):
#|     ...
#: end

check("03.2", shared_start)

# %% [markdown]
# Now the same eight for every message, against eight of its own for each. **Predict:** what does the cache save?

# %%
from helpers.model import packing
from helpers.results import costs

common = yours("03.2", shared_start, packing.shared_start)
# dollars per million tokens: read, kept, written
prices = costs.Prices(0.15, 0.015, 0.60, "an example, with kept tokens at a tenth")
own_eights = [few_labels.draw(pool, 8, seed) for seed in range(len(half))]
for name, shown in {"the same eight": eights[0], "eight of its own": own_eights}.items():
    ids = [lm.encode(lm.render(chat)) for chat in prompt.prompts(shown, texts)]
    print(
        f"{name:17}", few_shot_parts.bill([*map(len, ids)], int(np.mean(common(ids))), prices)
    )

# %% [markdown]
# About the same length, another bill. (The second kind shares the system message of the model's template.) So what
# changes with each message belongs at the end.
#
# "Cost grows linearly with the prompt", two articles say. With prompts read whole, or with the start kept? The same
# four messages, both ways:

# %% tags=["machine"]
lengths = {k: few_labels.draw(pool, k, seed=0) for k in (0, 4, 12)}
timed = prompt_cost.timed(lm, prompt, lengths, texts[:4])
plots.against(
    {way: found.points for way, found in timed.items()},
    "What a message costs, against the length of its prompt",
    ("tokens in the prompt", "seconds a message"),
)
for way, found in timed.items():
    print(f"{way}: the time grows with the tokens to the power of {found.exponent}")

# %% [markdown]
# We read *linearly* as *in proportion*: a power of 1, twice the tokens, twice the time; 0 is no growth. A straight line
# that starts above zero has less than 1: every prompt also pays for the six answers. The kept start is read once for
# these four, so each pays a quarter; among a thousand that would vanish.

# %% [markdown]
# ## The leaning, and how to take it away
#
# Show the same eight examples with eight texts of random words. They belong to no label. **Predict:** will the six
# labels share evenly?

# %%
neutral = few_shot.random_words([m.text for m in train], 8)
scores = prompt.score(lm, eights[0], [*texts, *neutral], progress=False)
real, empty = scores.log_probs[: len(texts)], scores.log_probs[len(texts) :]
print(f"a text that says nothing: {neutral[0][:60]} …")
for label, share in zip(LABELS, scores.probabilities[len(texts) :].mean(axis=0)):
    print(f"  {label:18} {share:.2f}")

# %% [markdown]
# Whatever is far from one sixth is a leaning: it comes from the words of a label and from the examples, not from a
# message. Being measurable, it can be taken away: [calibration](../docs/glossary.md#calibration)
# ([Zhao et al. 2021](https://arxiv.org/abs/2102.09690)).

# %% [markdown]
# ### Your turn 03.3
#
# Write `calibrated(log_probs, neutral)`. Both hold [log-probabilities](../docs/glossary.md#log-probability), a row for
# each text, a column for each label. Turn each neutral row into shares that sum to one, average these rows, and
# subtract the logarithm of the average from every row of `log_probs`.


# %%
#: solution
def calibrated(log_probs, neutral):
    shares = np.exp(neutral - neutral.max(axis=1, keepdims=True))
    shares = shares / shares.sum(axis=1, keepdims=True)
    return log_probs - np.log(shares.mean(axis=0))


#: why A label that wins on texts that say nothing wins for its words and its place, not for the message. Subtracting
# logarithms divides that share out. Taking the maximum off first keeps exp from running to zero.
#: stub
#| def calibrated(log_probs, neutral):
#|     ...
#: end

check("03.3", calibrated)

# %%
repair = yours("03.3", calibrated, few_shot.calibrate)
prompt = replace(prompt, calibrate=repair)
after = [LABELS[i] for i in np.argmax(repair(real, empty), axis=1)]
change = statistics.compare(wanted, scores.predictions[: len(texts)], after)
print(
    said(
        change,
        above="Calibrating helps here: {found}.",
        below="Calibrating hurts here: {found}.",
        unclear="On these messages its effect is too close to call: {found}.",
    )
)

# %% [markdown]
# ## Ten draws, against the best prompt
#
# Now *test*: ten draws of eight, all calibrated. We report all ten, and choose nothing by them.
#
# If all ten were equally good, chance alone would still spread their figures;
# [Cochran's Q](../docs/glossary.md#cochrans-q) asks whether there is more.

# %%
ten = few_labels.draws(lab, prompt, "few-shot, 8 calibrated", pool, 8, 10, test, neutral)
drawn = few_labels.by_draw(ten)
plots.methods([best_row, *drawn], "No example, and ten draws of eight", as_given=True)

# %%
lifted = few_labels.gain([best_row], ten)
apart = statistics.spread([row.correct for row in ten])
print(
    said(
        lifted,
        above="Over messages and draws, eight examples beat the best prompt without any: {found}.",
        below="Over messages and draws, eight examples do worse than the best prompt without: {found}.",
        unclear="Over messages and draws, it is too close to call: {found}.",
    )
)
print(f"spread beyond chance, as a standard deviation of accuracy: {apart.deviation}")
print(f"chance alone would spread them as far with a probability of {apart.p_value:.2g}")

# %% [markdown]
# Our everyday words were chosen by hand; those of 02.3, among 4,096 tables, for *no* example. **Predict:** would they serve
# the same examples better?

# %%
others = few_shot_parts.under_its_words(lab, prompt, pool, 8, test, neutral)
if others:
    print(f"everyday words: {few_labels.accuracy(ten)}; of 02.3: {few_labels.accuracy(others)}")
    print(
        said(
            few_labels.gain(ten, others),
            above="The words of 02.3 serve examples better: {found}.",
            below="The words of 02.3 serve examples worse: {found}.",
            unclear="Which words serve examples better is too close to call: {found}.",
        )
    )

# %% [markdown]
# Fixed examples get a search as well: 24 tries on dev, this course's budget, with everyday words or the labels' own names.
# The best of them meets test once.

# %%
from helpers.methods import search

named = replace(prompt, names=intents.NAMES, start="")
prompts = {"everyday words": prompt, "names": named}
tried = few_labels.candidates(
    lab, prompts, pool, neutral, k=(6, 12), draw=(1, 2, 3), calibrated=(True, False)
)
quiet = {"approach": "prompt", "show": False}
fixed = search.search(lab, "few-shot, fixed examples", tried, dev, **quiet)
print(fixed)
used = fixed.best.settings["k"] + len(dev)  # those that are shown, and those that chose
fixed_row = fixed.test(lab, test, heavy=True, show=True, labels_used=used)
print(f"minus {best_row.method}:", ledger.compare(best_row, fixed_row))

# %% [markdown]
# ## Choose the nearest
#
# Embed the pool ([embedding](../docs/glossary.md#embedding)), and show each message its own neighbors
# ([Liu et al. 2022](https://arxiv.org/abs/2101.06804)). The cache will not help; you saw why.
#
# ### Your turn 03.4
#
# Write `nearest(pool, query, k)`: the positions of the k rows of `pool` (n × d, rows of length one) nearest to the vector
# `query`, nearest **last**, next to the open message. It must also work for k = 0.


# %%
#: solution
def nearest(pool, query, k):
    return np.argsort(-(pool @ query), kind="stable")[:k][::-1].tolist()


#: why For vectors of length one the dot product is the cosine. Sorting the negated cosines puts the nearest first, the
# slice keeps k of them (none for k = 0), and reversing puts the nearest next to the message.
#: stub
#| def nearest(pool, query, k):
#|     ...
#: end

check("03.4", nearest)

# %%
from helpers.model import catalogue, embedding

embedder = catalogue.load_embedder()
pool_texts, asked = [m.text for m in pool], [m.text for m in (*dev, *test)]
vectors = embedding.embed(embedder, pool_texts)
vector_of = dict(zip(pool_texts, vectors)) | dict(zip(asked, embedding.embed(embedder, asked)))
find = yours("03.4", nearest, few_shot.nearest)


def neighbors(texts, k):
    return [[pool[i] for i in find(vectors, vector_of[text], k)] for text in texts]


print("asked:", asked[0])
print(*(f"  {e.label:18} {e.text}" for e in neighbors(asked[:1], 3)[0]), sep="\n")

# %% [markdown]
# ### Your turn 03.5
#
# A message that finds *itself* among its examples is shown its own answer. Write `leaks(shown, asked)`: the positions at
# which the asked text stands among its own examples. `shown` is a list of lists of texts, `asked` a list of texts. Letter
# case does not count, nor do extra spaces. Punctuation counts, and half a message is no leak.


# %%
#: solution
def leaks(shown, asked):
    def plain(text):
        return " ".join(text.lower().split())

    return [
        i
        for i, (rows, text) in enumerate(zip(shown, asked))
        if plain(text) in [plain(row) for row in rows]
    ]


#: why Copies differ in capitals and spaces more often than not. Comparing whole texts in one plain form finds them, and
# leaves messages alone that merely begin alike.
#: stub
#| def leaks(shown, asked):
#|     ...
#: end

check("03.5", leaks)

# %%
from helpers.tasks.curation import duplicates

search_leaks = yours("03.5", leaks, duplicates.leaks)
for part, some in (("the pool", pool_texts[:50]), ("test", [m.text for m in test])):
    shown = [[example.text for example in row] for row in neighbors(some, 12)]
    found = list(search_leaks(shown, some))
    print(f"messages of {part} that are shown their own answer: {len(found)} of {len(some)}")

# %% [markdown]
# Again 24 tries on dev, among them three orders, and one look at test.

# %%
tried = few_labels.nearest_candidates(
    lab, prompts, neighbors, k=(2, 4, 8, 12), order=list(few_labels.ORDERS)
)
known = {"labels_used": len(pool) + len(dev), "details": {"seconds": "without embedding"}}
near = search.search(lab, "few-shot, nearest examples", tried, dev, **known, **quiet)
print(near)
near_row = near.test(lab, test, heavy=True, show=True)
print("nearest minus fixed examples:", ledger.compare(fixed_row, near_row))

# %% [markdown]
# Better on test than on dev? *Elsewhere* only takes off what choosing flatters. Dev is small, its figures are rough, and
# other messages may be easier.

# %% [markdown]
# ## Is the model still needed?
#
# The nearest come from a pool whose labels are all known; fixed examples need a dozen. If the
# neighbors' labels do the work, they can do it alone.
#
# ### Your turn 03.6
#
# Write `vote(labels, cosines)`: neighbor i has `labels[i]` and lies at `cosines[i]`. Add up the cosines of each label, and
# return the label with the largest sum.


# %%
#: solution
def vote(labels, cosines):
    weight = {}
    for label, cosine in zip(labels, cosines):
        weight[label] = weight.get(label, 0) + cosine
    return max(weight, key=weight.get)


#: why A near neighbor should count more than a far one, and two that agree more than one: summing cosines does both. No
# language model reads anything.
#: stub
#| def vote(labels, cosines):
#|     ...
#: end

check("03.6", vote)

# %%
decide = yours("03.6", vote, baselines.vote)


def by_vote(texts):
    votes = []
    for query in embedding.embed(embedder, texts):
        row = list(find(vectors, query, 8))
        votes.append(decide([pool[i].label for i in row], vectors[row] @ query))
    return votes


# %%
vote_row, short_row = few_shot_parts.without_model(lab, pool, vectors, embedder, by_vote, test)
print("prompt minus the vote:      ", ledger.compare(vote_row, near_row))
print("prompt minus the regression:", ledger.compare(short_row, near_row))
plain = ledger.renamed({"vote of the 8 nearest": vote_row, "regression, same pool": short_row})
plots.methods([best_row, fixed_row, near_row, *plain], "With a language model, and without")

# %% [markdown]
# The prompt is the best of 24 tries; the vote, from the same pool, was not tuned at all. Unless the first line says
# *better*, the language model adds nothing that we can show.

# %% [markdown]
# ## With few labels: do the lines cross?
#
# "Under 50 labeled examples, prompting is the only option" (F2). So 6 to 48 labels, five draws each, the same for all:
# shown in the prompt (calibrated), learned by a regression on embeddings, or trained into a small addition to the
# weights, by [LoRA](../docs/glossary.md#lora) (lesson 05). Whoever has so few has no dev set, so none of the three
# chooses by one. **Predict:** who leads at 6?

# %%
from helpers.methods import same_labels

same = same_labels.SameLabels(
    lab, prompt, pool, vectors, embedder, intents.for_tuning(), neutral
)
compared = [same.compare(n, test) for n in same_labels.SIZES]
plots.against(
    same_labels.lines(compared),
    "The same few labels, three ways to use them",
    ("labeled messages", f"accuracy on {len(test)} test messages"),
    {best_row.method: best_row.interval.estimate},
    reference=same_labels.reference_points(compared),
)

# %%
print(
    said_of_each(
        same_labels.each_lead(compared),
        above="leads {found}",
        below="is behind {found}",
        unclear="is too close to call {found}",
    )
)

# %% [markdown]
# *Leads*: labels are better shown; *is behind*: better learned from. The dotted line is no fair rival: the best prompt was
# chosen on dev, by more labels than any line here has.
#
# Now accuracy on test by size of model; a dash: not measured. *Free answer*: the model writes, without examples. *Large* was
# asked once; such a model also wrote our messages, which may flatter it.

# %%
from IPython.display import Markdown

from helpers.lesson import scales

ours = [row.method for row in (best_row, fixed_row, near_row, short_row)]
asked_everywhere = dict.fromkeys([few_labels.BEST, *ours, "free answer"])
Markdown(scales.side_by_side("intents", list(asked_everywhere)))

# %% [markdown]
# ## Do examples teach a form?
#
# F1 speaks of format, too. Back to change requests: five solved ones, each answered with a JSON object, then an open one. The
# model writes freely. An answer *fits* if all of it is one JSON object with the three keys and values that the schema allows.
# (F1 also names tone, which is not tested here.)

# %%
from helpers.tasks import change_requests

requests = files.for_profile(change_requests.load("fresh"), fast=4)
form = few_shot_parts.forms_under(lab, requests, (0, 5))
print(few_shot_parts.forms_told(form))

# %% [markdown]
# *Fit* is about form, *right* about the risk. Where all that fit name one risk, whatever the request, the examples taught
# a form and no judgment. What fits the form is not yet right.

# %% [markdown]
# ### Playground
#
# Choose how many examples, how they are selected, and the seed. Without widgets, show
# `widgets.few_shot_html(lm, prompt, examples, half)` with `IPython.display.HTML`; `examples` holds a list for each
# message.

# %%
from helpers.lesson import widgets

choose = few_shot.selections(pool, vectors, np.array([vector_of[text] for text in texts]))
widgets.few_shot_explorer(lm, prompt, choose, half)

# %% [markdown]
# ## What we found
#
# *Too close to call*: the interval reaches across the rule's limit, however small p. *Above 0, by at least 0.03* asks
# for both: the whole interval above 0, and an estimate of at least 0.03.

# %%
claims.conclude("F1", few_shot_parts.of_examples(best_row, ten, form.get(5)))
claims.conclude("F2", few_shot_parts.of_few_labels(compared))

# %% [markdown]
# F4 sets 30 that are shown against LoRA on the same 30, and against the nearest (of all short messages, the best of 24
# tries).

# %%
claims.conclude("F4", few_shot_parts.of_many_shown(compared, near_row))

# %% [markdown]
# F7 names a range; its rule judges the lower end alone: the interval must lie above 0.05. More than was promised counts as
# held, too.

# %%
claims.conclude("F7", few_shot_parts.of_points(best_row, fixed_row, near_row))
for row in (fixed_row, near_row):
    share = statistics.ratio_interval(best_row.correct, row.correct)
    print(f"{row.method}: {share.estimate - 1:+.0%} of the baseline (F7 leaves open which %)")

# %% tags=["machine"]
claims.conclude("F5", prompt_cost.exponents(timed, lm.name))

# %% [markdown]
# ## Three things to remember
#
# 1. Hold examples against the best prompt without any, over several draws; one draw is an anecdote.
# 2. Length is not cost: what all prompts share at the start can be kept; what is chosen for each message cannot (but see the lab
#    on orders).
# 3. Before you pay for nearest examples, let the neighbors vote, and fit a regression on the same labels.

# %% [markdown]
# Labs: [the order of examples](labs/03_orders.ipynb) and [bad examples](labs/03_bad_examples.ipynb).
#
# {{next}}
