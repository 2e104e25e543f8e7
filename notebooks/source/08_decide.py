# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Which one, by my own numbers?
#
# **After this lesson you can**
#
# - put every method into one table: quality, tokens, seconds, money, time to change;
# - tell a winner from a tie among many methods, and say what another mix of messages changes;
# - compute a break-even that survives dearer and equal cost, upkeep and retraining;
# - ask five published decision rules about your task, and hold their advice against your measurements;
# - run a new version beside the old, stop in time, and write a page for a colleague.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** D1 to
# D10, printed below.

# %%
#: setup

# %% [markdown]
# ## The claims
#
# Here is what five articles say about choosing, in our words. The verdicts come at the end, together with those of
# all other lessons. Your own rows come from the ledger; what you have not measured comes from the course's *reference
# results* and is marked. And the order of methods at 135M parameters may change with
# [scale](../docs/other_models.md).

# %%
from helpers.results import claims

claims.show("08")

# %% [markdown]
# ## One request at a time
#
# The ledger knows seconds per item of a whole batch. A user waits for *one* request, and waits longest for the slowest, so
# [p50 and p95](../docs/glossary.md#p50-and-p95) are measured one at a time, here and now: half of the requests are faster
# than p50, 19 of 20 are faster than p95. Sort a message with its eight nearest examples in the prompt, with the tuned model,
# or plainly; answer a question on the policies from memory, or with a search and what it found. One article's matrix calls
# retrieval's latency good and prompting's poor (D10). **Predict:** which way is fastest, and which slowest?

# %%
import time

import numpy as np

from helpers.machine import runtime
from helpers.methods import adapters, baselines, few_shot, tuning
from helpers.methods.retrieval import chunking, index, pipeline
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.tasks import files, intents, policies

few = runtime.profile().value == "fast"
lm, embedder = LanguageModel.load(), catalogue.load_embedder()
tuned_lm = adapters.get(lm, "intents")
intents_task = intents.for_tuning()
LABELS = intents_task.labels
train = intents.read("train")
labels = [m.label for m in train]
vectors = embedding.embed(embedder, [m.text for m in train])
minilm = baselines.embedding_classifier().fit(vectors, labels)
tfidf = baselines.tfidf_classifier().fit([m.text for m in train], labels)
sorting = few_shot.prompt_for(intents_task.with_words(intents.NAMES, intents.SYSTEM))

# %%
cut = chunking.Chunker(chunking.token_spans(lm.tokenizer))
documents = policies.load_policies()[: 6 if few else None]
search = pipeline.Pipeline(
    index.Index.build(documents, embedder, cut), lm, pipeline.Settings(max_new_tokens=20)
)
search = search.using(quotes=3, examples=False, defend=False)  # as lesson 04 reads


def with_nearest(text):
    near = few_shot.nearest_examples(vectors, embedding.embed(embedder, [text]), 8)[0]
    return sorting.score(lm, [train[i] for i in near], [text], progress=False)


def from_memory(text):
    return lm.generate([policies.CLOSED_BOOK.messages(text)], max_new_tokens=20, progress=False)


def by_minilm(text):
    return minilm.predict(embedding.embed(embedder, [text]))


# %%
messages = [m.text for m in intents.read("dev")[: 4 if few else 24]]
questions = [q.question for q in policies.load_policy_questions("dev")[: 3 if few else 12]]
TUNED = "LoRA, 600 messages"
ways = {
    ("intents", "few-shot, 8 nearest"): (with_nearest, messages),
    ("intents", TUNED): (
        lambda text: tuning.label_scorer(intents_task)(tuned_lm, [text]),
        messages,
    ),
    ("intents", "MiniLM + logistic regression"): (by_minilm, messages),
    ("intents", "TF-IDF + logistic regression"): (lambda text: tfidf.predict([text]), messages),
    ("policy_qa", "closed book"): (from_memory, questions),
    ("policy_qa", "retrieval, free answer"): (lambda text: search.ask([text]), questions),
    ("policy_qa", "the search alone"): (lambda text: search.retrieve([text]), questions),
}

# %% tags=["machine"]
seconds = {}
for key, (answer, texts) in ways.items():
    answer(texts[0])  # the first call prepares caches; it does not count
    seconds[key] = []
    for text in texts:
        started = time.perf_counter()
        answer(text)
        seconds[key].append(time.perf_counter() - started)
    p50, p95 = np.quantile(seconds[key], [0.5, 0.95])
    print(f"{key[1]:28} p50 {p50:.3f} s, p95 {p95:.3f} s")

