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
# - read one table of quality, dollars per *right* answer, waiting time and time to change;
# - tell a winner from a tie among many methods, and choose within the tie;
# - say what another mix of messages, or other prices, would change;
# - write one page for your own task: what to try first, what it should cost, what would change your mind.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** D1 to D6,
# D8 and D10; D7 is tested in [the lab on people](labs/08_people.ipynb), D9 in [the lab on what comes
# after](labs/08_after.ipynb).

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# You have measured for seven lessons. Today you measure nearly nothing: you decide.

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
# For each task, the methods that its lesson chose on dev and looked at on test. Where you have no row of your own, the
# course's stands in. Three tasks: sorting messages, change requests (their risk), and plain questions on the policies.

# %%
from helpers.methods.retrieval import contexts
from helpers.results import comparisons, costs, decisions, evidence, overview

TUNED, SHOTS = "LoRA, 600 messages", "few-shot, 8 nearest"
MAIN = {
    "intents": ["TF-IDF + logistic regression", "MiniLM + logistic regression"],
    "changes": ["TF-IDF + logistic regression", "prompt, constrained JSON"],
    "policy_qa_plain": ["always abstain", "best quote, fused, reranked"],
}
MAIN["intents"] += ["zero-shot prompt", "prompt, best words", SHOTS, TUNED]
MAIN["changes"] += ["always medium", "LoRA JSON, 400 requests"]
MAIN["policy_qa_plain"] += [
    f"reader, {name}" for name in contexts.CONTEXTS if "gold" not in name
]
MAIN["policy_qa_plain"] += ["combine: passages, tuned reader"]
together = overview.gather(MAIN)

# %% [markdown]
# A user waits for *one* request, and longest for the slowest. So ask one at a time: half are faster than
# [p50](../docs/glossary.md#p50-and-p95), 19 of 20 faster than p95. Each method gets the prompt of its own row; the code
# refuses any other. **Predict:** which is slower, eight examples in the prompt or the tuned model? A search and one
# quote, or all that fits into the prompt?

# %% tags=["machine"]
from helpers.lesson import own_prompts
from helpers.machine import runtime
from helpers.methods.retrieval import chunking, index, pipeline
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.tasks import policies

few = runtime.profile().value == "fast"
lm, embedder = LanguageModel.load(), catalogue.load_embedder()
documents = policies.load_policies()
cut = chunking.Chunker(chunking.token_spans(lm.tokenizer))
pipe = pipeline.Pipeline(index.Index.build(documents, embedder, cut), lm)
timed = own_prompts.time_messages(together, lm, embedder, 4 if few else 24)
timed |= own_prompts.time_questions(together, lm, pipe, documents, 3 if few else 20)

# %% [markdown]
# The examples' price is what a provider bills: tokens read, tokens written, and less for a beginning that all prompts
# share and that is *cached*. Nearest examples differ with every message, so little of theirs is. A wrong answer costs
# as much as a right one; so divide by the share right.

# %%
from IPython.display import Markdown, display

PRICES = costs.EXAMPLE_PRICES  # yours: costs.Prices(read, cached, written, "where and when")
seconds = {key: one.seconds for key, one in timed.items()}
cached = {key: one.shared_tokens for key, one in timed.items()}
summaries = {
    task: [overview.summary(row, PRICES, alone=seconds, cached=cached) for row in kept.rows]
    for task, kept in together.items()
}
print(f"dollars per million tokens: {PRICES}")

# %% tags=["machine"]
for task, found in summaries.items():
    display(Markdown(f"**{task}**\n\n{overview.table(found)}"))

# %% [markdown]
# A star marks the course's own rows; a dash was not measured, and nothing is guessed. What has no p50 gets no discount for
# caching either. Plain methods read no tokens: 0 dollars. *Time to change* is the machine's, for training and measuring
# again; people come on top. Now the same as a picture. **Look for the upper left:** right, and cheap.

# %%
from helpers.lesson.plots import decide as pictures

pictures.quality_and_cost(summaries["intents"], "Sorting messages", by="per_right")

# %% [markdown]
# ## A winner, or a tie?
#
# Chance rings a 5 % test once in 20. **Predict:** eight methods of the *same* true quality, 28 pairs: how often does
# some pair "differ"?
#
# ### Your turn 08.1
#
# [Holm's](../docs/glossary.md#holm-correction) remedy: sort the p-values; multiply the smallest by their number m, the
# next by m − 1, and so on; none may end up below the one before it, nor above 1. Write `holm(p_values)`: the adjusted
# values, in the order given.

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
adjust = yours(holm, comparisons.holm, [[0.01, 0.04, 0.03]])
rng = np.random.default_rng(0)
alarms = np.zeros(2)
for _ in range(200):
    equal = rng.random((8, 300)) < 0.6  # eight methods, 300 messages, no difference
    alarms += np.min(list(comparisons.all_p_values(equal, adjust).values()), axis=0) < 0.05
