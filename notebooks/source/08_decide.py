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
# - read one table of quality, dollars per *right* answer and waiting time;
# - tell a winner from a tie, and choose within it;
# - say what another mix of messages, or other prices, change;
# - write one page: what to try first, and what would change your mind.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** D1 to D6, D8 and D10; in labs
# [D7](labs/08_people.ipynb) and [D9](labs/08_after.ipynb).

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# Today you measure nearly nothing: you decide.

# %%
from helpers.lesson import diagrams
from helpers.results import claims

asked = ["a tie?", "another mix?", "dollars?"]
arrows = [("your rows", "one table"), ("choose", "one page")]
for question in asked:
    arrows += [("one table", question), (question, "choose")]
diagrams.flow(
    [["your rows"], ["one table"], asked, ["choose"], ["one page"]],
    arrows,
    "All rows go into one table. Ties, another mix of messages and dollars decide what to choose; "
    "the choice goes onto one page.",
)
claims.show("08")

# %% [markdown]
# ## One table
#
# Three tasks, and for each the methods that their lessons chose on dev. A star: the course's row, not yours. Rightful silence
# counts as right; *best quote* need only hold the answer.

# %%
from helpers.lesson.main_rows import MAIN, SHOTS, TUNED
from helpers.results import comparisons, costs, decisions, judged, money, overview

together = overview.gather(MAIN)  # for each task, its rows on the same items

# %% [markdown]
# A user waits for *one* request. So ask one at a time: half are faster than [p50](../docs/glossary.md#p50-and-p95), 19 of 20
# faster than p95. We time some methods, on the prompts they were scored with. Of twelve requests p95 is nearly the slowest.
# **Predict:** which is slower, examples in the prompt or the tuned model?

# %% tags=["machine"]
from helpers.lesson import own_prompts

timed = own_prompts.time_all(together)

# %% [markdown]
# A provider bills tokens read and written, and less for a beginning that all prompts share and that is *cached*; we count
# that beginning while timing. A wrong answer is billed like a right one; so divide
# by the share right.

# %%
from IPython.display import Markdown, display

from helpers.methods.search import unequal

PRICES = costs.EXAMPLE_PRICES  # yours: costs.Prices(read, cached, written, "where and when")
seconds = {key: one.seconds for key, one in timed.items()}
cached = {key: one.shared_tokens for key, one in timed.items()}
summaries = {
    task: [overview.summary(row, PRICES, alone=seconds, cached=cached) for row in kept.rows]
    for task, kept in together.items()
}
print(f"dollars per million tokens: {PRICES}")

# %% tags=["machine"]
for task, lines in summaries.items():
    display(Markdown(f"**{task}**\n\n{overview.table(lines)}"))
    print("not equal:", *(unequal(together[task].rows) or ["nothing"]), sep="\n- ")

# %% [markdown]
# *Not equal*: what else sets the rows apart. *Risk only* names the risk and writes no form; *best quote* shows a sentence and
# states no answer. A dash was not measured (a price: or nothing was right). Plain methods read no tokens: 0 dollars. *Time
# to change*: to train and test anew, on each row's machine, some a GPU: do not compare. **Look for the upper left:** right,
# and cheap.

# %%
from helpers.lesson.plots import decide as pictures

pictures.quality_and_cost(summaries["intents"], "Sorting messages", by="per_right")

# %% [markdown]
# ## A winner, or a tie?
#
# A 5 % test raises a false alarm once in 20. **Predict:** eight methods of the *same* true quality, 28 pairs: how often does
# some pair "differ"?

# %% [markdown]
# ### Your turn 08.1
#
# [Holm's](../docs/glossary.md#holm-correction) remedy: sort the p-values; multiply the smallest by their number m, the
# next by m − 1, and so on. In that order none may end up below the one before it, and none above 1: 0.01, 0.04, 0.03 become
# 0.03, 0.06, 0.06. Write `holm(p_values)`: the adjusted values, in the order given.

# %%
import numpy as np


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


from helpers.lesson.exercises import check, hint, solution, yours

check("08.1", holm)

# %%
adjust = yours("08.1", holm, comparisons.holm)
rng = np.random.default_rng(0)
alarms = np.zeros(2)
for _ in range(200):
    equal = rng.random((8, 300)) < 0.6  # eight methods, 300 messages, no difference
    alarms += np.min(list(comparisons.all_p_values(equal, adjust).values()), axis=0) < 0.05
print(f"a false winner somewhere, each pair tested alone: {alarms[0] / 200:.2f} of the rounds")
print(f"the same, corrected:                              {alarms[1] / 200:.2f}")