# %% [markdown]
# Time goes where tokens go: reading many, or writing one after the other. Retrieval is the same model with more to
# read, and a search before it; the last line shows what the search itself takes. (A p95 of twelve questions
# hangs on the slowest two, so the interval of D10 below is narrower than it should be.)

# %% [markdown]
# ## One table
#
# For each task, the main methods that its lessons measured on test, without their variants: choosing the best of many
# variants on test would flatter whoever tried most (lesson 01). Add a name from your own ledger, and it takes part. *Right*
# means, for messages, the label; for change requests, the risk alone (TF-IDF writes no JSON); for policy questions, a right
# answer, or silence where no policy holds one.

# %%
MAIN = {
    "intents": ["TF-IDF + logistic regression", "MiniLM + logistic regression"],
    "changes": ["always medium", "TF-IDF + logistic regression", "prompt, constrained JSON"],
    "policy_qa": ["always abstain", "best quote, fused, reranked", "closed book"],
}
MAIN["intents"] += ["zero-shot prompt", "prompt, best words", "few-shot, 8 nearest", TUNED]
MAIN["changes"] += ["LoRA JSON, 400 requests"]
MAIN["policy_qa"] += ["retrieval, free answer", "retrieval, one quote, started answer"]
MAIN["policy_qa"] += ["combine: closed book, tuned reader", "combine: passages, tuned reader"]

# %%
from helpers import statistics
from helpers.results import comparisons, costs, evidence, ledger, overview

rows = {
    task: [row for row in ledger.rows(task, "test", reference=True) if row.method in names]
    for task, names in MAIN.items()
}
covered = 0.0 if few else comparisons.COVERED  # a quick run has measured few items of each
together = {task: comparisons.on_same_items(found, covered) for task, found in rows.items()}
for task, found in rows.items():
    theirs = sum(row.reference for row in found)
    gone = {*MAIN[task]} - {row.method for row in found}
    print(f"{task:10} {len(found)} methods, {theirs} of them reference;", end=" ")
    print(f"compared on {together[task].rows[0].n} items they share", end="")
    print(f"; left out: {', '.join([*together[task].left_out, *gone]) or 'none'}")
PRICES, HOUR = costs.EXAMPLE_PRICES, costs.EXAMPLE_HOUR
print(
    f"dollars per million tokens: {PRICES.read} read, {PRICES.written} written ({PRICES.note})"
)
print(f"dollars per hour of this machine: {HOUR} (an example too)")

# %% [markdown]
# Prices are examples; put in what you pay: `PRICES = costs.Prices(read, cached, written, "where and when")`. A hosted
# model is paid by the token, and many hosts ask more for a tuned one: `TUNED_PRICES` below is yours to set. Your own
# machine is paid by the hour, here as if it were busy all the time. *Change* is the computing until a changed version is
# trained and measured again; what people need comes on top. **Predict:** which column varies most between methods?

# %% tags=["machine"]
from IPython.display import Markdown, display

every_row = [row for found in rows.values() for row in found]
display(Markdown(overview.table(every_row, PRICES, HOUR, seconds)))

# %% [markdown]
# A dash means: not measured, and nothing is guessed. *Plain* is what needs no language model that writes. *Valid* is the
# share of answers that name a label at all; a classifier's always do. Training, machine dollars and change are those of
# the machine that measured the row, for *reference* rows the course's own: mostly CPUs, but eight nearest examples ran on
# a GPU, so its row looks cheap and quick there. p50 and p95 are from here and now. Do not read small differences in them.
# Within a task, time varies by far more than quality does.

# %%
from helpers.lesson.plots import decide as pictures

summaries = {
    task: [overview.summary(row, PRICES, HOUR) for row in kept.rows]
    for task, kept in together.items()
}
kinds = {"intents": "by_tokens", "changes": "by_machine", "policy_qa": "by_tokens"}
for task, found in summaries.items():
    title = f"{task}: quality against cost per 1,000 requests"
    pictures.quality_and_cost(found, title, by=kinds[task])

# %% [markdown]
# Tokens where they were counted, since they are the same on every machine; for change requests machine time, with the
# caution above. In the pictures by tokens, what reads none stands at 0, which a logarithmic axis has only because we put it
# there; it still takes a little machine time.
#
# What you look for is the upper left: right more often, and cheap. A method with another one *measurably* above it (next
# section) and to its left has no argument on its side, except one that the picture does not show, such as how fast it can
# be changed.

# %% [markdown]
# ## A winner, or a tie?
#
# With a few methods there are already many pairs, and each 5 % test may ring by chance. **Predict:** eight methods of
# the same true quality, 28 pairs: how often does at least one pair "differ"?

