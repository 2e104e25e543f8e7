# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What comes after the decision?
#
# **After this lesson you can**
#
# - name what runs by its parts, and go back to what ran before;
# - run a new version beside the old one, look as often as you like, and seldom be fooled;
# - say how many messages it takes to notice a small loss;
# - watch the traffic without any label.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** D9: keep a registry, run a
# canary, have triggers and a way back.

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# Lesson 08 chose a method. Now it runs, and somebody proposes another. Two versions, the same traffic, and evidence that
# may be looked at any time.

# %%
from helpers.lesson import diagrams

versions, ends = ["what runs now", "what is proposed"], ["roll back", "promote"]
arrows = [("same traffic", version) for version in versions]
arrows += [(version, "a bet") for version in versions]
arrows += [("a bet", end) for end in ends]
words = (
    "Both versions answer the same traffic; a bet on each message decides between back and on."
)
diagrams.flow([["same traffic"], versions, ["a bet"], ends], arrows, words)

# %% [markdown]
# ## What runs?
#
# A version is model, prompt, index and adapter; change one, and it is another version. A
# [registry](../../docs/glossary.md#registry) keeps each with its evaluation, and never rewrites a line. The prompt
# counts by its text: the digits behind each name below stand for all that the model read, and the words for the labels.
# Change a word, and it is another version, whatever the prompt is called.

# %% [markdown]
# Say that a prompt with nearest examples runs, and somebody proposes a shorter one without. (This lab reads
# rows of lessons 01 to 03: yours, or else the course's.)

# %%
from helpers.lesson import main_rows
from helpers.results import claims, registry

long, short = main_rows.running()
names = []
for row in (long, short):
    wording = registry.wording_of(row)
    name = f"{row.method}, {wording}"
    version = registry.register(name, row, model=row.model, prompt=wording)
    names.append(name)
    print(f"{name:42} {version.right} of {version.n} right on {version.task}, {row.model}")
registry.promote(names[0], "what has run until now")
print("in use:", registry.in_use().name)

# %% [markdown]
# ## Looking every day
#
# Let both versions answer the same traffic: a [canary run](../../docs/glossary.md#canary-run) (the bird that miners took
# along; nothing to do with the planted secrets of lesson 06). You will want to look after every message. A test *rings*
# when it says that one version is better: at an ordinary 5 %, where p falls below 0.05.

# %% [markdown]
# Simulate it with coins: two versions that are equally good, and of 1,000 messages 200 that only one of them has right, now
# this one, now that. Test after each of these, and repeat the whole many times. **Predict:** in how many of the repeats does
# the test ring at least once?

# %%
import numpy as np
from scipy import stats

from helpers import statistics
from helpers.machine import runtime

RUNS = 40 if runtime.profile().value == "fast" else 400
rng = np.random.default_rng(0)
rang = []
for _ in range(RUNS):
    coins = rng.random(200) < 0.5  # who is right on each of the 200: a fair coin
    thrown, wins = np.arange(1, 201), np.cumsum(coins)
    p_values = 2 * stats.binom.cdf(np.minimum(wins, thrown - wins), thrown, 0.5)
    rang.append(bool((p_values < 0.05).any()))
print("share of repeats that ring:", statistics.wilson_interval(sum(rang), RUNS))

# %% [markdown]
# A test that should ring falsely 1 time in 20 does so far more often, if you look again and again and stop when it rings.
#
# The remedy: bet 1 dollar against "the new version is no worse". If that is true, your 1 ever becomes 20 in at most 1
# run of 20, *however often you look*. If not, you get rich. A second bet, the other way round, promotes at 20, and is
# wrong as seldom.

# %% [markdown]
# ### Your turn 08.7
#
# Write `bet(old, new, stake)`: what 1 becomes. Both lists hold a 1 or 0 per message: was that version right? Only messages on
# which they differ move money: a share `stake` of what you own is won where the old version is right, lost where the new
# one is.


# %%
#: solution
def bet(old, new, stake):
    wealth = 1.0
    for before, after in zip(old, new):
        if before != after:
            wealth *= 1 + stake if before else 1 - stake
    return wealth


#: why If the new version is no worse, each message that parts them is a coin that falls its way at least half the time, so
# wealth does not grow on average. Multiplying, and not adding, is what makes a long losing streak of the new version pay.
#: stub
#| def bet(old, new, stake):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("08.7", bet)

# %% [markdown]
# Which stake? All of them at once, a little money on each. The course has a formula for that average: do the two agree?
# Our traffic is no new one: it is drawn, with repeats, from the test messages that both prompts have answered.

# %%
wealth = yours("08.7", bet, registry.bet)
traffic = np.random.default_rng(8).integers(0, long.n, size=1000)
before, after = (np.array(row.correct)[traffic] for row in (long, short))
first, then = before[:40], after[:40]
stakes = np.linspace(0.0005, 0.9995, 1000)
averaged = float(np.mean([wealth(first, then, stake) for stake in stakes]))
losses, wins = int((first > then).sum()), int((first < then).sum())
formula = registry.evidence(losses, wins)
print(
    f"a thousand stakes, averaged: {averaged:.4g}; the formula for all of them: {formula:.4g}"
)
print("They agree." if np.isclose(averaged, formula, rtol=0.01) else "They do not agree.")

# %% [markdown]
# Now the short prompt goes on trial: the registry notes it, and the long one stays in use. The height of a line is what the
# bet's 1 has become; at 20 the new version goes. The picture also shows two versions that are equally good: a coin says for
# each message which of the two prompts answers for which version.