print(f"a false winner somewhere, each pair tested alone: {alarms[0] / 200:.2f} of the rounds")
print(f"the same, corrected:                              {alarms[1] / 200:.2f}")

# %% [markdown]
# This function stands between you and a false winner. The next cell uses it on each task: every method against the one
# with the highest share, on the same items. Gray: differences under 0.03, too small to be worth having.

# %%
standings = {}
for task, kept in together.items():
    standings[task] = comparisons.standing(kept.rows, adjust)
    n = kept.rows[0].n
    pictures.forest(standings[task], f"{task}: behind the leader, {n} items", 0.03)

# %% [markdown]
# The bar is that of one comparison, the word beside it is corrected for all pairs, and so more cautious. *Too close to
# call* is a finding: these items cannot tell the two apart. Then something else may decide.

# %% [markdown]
# ## The mix will change
#
# The test set has as many messages of each label; next month will not. If only the mix changes, weigh the old
# predictions.
#
# ### Your turn 08.2
#
# Write `accuracy_under(hits, labels, mix)`: `hits` holds a 1 or 0 per message, `labels` its label, `mix` maps labels to
# their shares to come, which need not sum to one. Every label with a share has messages; one that the mix does not name
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
# looked. **Predict:** which method loses most?

# %%
from helpers.tasks import intents

weighed = yours(accuracy_under, comparisons.accuracy_under, [[1, 0], ["a", "b"], {"a": 1}])
LAUNCH = {label: 1.0 for label in intents.LABELS} | {"complaint": 5.0}
label_of = {message.id: message.label for message in intents.read("test")}
for row in together["intents"].rows:
    after = weighed(row.correct, [label_of[item] for item in row.ids], LAUNCH)
    print(f"{row.method:30} {row.interval.estimate:.3f} becomes {after:.3f}")
moved, change, p_value = comparisons.most_changed(
    together["intents"].rows, label_of, LAUNCH, adjust
)
print(f"Surest change: {moved.method} {change}, p = {p_value:.2g}, corrected for all methods.")

# %% [markdown]
# Weighing cannot show this: a *new* product brings new complaints.
#
# ## Dollars
#
# E divides fixed cost by saving: 500 / (0.02 − 0.005) = 33,333.
#
# ### Your turn 08.3
#
# Write `break_even(fixed, old, new)`: the smallest whole number of requests that pays back `fixed`, when one costs `old`
# now and `new` then. 0 if `fixed` is 0 and `new` not above `old`; otherwise `None` if `new` is not below `old`. Here
# `0.3 - 0.2` is not 0.1; `Fraction(str(0.3))` is exact.

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
# Now your own case: the tuned model instead of eight nearest examples, counted in *right* answers. The prompt needs
# labels too, and a search for each message. Tuning needs more labels, a day of somebody's work, and a retraining every
# six months. All figures are yours to change. **Predict:** what weighs most?

# %%
needed = yours(break_even, costs.requests_needed, [500, 0.02, 0.005])
by_name = {row.method: row for row in together["intents"].rows}
shots, tuned = by_name[SHOTS], by_name[TUNED]
people = costs.People(wage=40, minutes_a_label=0.5, hours=8)
search = costs.by_machine(by_name["MiniLM + logistic regression"].seconds_per_item) / 1000


def of_one_right(row, prices):
    tokens = overview.summary(row, prices, cached=cached).by_tokens / 1000
    return (tokens + search * (row is shots)) / row.interval.estimate


# %%
more_labels = tuned.labels_used - shots.labels_used
cases = {
    name: costs.Case(
        fixed=people.outlay(more_labels, tuned.training_seconds),
        old=of_one_right(shots, usual),
        new=of_one_right(tuned, for_tuned),
        requests=1_000_000,  # right answers a month
        upkeep=10,
        retrain=people.outlay(0),
        retrain_every=6,
    )
    for name, (usual, for_tuned) in costs.variations(PRICES).items()
}

# %%
for name, case in cases.items():
    print(
        f"{name}: with examples a right answer costs {case.old / case.new:.1f} times as much;"
    )
    pays = needed(case.fixed, case.old, case.new)
    words = "it is never paid back" if pays is None else f"{pays:,} right answers pay it back"
    print(f"    by this function {words};")
    print(f"    with upkeep and retraining: {costs.break_even(case).statement}")