# %%
rng = np.random.default_rng(0)
alarms = np.zeros(2)
for _ in range(200):
    equal = rng.random((8, 300)) < 0.6  # eight methods, 300 messages, no difference
    p_values = np.array(list(comparisons.all_p_values(equal).values()))
    alarms += p_values.min(axis=0) < 0.05
print(f"a false winner somewhere, each pair tested alone: {alarms[0] / 200:.2f} of the rounds")
print(f"the same, corrected for the number of pairs:      {alarms[1] / 200:.2f}")

# %% [markdown]
# ### Your turn 08.1
#
# The correction is [Holm's](../docs/glossary.md#holm-correction). Sort the p-values; multiply the smallest by their
# number m, the next by m − 1, and so on; none may end up smaller than the one before it, nor above 1. Write
# `holm(p_values)`: the adjusted values, in the order given.


# %%
#: solution
def holm(p_values):
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


#: why The smallest p-value stands for m tests, the next for the m − 1 that are left. The running maximum keeps the order:
# a larger p-value must not end up below a smaller one.
#: stub
#| def holm(p_values):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution

check("08.1", holm)

# %% [markdown]
# Now the three tasks. Each method is compared with the one that has the highest estimate, on the same items. The
# leader was chosen on these very items, so the correction counts all pairs, not only its own. The gray band: differences
# too small to be worth having, 0.03, a bound that lesson 01 set before anything was measured.

# %%
standings = {}
for task, kept in together.items():
    standings[task] = comparisons.standing(kept.rows)
    n = kept.rows[0].n
    pictures.forest(standings[task], f"{task}: behind the leader, {n} items", 0.03)

# %% [markdown]
# The bar is that of one comparison, the word beside it is corrected for all pairs: so a bar may leave out zero and
# the word still be cautious. *Too close to call* is a finding: these items cannot tell the two apart, or only by less than
# matters, so choose by cost, speed or ease of change. How often does a lower estimate hide a tie?

# %%
rivals = [pair for standing in standings.values() for pair in standing.rivals]
unsure = [pair for pair in rivals if not pair.verdict.startswith("worse")]
small = [pair for pair in rivals if pair.verdict == "worse, by less than matters"]
print(f"{len(rivals)} rivals have a lower estimate than their leader;", end=" ")
print(f"{len(unsure)} of them are not measurably worse, {len(small)} by less than matters")
for task, standing in standings.items():
    print(f"{task:10} {standing.call}")

# %% [markdown]
# So decide. Where methods tie, take the cheapest by tokens, a rule that was set before looking; a plain method costs none.

# %%
choice = {}
for task, standing in standings.items():
    tied = [s for s in summaries[task] if s.method in standing.tied]
    free = [s for s in tied if s.by_tokens is not None] or tied
    choice[task] = min(free, key=lambda s: (s.by_tokens or 0.0, -s.quality.estimate))
    print(f"{task:10} {choice[task].method}, right {choice[task].quality}")

# %% [markdown]
# Among ties that cost no tokens the estimate decides, which is no evidence. And a choice need not be good enough: compare
# that for policy questions with *always abstain* in the forest above.
#
# ## Who wins where?
#
# One number hides kinds of messages. The frame marks the highest share in each column; with few messages of a kind,
# read it as a hint where to look.

# %%
label_of = {message.id: message.label for message in intents.read("test")}
type_of = {question.id: question.type for question in policies.load_policy_questions("test")}
for task, group_of in (("intents", label_of), ("policy_qa", type_of)):
    kinds = comparisons.per_group(together[task].rows, group_of)
    names = [row.method for row in together[task].rows]
    pictures.groups(kinds, names, f"{task}: who is right on which kind")

# %% [markdown]
# Look at the policy questions: the tuned reader, asked without passages, is right only where silence is right. It ties in
# the total and answers nothing correctly.
#
# ## The mix will change
#
# The test set has equally many messages of each label; next month will not. If only the mix changes, you need no new
# predictions: weigh the old ones.
#
# ### Your turn 08.2
#
# Write `accuracy_under(hits, labels, mix)`: `hits` holds one 1 or 0 per message, `labels` its label, `mix` maps
# labels to their shares to come, which need not sum to one. Every label with a share has messages; labels that the mix does
# not name get no weight.


# %%
#: solution
def accuracy_under(hits, labels, mix):
    hits, labels = np.asarray(hits, dtype=float), np.asarray(labels)
    total = sum(mix.values())
    return sum(
        share / total * hits[labels == label].mean() for label, share in mix.items() if share
    )