# %% [markdown]
# Now your function on each task: every method against the one with the highest share, on the same items. Gray: differences
# under 0.03, too small to be worth having. A word says *worse* or *too close to call*; "by less than matters": the whole
# bar is gray. **Predict:** on which task does no method lead alone?

# %%
standings = {}
for task, kept in together.items():
    standings[task] = comparisons.standing(kept.rows, adjust)
    n = kept.rows[0].n
    pictures.forest(standings[task], f"{task}: behind the leader, {n} items", 0.03)

# %% [markdown]
# The bar is that of one comparison; the word is corrected for all pairs, and so more cautious.

# %% [markdown]
# ## The mix will change
#
# The test set has as many messages of each label; next month will not. If only the mix changes, take the accuracy within
# each label, and average these with the new shares as weights.

# %% [markdown]
# ### Your turn 08.2
#
# Write `accuracy_under(hits, labels, mix)`: `hits` holds a 1 or 0 per message, `labels` its label. `mix` maps a label to its
# share next month; divide by the sum of the shares. Every label with a share has messages; one that the mix does not name
# gets no weight.


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
# A launch goes wrong: half of all messages are complaints now, the rest as before. The mix was set before anybody
# looked. **Predict:** which methods gain, which lose?

# %%
from helpers.tasks import intents

weighed = yours("08.2", accuracy_under, comparisons.accuracy_under)
LAUNCH = {label: 1.0 for label in intents.LABELS} | {"complaint": 5.0}
label_of = {message.id: message.label for message in intents.read("test")}
for row in together["intents"].rows:
    after = float(np.mean(weighed(row.correct, [label_of[item] for item in row.ids], LAUNCH)))
    before = row.interval.estimate
    print(f"{row.method:30} {before:.3f} becomes {after:.3f}: {after - before:+.3f}")
moved, change, p_value = comparisons.most_changed(
    together["intents"].rows, label_of, LAUNCH, adjust
)
print(f"Least likely to be chance: {moved.method} changes by {change}, p = {p_value:.2g},")
print("corrected for the number of methods.")

# %% [markdown]
# ## Dollars
#
# One article (E below) divides fixed cost by the saving of a request: 500 / (0.02 − 0.005) = 33,333. **Predict:** do so many
# requests pay back the 500?

# %% [markdown]
# ### Your turn 08.3
#
# Write `break_even(fixed, old, new)`: the smallest whole number of requests that pays back `fixed`, when one costs `old`
# now and `new` then.
#
# - Nothing to pay back (`fixed` is 0) and nothing lost (`new` not above `old`): 0.
# - Otherwise, nothing saved (`new` not below `old`): `None`.
# - In Python `0.3 - 0.2` is not 0.1; `Fraction(str(0.3))` is exact.

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

# %% [markdown]
# Now your own case: the tuned model instead of nearest examples, for a million *right* answers a month. Examples cost a
# longer prompt, and a search for each message; tuning costs some labels more, and a day of somebody's work, again every
# six months. **Predict:** what weighs most?

# %%
needed = yours("08.3", break_even, costs.requests_needed)
people = costs.People(wage=40, minutes_a_label=0.5, hours=8)
rivals = money.rivals(
    together["intents"].rows, SHOTS, TUNED, "MiniLM + logistic regression", cached
)
cases = rivals.cases(PRICES, people, a_month=1_000_000, upkeep=10, retrain_every=6)

fixed, day = cases["as given"].fixed, people.outlay(0)  # dollars before the first answer
labels = people.outlay(rivals.more_labels) - day
print(f"{rivals.more_labels} labels more: ${labels:,.2f}; a day of work: ${day:,.2f};")
print(f"all else, such as training: ${fixed - labels - day:,.3f}. Together: ${fixed:,.2f}")

# %% [markdown]
# Your function counts what comes first; *all counted* takes off upkeep and each retraining, too.

# %%
display(Markdown(money.table(cases, needed)))
print(money.pays(cases))
pictures.sensitivity(cases["as given"], "What the gain in two years hangs on")

# %% [markdown]
# Each figure was halved and doubled; a bar across 0 can turn the decision, so argue about those. Against a plain
# method that ties nothing pays back.

# %%
from helpers.lesson.widgets import decide as faces

faces.break_even(cases["as given"])

# %% [markdown]
# ## Choose
#
# ### Your turn 08.4
#
# Write `choose(shares, p_values, costs)`: the position of the method to ship. The highest share leads (the first, if
# several have it). Another method *ties* with it if its p-value against the leader is 0.05 or more, or if it is behind by
# less than 0.03. Of the leader and its ties take the cheapest; at equal cost the higher share.