pictures.sensitivity(
    costs.sensitivity(cases["as given"]), "What the gain in two years hangs on", 2
)

# %% [markdown]
# The widest bars decide, so argue about those. Training itself is cents at this size; people are the fixed cost. And
# neither of the two may be what you choose: a plain method reads no tokens, and where it ties there is nothing to pay
# back. Move the sliders to your own case.

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

ship = yours(choose, regret.cheapest_tie, [[0.7, 0.8], [0.5, 1.0], [1.0, 2.0]])
chosen = {}
for task, kept in together.items():
    shares, p_values = comparisons.against_leader([row.correct for row in kept.rows], adjust)
    prices = [np.inf if s.per_right is None else s.per_right for s in summaries[task]]
    chosen[task] = kept.rows[int(ship(shares, p_values, prices))]
    print(f"{task}: {chosen[task].method}, right {chosen[task].interval}")

# %% [markdown]
# Is that rule any good? Simulate: five methods whose true quality only we know, a test of 300 items, a choice. Compare
# what your rule then earns with what *take the highest estimate* earns. **Predict:** if a right answer is worth ten
# cents, is it wise to save on a tie?

# %%
WORTH = {"a tenth of a cent": 0.001, "one cent": 0.01, "ten cents": 0.1}
earned = {
    name: regret.difference(regret.highest, ship, worth, 40 if few else 400, adjust)
    for name, worth in WORTH.items()
}
for name, gap in earned.items():
    words = {"above": "this rule earns more", "below": "the highest estimate earns more"}
    print(
        f"A right answer worth {name}: {said(gap, unclear='too close to call', **words)}, {gap}"
    )

# %% [markdown]
# Dollars per 1,000 requests. A higher estimate is weak evidence, but evidence: the dearer a right answer, the more it
# counts. *Worth having* is a question about money, and 0.03 was our answer, not yours.
#
# ## Five rules of thumb
#
# The articles decide by a tree, a checklist, three questions, three steps, a matrix. Here is each as it is printed, in our
# words, with what [the code](../helpers/results/decisions.py) had to add.

# %%
for letter, (printed, added) in decisions.PRINTED.items():
    print(f"{letter}  {printed}\n   Added: {added}")

# %% [markdown]
# They ask for facts. Some are measured, some are yours to judge: change these, and run again.

# %%
TARGET, REQUESTS = 0.80, 1_000_000
known = {
    "intents": {"narrow": True, "stable": True, "labels": 600, "costly": True},
    "changes": {"behavior": True, "narrow": True, "stable": True, "labels": 400},
    "policy_qa_plain": {"needs_facts": True, "facts_change": True, "labels": 300},
}
best = {task: overview.best_of(kept.rows) for task, kept in together.items()}
facts = {}
for task in together:
    no = dict.fromkeys(("needs_facts", "facts_change", "behavior", "narrow", "stable"), False)
    told = {"documents": 0, "requests": REQUESTS, "target": TARGET}
    prompt = best[task]["prompt"].interval.estimate
    facts[task] = decisions.Facts(**no | told | known[task], prompt_quality=prompt)

# %%
found = {task: decisions.measured(kept.rows) for task, kept in together.items()}
table, judged = decisions.board(facts, found)
display(Markdown(table))

# %% [markdown]
# *Held*: the rule names the one approach that measurably leads among the model's methods. *Too close to call*: others
# tie with it. The rules know no plain method, so none can name one, even where it wins. Change the facts: when does a
# rule change its mind?

# %%
faces.decide({task: (facts[task], found[task]) for task in facts})

# %% [markdown]
# One more, from C: up to 10 points short, tune; 20 or more, too hard even for tuning. A prompt d points short of *any*
# target is carried there if tuning gains d points. So: how many does it gain?

# %%
BEFORE_AFTER = {
    "intents": ("prompt, best words", TUNED),
    "changes": ("prompt, constrained JSON", "LoRA JSON, 400 requests"),
    "voice": ("prompt, no tuning", "LoRA, 300 replies"),
    "refusals": ("base, told to decline", "tuned on requests"),
    "refund_sums": ("refund sums: bare, 4 nearest examples", "refund sums: bare, tuned"),
    "facts": ("base model, new question", "tuned on 40 facts, new question"),
}
gains = decisions.gains(BEFORE_AFTER)
for gain in gains:
    print(
        f"{gain.where}: prompt {gain.prompt.interval.estimate:.2f}, tuning adds {gain.points}"
    )