#: why Within a label the accuracy stays what it was; only its weight changes. Averaging over messages instead would give
# each label the share that it happens to have in the test set.
#: stub
#| def accuracy_under(hits, labels, mix):
#|     ...
#: end

check("08.2", accuracy_under)

# %% [markdown]
# A product launch goes wrong: half of all messages are now complaints, the rest as before. This mix was set before
# looking at any result. **Predict:** does the leader stay the leader?

# %%
LAUNCH = {label: 1.0 for label in LABELS} | {"complaint": 5.0}
shifts = {}
for row in together["intents"].rows:
    after = comparisons.under_mix(row, label_of, LAUNCH)
    shifts[row.method] = comparisons.change_under_mix(row, label_of, LAUNCH)
    print(f"{row.method:32} {row.interval.estimate:.3f} becomes {after}")
    print(f"{'':32} change {shifts[row.method]}")

# %% [markdown]
# Compare the column after *becomes*: methods that lie so close have no leader among them. Where the interval of a change
# leaves out zero (each taken alone, not corrected for their number), the same method on the same messages is probably worth
# something else next month. What this cannot show: complaints about a *new* product may be unlike those measured. Then only
# new labels help.

# %% [markdown]
# ## Money
#
# One article divides: fixed cost by saving per request, 500 / (0.02 − 0.005) = 33,333 (D1).
#
# ### Your turn 08.3
#
# Write `break_even(fixed, old, new)`: the smallest whole number of requests after which a fixed outlay is paid back,
# when a request costs `old` dollars now and `new` then. 0 if `fixed` is 0 and `new` is not above `old`; otherwise `None`
# if `new` is not below `old`. Mind the binary fractions of a computer: `0.3 - 0.2` is not 0.1, and `Fraction(str(0.3))` is
# exact.

# %%
import math
from fractions import Fraction


#: solution
def break_even(fixed, old, new):
    fixed, old, new = (Fraction(str(value)) for value in (fixed, old, new))
    if fixed == 0 and new <= old:
        return 0
    if new >= old:
        return None
    return math.ceil(fixed / (old - new))


#: why Rounding down leaves a part of a cent unpaid, so round up. Where nothing is saved there is no number to return, and
# where each request costs more, a negative one would be nonsense: None says so. Exact fractions keep 0.3 − 0.2 at 0.1.
#: stub
#| def break_even(fixed, old, new):
#|     ...
#: end

check("08.3", break_even)

# %%
own_figures = {
    "as printed": (500, 0.02, 0.005),
    "equal cost": (500, 0.02, 0.02),
    "tuning dearer": (500, 0.005, 0.02),
}
faults = {}
for name, figures in own_figures.items():
    try:
        printed = costs.article_formula(*figures)
    except ZeroDivisionError:
        printed = "stops: division by zero"
    right = costs.requests_needed(*figures)
    faults[name] = printed != right
    print(
        f"{name:14} the article's formula: {printed};  right: {'never' if right is None else right}"
    )
upkeep = costs.Case(500, 0.02, 0.005, requests=10_000, upkeep=100, retrain=300, retrain_every=6)
found = costs.break_even(upkeep)
faults["with upkeep"] = found.requests != costs.article_formula(500, 0.02, 0.005)
print(f"with upkeep and retraining: {found.statement}")

# %% [markdown]
# Now with measured figures: a few-shot prompt pays for its examples with every request, the tuned model read them
# once. Tokens are what a provider bills; seconds of single requests are what your own machine needs if no two arrive
# together. (The table's machine column is no guide here: its rows ran in batches, and not all on the same machine.)
# What people cost is in neither, so it goes into `fixed`: here 300 dollars for labels and evaluation; besides, 10 dollars of
# upkeep a month and 50 for a retraining every six months, all examples. `old` and `new` are the dollars of a request before
# and after; the horizon is 24 months.

# %%
TUNED_PRICES = PRICES  # where the tuned model is hosted
VOLUME = 1_000_000  # requests a month
best = {task: overview.best_of(kept.rows) for task, kept in together.items()}
by_name = {row.method: row for row in together["intents"].rows}
shots, tuned = by_name["few-shot, 8 nearest"], by_name[TUNED]
tokens = {
    row.method: overview.summary(row, prices).by_tokens
    for row, prices in ((shots, PRICES), (tuned, TUNED_PRICES))
}
machine = {
    row.method: costs.by_machine(float(np.mean(seconds["intents", row.method])), HOUR)
    for row in (shots, tuned)
}
ratios = {
    name: each[shots.method] / each[tuned.method]
    for name, each in (("tokens", tokens), ("machine", machine))
}