# %%
#: solution
def choose(shares, p_values, costs):
    lead = max(shares)
    tied = [i for i in range(len(shares)) if p_values[i] >= 0.05 or lead - shares[i] < 0.03]
    return min(tied, key=lambda i: (costs[i], -shares[i]))


#: why A difference must be both real and worth having before it may cost more. The leader is always among the tied: it is
# 0 behind itself. Python compares tuples from the left, so cost decides first, and the share only where costs agree.
#: stub
#| def choose(shares, p_values, costs):
#|     ...
#: end

check("08.4", choose)

# %%
from helpers.lesson.said import said
from helpers.results import regret

ship = yours("08.4", choose, regret.cheapest_tie)
chosen = {}
for task, kept in together.items():
    shares, p_values = comparisons.against_leader([row.correct for row in kept.rows], adjust)
    prices = overview.dollars(summaries[task])
    chosen[task] = kept.rows[int(np.mean(ship(shares, p_values, prices)))]
    print(f"{task}: {chosen[task].method}, right {chosen[task].interval}")

# %% [markdown]
# Where tokens were not counted the price is infinite: unknown is no bargain. A plain method at 0 dollars wins every tie.
#
# ### Is the rule any good?
#
# Simulate: five methods whose true quality only we know, 300 items, a choice. Quality lies between 0.70 and 0.80, the price
# between 1 cent and 1 dollar per 1,000 requests, neither knowing of the other. **Predict:** if a
# right answer is worth ten cents, is it wise to save on a tie?

# %%
from helpers.machine import runtime

ROUNDS = 40 if runtime.profile().value == "fast" else 400
earned = {
    name: regret.difference(regret.highest, ship, worth, ROUNDS, adjust)
    for name, worth in regret.WORTH.items()
}
words = {"above": "your rule earns more", "below": "the highest estimate earns more"}
print("Dollars that your rule earns per 1,000 requests above 'take the highest estimate':")
for name, gap in earned.items():
    print(
        f"a right answer worth {name}: {gap}; {said(gap, unclear='too close to call', **words)}"
    )

# %% [markdown]
# A higher estimate is weak evidence, but evidence: the dearer a right answer, the more it counts. *Worth having* is a
# question about money, and 0.03 was our answer, not yours. Try `regret.difference(regret.highest, ship, 0.003, ROUNDS,
# adjust)` in a cell of your own: where does saving stop paying?

# %% [markdown]
# ## Five rules of thumb
#
# Here is each article's rule, in our words, with what [the code](../helpers/results/decisions.py) had to add.

# %%
for letter, (printed, added) in decisions.PRINTED.items():
    print(f"{letter}  {printed}\n   Added: {added}")

# %% [markdown]
# They ask for facts. Labels and the best prompt come from the rows; the rest somebody must judge. Five of these can be
# judged yes or no: beside each outcome stands in how many of the 32 ways the rule holds. **Predict:** on which task do
# most rules name the winner?

# %%
from helpers.lesson import decide_parts

TARGET, REQUESTS = 0.80, 1_000_000
TRUE_OF = {
    "intents": ("narrow", "stable", "costly"),
    "changes": ("behavior", "narrow", "stable"),
    "policy_qa_plain": ("needs_facts", "facts_change"),
}
ruled = decide_parts.ask(together, TRUE_OF, REQUESTS, TARGET)
display(Markdown(ruled.table))
print(ruled.told())

# %% [markdown]
# *Held*: the rule names the one approach that measurably leads among the model's methods. *Too close to call*: others
# tie with it. The rules know no plain method; *held* only says that tuning beats prompting. When does a rule change its
# mind?

# %%
faces.decide(ruled.cases)

# %% [markdown]
# One more, from article C: 5 to 10 points short, tune; 20 or more, too hard even for tuning. If tuning gains 12 points, it
# carries a prompt that is 12 points short, whatever the target. **Predict:** how often does it gain 10 on the best prompt,
# with examples or without?

# %%
from helpers.lesson.main_rows import BEFORE_AFTER
from helpers.results.gains import gains

gained = gains(BEFORE_AFTER)
for gain in gained:
    print(f"{gain.where}: {gain.prompt.method} {gain.prompt.interval.estimate:.2f},")
    print(f"   tuning adds {gain.points}")
for points in (0.10, 0.20):
    count = sum(gain.points.estimate >= points for gain in gained)
    print(f"at least {100 * points:.0f} points: {count} of {len(gained)}")