# %%
from helpers.lesson.plots import decide as pictures

registry.try_out(names[1], "fewer tokens")
coin = np.random.default_rng(9).random(1000) < 0.5
runs = {
    "the short prompt": registry.canary(before, after),
    "an equally good version": registry.canary(
        np.where(coin, before, after), np.where(coin, after, before)
    ),
}
pictures.canary(runs, "Evidence that the new version is worse", registry.ALARM)

# %% [markdown]
# ## On, or back
#
# A version that passes is promoted; one that is stopped goes back. The last line asks the same messages the other way
# round: what if the short prompt had been in use, and the long one proposed?

# %%
run = runs["the short prompt"]
why = f"the canary run, after {run.messages:,} messages"
if run.outcome == "promote":
    registry.promote(names[1], why)
elif run.outcome == "roll back":
    registry.roll_back(why)
for entry in registry.history()[-3:]:
    print(f"{entry.action:9} {entry.version['name']} – {entry.why}")
print("in use:", registry.in_use().name)
print("the other way round:", registry.canary(after, before).outcome)

# %% [markdown]
# What passes and disappoints later goes back by the same call, so keep the version before it ready to run.

# %% [markdown]
# ## A small loss takes long
#
# Simulate again, now the bet, with versions that are 3, 5, 10 and 20 points worse, and one that is no worse. In a run
# messages come one by one. On 3 in 10 only one version is right, mostly the old one: at a loss of 10 points, the old on 2
# and the new on 1. The run ends when a bet reaches 20, or after `LENGTH` messages, whatever has come out.

# %% [markdown]
# Each size has many such runs; the picture shows after how many messages half of them, and nine in ten, have stopped the
# worse version. **Predict:** if 20 points are noticed after some number of messages, how many times as many do 5 points take?

# %%
SIZES, LENGTH = (0.20, 0.10, 0.05, 0.03), 4000  # points / 100; messages of a run
stopped = {loss: registry.detection(loss, 0.3, LENGTH, RUNS) for loss in SIZES}
pictures.detection(stopped, "When is a worse version noticed?")
false = np.isfinite(registry.detection(0.0, 0.3, LENGTH, RUNS))
alarms = statistics.wilson_interval(int(false.sum()), RUNS)
print(f"an equally good version is stopped in {alarms} of {RUNS} runs")

# %% [markdown]
# In theory half the loss takes four times the messages, as along the dotted line: the square root again, as with every
# interval of this course. Small losses take more still. The money is spread over all stakes, and for a small loss most
# stakes are too bold: they lose what the cautious ones win. At the smallest loss some runs ended with nothing noticed.

# %% [markdown]
# And somebody has to say for each message who is right. So decide first which loss you could not bear, then count the labels
# that it takes.

# %% [markdown]
# ## Without labels: drift
#
# Traffic has no right answers, but it has a face: how long messages are, what is predicted for them.
# [Drift](../../docs/glossary.md#drift) triggers compare two periods.

# %% [markdown]
# *Moved*: at least this share of the messages would have to change for the two to look alike; 0 the same, 1 nothing in
# common. A trigger *rings* where this reaches its limit, and chance would seldom do that. Here: the test messages, and
# the *shifted* ones with slang and typos. **Predict:** which of the two rings?

# %%
from helpers.results import ledger
from helpers.tasks import intents

sorter = "TF-IDF + logistic regression"
periods, right = [], []
for split in ("test", "shifted"):
    row = ledger.find("intents", sorter, split)
    text_of = {message.id: message.text for message in intents.read(split)}
    words = [len(text_of[item].split()) for item in row.ids]
    periods.append({"predicted labels": row.predictions, "words in a message": words})
    right.append(row.interval)
for one in registry.triggers(*periods, {"predicted labels": 0.15, "words in a message": 0.15}):
    state = "rings" if one.rings else "is silent"
    print(f"{one.watched:18} moved by {one.moved:.2f}, p = {one.adjusted:.2g}: {state}")
print(f"right: {right[0]} before, {right[1]} after")

# %% [markdown]
# A trigger says *measure again*. Whether it got worse, only labels can tell. The last line has them: the messages look
# different, but whether fewer are sorted right these intervals, which overlap widely, do not tell.

# %% [markdown]
# ### Playground
#
# Choose the loss you could not bear (0.08 is 8 points), and on which share of the messages only one version is right. After
# how many messages would you know?

# %%
LOSS, DIFFER = 0.08, 0.25  # LOSS at most DIFFER
mine = registry.detection(LOSS, DIFFER, LENGTH, RUNS)
half = registry.until(mine, 0.5)
if np.isfinite(half):
    print(f"{100 * LOSS:g} points worse: half of the runs notice it after {half:,.0f} messages")
else:
    print(
        f"{100 * LOSS:g} points worse: fewer than half of the runs notice it in {LENGTH:,} messages"
    )

# %% [markdown]
# ## What we found
#
# D9 is judged by its canary alone, on these simulated runs, with 2,000 messages to notice a loss: registry, triggers and the
# way back were shown, not measured.

# %%
from helpers.results import evidence

within = 2000  # messages
parts = {
    f"{100 * loss:g} points": evidence.share(times <= within) for loss, times in stopped.items()
}
claims.conclude("D9", parts | {"false alarm": evidence.share(false)})

# %% [markdown]
# ## Three things to remember
#
# 1. Know what runs by its parts, and keep the way back short.
# 2. A bet may be looked at any time; an ordinary test may not.
# 3. Small losses take thousands of judged messages. Decide first which loss you could not bear.
#
# {{next}}