# %% [markdown]
# ## One page
#
# Now all of it at once, with your `choose`: for one task, with so many labels, at four sizes of model. **Predict:** does
# the first thing to try change with the size? With fewer labels?
#
# ### Playground
#
# Change task and labels, and run again.

# %%
from helpers.lesson import page
from helpers.results import markdown

TASK, LABELS = "intents", 600
lines = page.lines(TASK, MAIN[TASK], LABELS, ship, cached)
display(Markdown(markdown.table(lines[0], lines[1:])))

# %% [markdown]
# The large model was asked once and cannot be asked again here: read it as a ceiling. A size without rows says so, and
# you can fill it: [choosing another model](../docs/other_models.md). The page for a colleague names model, size and
# number format, so that nobody takes a 135M model's answer for a larger one's.

# %%
from helpers.results import report

heading = f"{TASK}, with {LABELS} labels: what to try first"
sections = [report.Section(heading, table=tuple(lines))]
for task, standing in standings.items():
    figure, words = pictures.draw_forest(standing, f"{task}: behind the leader", 0.03)
    heading = f"{task}: choose {chosen[task].method} ({standing.call})"
    picture = report.Picture(pictures.png(figure), words)
    sections.append(report.Section(heading, picture=picture))
money = f"{costs.break_even(cases['as given']).statement}. Prices: {PRICES.note}."
sections.append(report.Section("Tuning instead of eight examples", (money,)))
rows = [row for kept in together.values() for row in kept.rows]
written, _ = report.write("Prompt, retrieve or fine-tune?", sections, rows)
print(f"{written.name}: {report.scale(rows)}")

# %% [markdown]
# ## What we found
#
# Each verdict: outcome, numbers and whose they are, the rule in one line. Dollars are arithmetic on your prices, and are
# judged at each of the five price lists above.

# %% tags=["machine"]
machine = cases["as given"].fixed - people.outlay(more_labels)  # the machine's training alone
left_out = []
for name, case in cases.items():
    every, alone = (needed(fixed, case.old, case.new) for fixed in (case.fixed, machine))
    ratio = every / max(alone, 1) if every is not None else math.inf
    left_out.append(evidence.number(ratio, of=[shots, tuned], note=name))
claims.conclude("D1", {"left out": left_out})
ratios = [
    evidence.number(case.old / case.new, of=[shots, tuned], note=name)
    for name, case in cases.items()
]
claims.conclude("D2", {"per right answer": ratios})

# %%
changed = [overview.changes_choice(summaries[task], standings[task]) for task in together]
parts = {}
for measure in overview.MEASURES:
    named = [
        (c[measure], s.leader) for c, s in zip(changed, standings.values()) if measure in c
    ]
    count = sum(method != leader for method, leader in named)
    note = f"of {len(named)} tasks"
    parts[measure] = evidence.number(count, of=rows, note=note) if named else ()
claims.conclude("D3", parts)
clear = [one == "held" for one in judged.values() if one != "too close to call"]
claims.conclude("D4", {"named": evidence.share(clear, of=rows)} if clear else {})

# %%
claims.conclude(
    "D5", {name: evidence.number(gap, n=40 if few else 400) for name, gap in earned.items()}
)
both = [row for gain in gains for row in (gain.prompt, gain.tuned)]
claims.conclude(
    "D6",
    {
        name: evidence.share([gain.points.estimate >= points for gain in gains], of=both)
        for name, points in (("near", 0.10), ("far", 0.20))
    },
)
moved_by = evidence.number(change, n=moved.n, p_value=p_value, of=moved, note=moved.method)
claims.conclude("D8", {"moved": moved_by})

# %% tags=["machine"]
claims.conclude("D10", own_prompts.latency_parts(together, timed, SHOTS, TUNED))

# %% [markdown]
# And every claim of the course, to look things up: what held at which size, on whose numbers.

# %% tags=["machine"]
from helpers.results import verdicts

told = verdicts.gather()
display(Markdown(verdicts.table(told)))

# %% [markdown]
# ## Three things to remember
#
# 1. Ask for dollars per *right* answer, and how long one person waits. Tokens alone can name the wrong method.
# 2. A tie is an answer: then cost, speed and ease of change decide, unless right answers are dear.
# 3. A rule of thumb is a first guess, for some size of model and some number of labels. Put yours on one page, with a
#    date, and with what would change it.
#
# And of the whole course, one: **measure the plain baseline, on your own messages, before you believe anyone**, these
# lessons included.
#
# {{next}}