# %% [markdown]
# ## One page
#
# Your `choose` picks within each size; the last column compares with what else was measured.
# **Predict:** does the first thing to try change with the size?
#
# ### Playground
#
# Change task and labels (300, say), and run again.

# %%
from helpers.lesson import page
from helpers.results import markdown

TASK, LABELS = "intents", 600
first_tries = page.lines(TASK, MAIN[TASK], LABELS, ship, PRICES, cached, adjust)
head, *shown = page.cells(first_tries)
display(Markdown(markdown.table(head, shown)))
said_below = page.first(first_tries), page.differs(first_tries), page.COUNTED, page.CEILING
print(*said_below, page.AGAIN, page.CHANGING, sep="\n")

# %% [markdown]
# The page takes what was measured with at most your number of labels; with very few, see lesson 03. A size without rows you
# can fill: [choosing another model](../docs/other_models.md). Last, a page for a colleague.

# %%
from helpers.results import report

own_size = [row for kept in together.values() for row in kept.rows]
sizes = page.rows_of(TASK, MAIN[TASK])
every_row = [*own_size, *(row for rows in sizes.values() for row in rows)]
title = f"{TASK}, with {LABELS} labels: what to try first"
below = *said_below, page.AGAIN, page.CHANGING
sections = [report.Section(title, below, table=(head, *shown))]
for task, standing in standings.items():
    figure, alt = pictures.draw_forest(standing, f"{task}: behind the leader", 0.03)
    title = f"{task}: choose {chosen[task].method} ({standing.call})"
    sections.append(report.Section(title, picture=report.Picture(pictures.png(figure), alt)))
bill = f"{costs.break_even(cases['as given']).statement}. Prices: {PRICES}."
sections.append(report.Section("Tuning instead of examples in the prompt", (bill,)))
written, _ = report.write("Prompt, retrieve or fine-tune?", sections, every_row)
print(f"{written.name}: {report.scale(every_row)}")

# %% [markdown]
# ## What we found
#
# Dollars are arithmetic on your prices, judged at each of the five price lists. D1 counts right answers: how many times as
# many pay for labels, people and training as pay for the training alone (a cent at least)? It can hardly hold while a day of
# work costs more than a training. D2 is judged on its ratio alone, not on its sums.

# %%
claims.conclude("D1", judged.left_out(rivals, cases, people, needed))
claims.conclude("D2", judged.per_right(rivals, cases))

# %% [markdown]
# D3 counts tasks with a tie in which a measure chooses another method than the highest estimate. Its rule wants more than
# 0; exactly 0 lies on that limit, and so reads *too close to call*.

# %% tags=["machine"]
claims.conclude("D3", judged.choices(summaries, standings, own_size))

# %% [markdown]
# These judge less than their words. D4: the count under the board. D5: our simulation. D6: whether tuning gains 10 or 20
# points in most tasks; no target was set. D8: the same messages, weighed anew; no time has passed.

# %%
from helpers.results import evidence

claims.conclude("D4", judged.named(ruled.judgments, ruled.best, own_size))
claims.conclude("D5", {name: evidence.number(gap, n=ROUNDS) for name, gap in earned.items()})
claims.conclude("D6", judged.reached(gained))
moved_by = evidence.number(change, n=moved.n, p_value=p_value, of=moved, note=moved.method)
claims.conclude("D8", {"moved": moved_by})

# %% [markdown]
# D10 sets one quote against all that fits (without a row of that: *not tested*), and the tuned model against examples: not
# against a short prompt.

# %% tags=["machine"]
claims.conclude("D10", own_prompts.latency_parts(together, timed))

# %% [markdown]
# And every claim of the course at the size you run; below, what was judged with a larger model.

# %% tags=["machine"]
from helpers.results import verdicts

told = verdicts.gather()
display(Markdown(verdicts.brief(told).replace(r"\`", "*")))  # a label's name in italics
display(Markdown(verdicts.elsewhere(*(one.claim.id for one in told))))

# %% [markdown]
# ## Three things to remember
#
# 1. Ask for dollars per *right* answer, and how long one person waits.
# 2. A tie says *not shown to be behind*: look at the bar's far end. Then cost decides, unless right answers are dear.
# 3. A rule of thumb is a first guess, for some size of model and some number of labels. Put yours on one page, with what
#    would change it.

# %% [markdown]
# And of the whole course, one: **measure the plain baseline, on your own messages, before you believe anyone**, these
# lessons included.
#
# {{next}}