# %% tags=["machine"]
for name, ratio in ratios.items():
    print(
        f"by {name}: eight examples cost {ratio:.1f} times as much a request as the tuned model"
    )

# %%
case = costs.Case(
    fixed=300 + tuned.training_seconds / 3600 * HOUR,
    old=tokens[shots.method] / 1000,
    new=tokens[tuned.method] / 1000,
    requests=VOLUME,
    upkeep=10,
    retrain=50,
    retrain_every=6,
)
print(costs.break_even(case).statement)

# %%
from dataclasses import replace

volumes = (100_000, 1_000_000, 10_000_000)
pictures.balance(
    {f"{n:,} requests a month": replace(case, requests=n) for n in volumes},
    "Tuning instead of eight examples: dollars over two years",
)
pictures.sensitivity(costs.sensitivity(case), "What the gain after two years hangs on", 2)

# %% [markdown]
# The widest bars decide. Training itself is cents here; people are the fixed cost. *A retraining later costs more than is
# there* means that the month after it starts in debt again. Neither of the two is what you chose for messages: a plain method
# reads no tokens, and against it tuning never pays. On a large model requests and training cost more; move the sliders and
# see where your case lies.

# %%
from helpers.lesson.widgets import decide as faces

faces.break_even(case)

# %% [markdown]
# ## Five rules
#
# The articles decide by a tree (A), a checklist (B), three questions (C), three steps (D) and a matrix (E). In
# [decisions](../helpers/results/decisions.py) each is a function of the same facts. Where an article names no number, ours
# stands there as a constant, so that you can change it.
#
# ### Your turn 08.4
#
# Write C's rule yourself: `three_questions(labels, short, special)`. `labels` counts solved examples, `short` is the target
# minus the best prompt's share right, `special` is True for a specialized task. Under 50 `labels`: `"prompt"`. `short` of 0
# or less: `"prompt"`. Of 0.20 or more: `"none of these"`. Of 0.10 or less, or a `special` task: `"tune"`. Else `"prompt"`.
# The questions are asked in this order.


# %%
#: solution
def three_questions(labels, short, special):
    if labels < 50 or short <= 0:
        return "prompt"
    if short >= 0.20:
        return "none of these"
    return "tune" if short <= 0.10 or special else "prompt"


#: why Order matters: with 40 labels the rule never asks how short the prompt falls, and a task 0.20 short is given up
# before anyone asks whether it is special.
#: stub
#| def three_questions(labels, short, special):
#|     ...
#: end

check("08.4", three_questions)

# %% [markdown]
# The facts: some measured, some known, some yours to set, such as the target. Some are a choice: that the prompt's fault on
# change requests is one of *behavior* (a form never kept, a risk never weighed) can be disputed. **Predict:** on which task
# will the rules agree with each other, and on which with the measurement?

# %%
from helpers.results import decisions

TARGET = 0.80  # share right that would do
yes = {
    "intents": {"narrow", "stable"},
    "changes": {"behavior", "narrow", "stable"},
    "policy_qa": {"needs_facts", "facts_change", "stable"},
}
counts = {"intents": (600, 0), "changes": (400, 0), "policy_qa": (300, 30)}  # labels, documents
facts = {}
for task, said in yes.items():
    answers = [question in said for question in faces.QUESTIONS]
    prompt = best[task]["prompt"].interval.estimate
    facts[task] = decisions.Facts(*answers, *counts[task], VOLUME, prompt, TARGET)
for name, words in faces.QUESTIONS.items():
    print(f"{name:13} {words}: {', '.join(task for task in yes if name in yes[task])}")

# %%
measured = {task: decisions.measured(kept.rows) for task, kept in together.items()}
judged = {}
for task, known in facts.items():
    print(f"\n{task}: not measurably behind the leader: {', '.join(measured[task].approaches)}")
    for advice in decisions.ask_all(known):
        judged[task, advice.article] = measured[task].judge(advice)
        print(f"  {advice.article} {advice.kind:15} {advice.approach:16}", end=" ")
        print(f"{judged[task, advice.article]:17} {advice.because}")
for task, kept in together.items():
    overall = decisions.measured(kept.rows, plain=True)
    print(f"\n{task}: with the plain baselines among them: {', '.join(overall.approaches)}")

# %% [markdown]
# *Held* means that a rule names the one approach that measurably leads; *too close to call*, that others tie with it.
# The rules know no plain baseline, so no rule can name one, even where the last lines do; and *none of these* can never be
# the measured winner, even where nothing reaches the target. *Held* says nothing of the target either: a rule can name the
# winner for a reason that fails. And where E's points tie, our code takes the first, which is not the article's fault.
#
# ## Too hard even for tuning?
#
# C gives up on a task that falls 20 points short (D6). How far does the best tuned method come, with retrieval or without?

# %%
closed = {}
for task, known in facts.items():
    tuned_rows = [best[task][way] for way in ("tune", "retrieve + tune") if way in best[task]]
    if known.short >= decisions.FAR and tuned_rows:
        top = max(tuned_rows, key=lambda row: row.interval.estimate)
        gain = ledger.compare(best[task]["prompt"], top).difference
        closed[task] = top
        print(f"{task:10} prompt {known.short:.2f} short of {TARGET:.2f};", end=" ")
        print(f"{top.method}: {top.interval}, minus the prompt {gain}")

# %% [markdown]
# ## People
#
# For replies there may be no gold label, and then people judge. Two habits keep it honest: the rater does not know
# which method is on which side, and a second rater judges the same pairs. The course ships two sets of ratings of 24
# pairs of replies, a plain one and one in Larkfield's voice. They are **not by people** but by one large language model in
# two roles; the [datasheet](../data/ratings/DATASHEET.md) says what they cannot show.

# %%
from helpers.results import ratings

pairs = ratings.load_pairs()
plain, voiced = pairs[0].names
given = {}
for rating in ratings.shipped():
    given.setdefault(rating.rater, []).append(rating)
for rater, by_one in given.items():
    wins = ratings.win_rate(by_one, voiced, plain)
    none = sum(not rating.preferred for rating in by_one)
    print(
        f"{rater}: {voiced!r} preferred in {wins} of the decided pairs; {none} undecided;",
        end=" ",
    )
    means = [np.mean([rating.scores[name] for rating in by_one]) for name in pairs[0].names]
    print(f"mean score {means[1]:.2f}, {plain!r} {means[0]:.2f}")
choices, scores = ratings.agreement(*given.values())
first, second = ({r.pair: r.preferred for r in by_one} for by_one in given.values())
same = [first[pair] == second[pair] for pair in first]
print(f"both prefer the same in {np.mean(same):.2f} of the pairs;", end=" ")
print(f"Cohen's kappa {choices}, weighted on the scores {scores}")

# %% [markdown]
# [Kappa](../docs/glossary.md#kappa) is the agreement left beyond chance; *weighted*, a 4 against a 5 counts as nearly
# agreed. Where nearly everything goes to one side, chance alone agrees often, and kappa can be low although most
# preferences agree. A [win rate](../docs/glossary.md#win-rate) says nothing of pairs in which both are bad; scores do. And
# `ratings.left_share` tells of a rater who likes a side.
#
# ### Your turn 08.5
#
# Ratings arrive blind: dicts with `left` and `right`, the hidden names of the two methods, and `choice`, one of
# `"left"`, `"right"`, `"neither"`. Write `win_share(ratings, method)`: among those with a preference, the share that
# prefers `method`; `None` if no rating has one.


# %%
#: solution
def win_share(ratings, method):
    preferred = [
        rating[rating["choice"]] for rating in ratings if rating["choice"] != "neither"
    ]
    return preferred.count(method) / len(preferred) if preferred else None


#: why The side is looked up in the rating itself, so a method gets its wins from both sides. Counting "left" would measure
# where an answer stood.
#: stub
#| def win_share(ratings, method):
#|     ...
#: end

check("08.5", win_share)

# %% [markdown]
# Now you. Each rating is kept in `results/ratings.jsonl` the moment you save it; after a restart the widget goes on
# where you stopped. `ratings.agreement(ratings.kept("me"), next(iter(given.values())))` compares you with a rater of
# the course.

# %%
faces.rate(pairs)

# %% [markdown]
# ## After the decision
#
# What runs must be known by its parts: model, prompt, index, adapter. A [registry](../docs/glossary.md#registry)
# keeps each version with its evaluation, and nothing is ever rewritten. Say that the prompt with eight examples runs,
# and somebody proposes the shorter prompt: far fewer tokens.

# %%
from helpers.results import registry

shorter = by_name["prompt, best words"]
index_hash = files.fingerprint("intents/train.jsonl")
eight, brief = f"eight examples, {lm.name} {index_hash[:4]}", f"short prompt, {lm.name}"
registry.register(eight, shots, model=lm.name, prompt="8 nearest", index=index_hash)
registry.register(brief, shorter, model=lm.name, prompt="best words")
registry.promote(eight, "right more often than random examples, lesson 03")
for name, version in registry.versions().items():
    print(f"{name:45} {version.sha256}  {version.right} of {version.n} right on {version.task}")
print("in use:", registry.in_use().name)

# %% [markdown]
# A [canary run](../docs/glossary.md#canary-run) lets both versions answer the same traffic, and stops as soon as the
# evidence suffices. Looking after every message with an ordinary test would ring false sooner or later. Here the
# evidence is a bet against "no worse": it may be looked at any time, and reaches 20 (1 / 0.05) by chance in at most 5 % of
# all runs. Traffic is drawn from the test messages, and both versions answer each, which is often called a shadow run. (The
# code promotes the new version first, only so that there is something to roll back; in life the run comes before.)
# **Predict:** is the shorter prompt stopped, and after how many messages?

# %%
registry.promote(brief, "fewer tokens")
traffic = np.random.default_rng(8).integers(0, shots.n, size=1000)
before, after = (np.array(row.correct, dtype=bool)[traffic] for row in (shots, shorter))
coin = np.random.default_rng(9).random(1000) < 0.5
runs = {
    "the shorter prompt": registry.canary(before, after),
    "an equally good version": registry.canary(
        np.where(coin, before, after), np.where(coin, after, before)
    ),
}
pictures.canary(runs, "Evidence that the new version is worse", registry.ALARM)
print(f"the shorter prompt: {runs['the shorter prompt'].outcome}")
if runs["the shorter prompt"].outcome != "promote":
    print("rolled back to:", registry.roll_back("the canary run").name)

# %%
outcomes = {"worse": [], "equal": []}
for seed in range(200):
    draw = np.random.default_rng(seed)
    traffic = draw.integers(0, shots.n, size=300)
    before, after = (np.array(row.correct, dtype=bool)[traffic] for row in (shots, shorter))
    coin = draw.random(300) < 0.5
    mixed = np.where(coin, before, after), np.where(coin, after, before)
    outcomes["worse"].append(registry.canary(before, after).outcome == "roll back")
    outcomes["equal"].append(registry.canary(*mixed).outcome == "roll back")
caught = statistics.wilson_interval(sum(outcomes["worse"]), 200)
false = statistics.wilson_interval(sum(outcomes["equal"]), 200)
print(f"stopped within 300 messages, of 200 runs: the worse version {caught},")
print(f"an equally good one {false}")

# %% [markdown]
# The shorter prompt is a great deal worse. A version that is a little worse needs far more messages, and the run may end
# undecided. And in life nobody hands you gold labels for traffic: a canary needs a label from somewhere, a person or a
# complaint.
# What needs none is the input itself. [Drift](../docs/glossary.md#drift) triggers watch it: here the labels predicted
# and the length of messages, on *test* against the *shifted* set.

# %%
sorter = "TF-IDF + logistic regression"
periods = {}
for split in ("test", "shifted"):
    answers = ledger.find("intents", sorter, split)
    text_of = {message.id: message.text for message in intents.read(split)}
    words = [len(text_of[item].split()) for item in answers.ids]
    periods[split] = {"predicted labels": answers.predictions, "words": words}
for trigger in registry.triggers(*periods.values(), {"predicted labels": 0.15, "words": 0.15}):
    rings = "rings" if trigger.rings else "is silent"
    print(
        f"{trigger.watched:17} moved by {trigger.moved:.2f}, p = {trigger.adjusted:.3f}: {rings}"
    )

# %% [markdown]
# *Moved* runs from 0, the same, to 1, nothing in common; a trigger rings if it is at least 0.15 and p, corrected for both, is
# below 0.05 (0.000 means below 0.0005). It says *measure again*, not *it got worse*: lesson 02 measured this method on
# this very set, beside the prompt of P6. And one that is silent has only watched what it watches.
#
# ### Playground
#
# Start from a task, then change the answers: when does a rule change its mind, and what does your ledger say to that? *Your
# ledger* means the methods of the language model here; plain ones are left out, as the rules know none.
# Without widgets, call `faces.decision_html(facts["intents"], measured["intents"])` and show it with
# `IPython.display.HTML`.

# %%
faces.decide({task: (known, measured[task]) for task, known in facts.items()})

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. A rule of several
# parts holds only if every part does. *Underpowered*: too close to call, or unable to come out both ways, with so few
# items; how many would do stands beside. *Not tested*: nothing here measures it.
#
# D1 *as printed* is off by one request, by rounding; its other cases matter. D2 is about one request, without fixed cost.
# D3's *other measures* are cost by tokens, by machine time, and time to change. D4 leaves out answers that are too close to
# call. No task is 5 to 10 points short, as half of D6 asks; no people judged for D7.

# %%
claims.conclude("D1", {name: evidence.yes(not is_wrong) for name, is_wrong in faults.items()})

# %% tags=["machine"]
pair = [shots, tuned]
claims.conclude(
    "D2",
    {
        "tokens": evidence.number(ratios["tokens"], of=pair),
        "machine time": evidence.number(ratios["machine"], of=pair),
    },
)

# %%
compared = {task: kept.rows for task, kept in together.items()}
named = {}
for task, found in summaries.items():
    models_only = [s for s in found if s.approach != "plain"]
    top = max(models_only, key=lambda s: s.quality.estimate).method
    by = overview.cheapest(models_only)
    others = sum(method != top for method in by.values())
    named[task] = evidence.number(others, of=compared[task], note=f"of {len(by)}")
claims.conclude("D3", named)

# %%
all_compared = [row for each in compared.values() for row in each]
clear = [found == "held" for found in judged.values() if found != "too close to call"]
claims.conclude("D4", {"named": evidence.share(clear, of=all_compared)} if clear else {})
behind = f"of {len(rivals)}"
claims.conclude("D5", {"not worse": evidence.number(len(unsure), of=all_compared, note=behind)})

# %%
claims.conclude("D6", {"far": [evidence.share(row, note=task) for task, row in closed.items()]})
claims.conclude("D7", {})
moved = [
    evidence.number(shifts[row.method], n=row.n, of=row, note=row.method)
    for row in compared["intents"]
]
claims.conclude("D8", {"moved": moved})

# %%
claims.conclude(
    "D9",
    {
        "caught": evidence.share(outcomes["worse"], of=[shots, shorter]),
        "false alarm": evidence.share(outcomes["equal"], of=[shots, shorter]),
    },
)

# %% tags=["machine"]
one, two = (seconds["policy_qa", name] for name in ("closed book", "retrieval, free answer"))
slower = statistics.ratio_interval(one, two, lambda x, axis: np.quantile(x, 0.95, axis=axis))
number_format = str(lm.model.dtype).removeprefix("torch.")
ratio = evidence.number(slower, n=len(one), model=lm.name, dtype=number_format)
claims.conclude("D10", {"ratio": ratio})

# %% [markdown]
# And all claims of the course, each with its numbers and its lesson. Those marked *reference* come from the course's own
# runs, because you have not run that lesson here. Counted by outcome are the measured claims alone; a demonstration, or
# arithmetic on chosen figures, could hardly fail, so these stand apart.

# %% tags=["machine"]
from helpers.results import verdicts

told = verdicts.gather()
for counted in (verdicts.tally(told), verdicts.apart(told)):
    print(", ".join(f"{count} {name}" for name, count in counted.items()))
display(Markdown(verdicts.table(told)))

# %% [markdown]
# ## One page for a colleague
#
# The report holds the decision, its numbers and its pictures in one file that fetches nothing, and the same as
# Markdown. It is written into your results folder.

# %%
from helpers.results import report


def reason(task, method):
    standing = standings[task]
    if method != standing.leader:
        return f"not measurably behind {standing.leader}, and cheaper"
    return "leads" if len(standing.tied) == 1 else "a tie, in which none reads fewer tokens"


# %%
decided = [
    ("task", "choose", "right", "$ per 1,000", "why", "best with a model", "rules right")
]
for task, chosen in choice.items():
    by_model = measured[task].standing.leader
    letters = ", ".join(x for x in "ABCDE" if judged[task, x] == "held") or "none"
    price = f"{chosen.by_tokens:.4f}" if chosen.by_tokens is not None else "not counted"
    cells = chosen.method, str(chosen.quality), price, reason(task, chosen.method)
    decided.append((task, *cells, by_model, letters))
words = (
    "Each task on its frozen test set. Rules right: those that name the approach that leads among models.",
)
sections = [report.Section("The decision", words, tuple(decided))]
for task, standing in standings.items():
    figure, words = pictures.draw_forest(standing, f"{task}: behind the leader", 0.03)
    picture = report.Picture(pictures.png(figure), words)
    sections.append(report.Section(f"{task}: {standing.call}", picture=picture))

# %%
money = f"{costs.break_even(case).statement}. Prices: {PRICES.note}."
sections.append(report.Section("Money: tuning instead of eight examples", (money,)))
page, text = report.write("Prompt, retrieve or fine-tune?", sections)
print("written:", page.name, "and", text.name)

# %% [markdown]
# ## Three things to remember
#
# 1. A rule of thumb is a first guess; some were right here, and none could name a plain method. Ask it, then ask your ledger.
# 2. *Too close to call* is an answer. It lets cost, speed and ease of change decide.
# 3. A decision has a date. The mix shifts, prices fall, models change: keep versions, watch triggers, measure again.
#
# {{next}}
