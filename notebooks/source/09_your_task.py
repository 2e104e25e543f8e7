# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # And for my own task?
#
# **After this lesson you can**
#
# - bring a file as it is, and read what is wrong with it;
# - split it so that no copy of a test text is learned;
# - say beforehand what measuring will take;
# - climb the ladder of methods on your own texts;
# - hand on one page with a decision, and know what it does not say.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** none but yours.

# %%
#: setup

# %% [markdown]
# ## The idea in one picture
#
# Five calls, and each of them tells you what it did. A *rung* is one method of the ladder: the lowest always says the most
# frequent label (the *majority*), the highest trains with [LoRA](../docs/glossary.md#lora).

# %%
import itertools

from helpers.lesson import diagrams

steps = [
    "read:\nwhat is in it?",
    "words:\nwhat are labels called?",
    "plan:\nwhat will it take?",
]
later = ["climb:\nmeasure each rung", "report:\nwhat do I take?"]
diagrams.flow(
    [steps, later],
    [*itertools.pairwise([*steps, *later])],
    "A file is read and checked, labels get words, each rung is tried and timed, the rungs are "
    "climbed within the minutes you give, and a report decides.",
)

# %% [markdown]
# ## Bring a file
#
# Put it beside the notebook, and its name into `FILE`: a table with a text and a label (CSV, spreadsheet, JSON), or a
# folder of texts by label. On Colab or Binder it goes to somebody else's machine: use your own for private texts.
#
# Ours is made up: notes as a town library's help desk might get, with faults that real exports have. Take no ranking from
# it. **Predict:** which faults does yours have?

# %%
from helpers import own_task
from helpers.machine import runtime

FILE = runtime.ROOT / "data" / "own_sample" / "desk.tsv"
own = own_task.read(FILE)
own

# %% [markdown]
# Columns are guessed until you name them: `own_task.read(FILE, text="…", label="…")`; several are joined, as in
# `text=["subject", "body"]`. Rows are numbered as in your spreadsheet. Rows used and rows left out add up to the file.
# What a cell *says* is never obeyed: formulas, HTML and chat marks stay text.
#
# Documents instead of labels? `own_task.read_documents(folder, questions)` takes a folder and a table of questions:
# [how both should look](../docs/own_documents.md). Then leave out the cells on copies and `WORDS`, and the playground.

# %% [markdown]
# ## A split without copies
#
# People write the same thing twice. If one copy is learned and the other tested, the test measures memory. So near copies
# form a *group*, and groups stay whole.

# %% [markdown]
# ### Your turn 09.1
#
# Write `test_part(groups, room)`: `groups` holds a number for each row, the same for near copies. Go through the groups in
# the order in which they first appear; take a group if all of its rows still fit into `room`. Return the positions of the
# rows taken, in rising order.


# %%
#: solution
def test_part(groups, room):
    members = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    taken = []
    for places in members.values():
        if len(taken) + len(places) <= room:
            taken += places
    return sorted(taken)


#: why A group goes to one side as a whole, so no test row has a near copy among the rows that are learned. A group too
# large for what is left is skipped, and a smaller one after it may still fit.
#: stub
#| def test_part(groups, room):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution, yours

check("09.1", test_part)

# %% [markdown]
# Your function against a split that takes rows as they come. We plant what real exports are full of: every third text
# once more, with a word in front. All stand at the end: the worst case for a split by place.

# %%
from helpers.methods.own import by_hand
from helpers.tasks.own import near

texts = [message.text for message in own.task.train]
texts += [f"Hello, {text}" for text in texts[::3]]
groups = near.groups(texts).tolist()
room = len(texts) // 4
splitting = yours("09.1", test_part, by_hand.test_part)
for name, tested in {
    "the last rows": list(range(len(texts) - room, len(texts))),
    "whole groups": list(splitting(groups, room)),
}.items():
    copied = by_hand.with_copies(groups, tested)
    print(f"{name}: {copied} of {len(tested)} test rows have a near copy among the others")

# %% [markdown]
# `read` does the same, label by label, so that each has its share of the test. A few rows are to choose by: LoRA keeps
# the state of its training that does best on them. Splits that your file brings are kept (`split="…"` names the column);
# copies across them are reported but stay, so that your figures can be compared with other people's. Does a label mean
# *none of the others*? Say `outside="…"`, and it has figures of its own.

# %% [markdown]
# ## What a model is told
#
# A model reads words, not codes. Are your labels called `GRP_7`? Say in `WORDS` what they mean; if they speak for
# themselves, write `WORDS = {}`. And say in one sentence, `SYSTEM`, what the task is: ours speaks of a library. The cell
# prints what a model will be told. (With words for labels that your file lacks, it uses neither.)

# %%
WORDS = {
    "loans": "borrowing books",
    "fees": "money",
    "digital": "devices and apps",
    "visit": "the building and its events",
}
SYSTEM = "You sort notes of a library's help desk."
if set(WORDS) <= set(own.task.labels):
    own = own.with_words(WORDS, system=SYSTEM)
else:
    print("WORDS is not used, for your labels are", own.task.labels)
print("The task, as a model is told it:", own.task.system)
for label, words in own.task.words.items():
    print(f"{label} is called {words!r}")

# %% [markdown]
# ## What will it take?
#
# Plain methods always run. They cost seconds; embedding thousands of long texts takes a minute or two. Each rung of a
# language model needs a while to begin (LoRA trains), and then some time for each text; a GPU is used if there is one.
# All should be asked the same texts, or they cannot be compared text by text.
#
# A [model behind an address](../docs/other_models.md#a-model-behind-an-address) works here, too, without LoRA and the
# playground: then your texts leave your machine, from the plan on.

# %% [markdown]
# ### Your turn 09.2
#
# Write `affordable(seconds, begin, each)`: `begin` and `each` are lists, with a number for each rung. How many texts
# can all rungs be asked within `seconds`, one rung after the other? Round down; never below 0.


# %%
#: solution
def affordable(seconds, begin, each):
    left = seconds - sum(begin)
    return max(0, int(left / sum(each)))


#: why What rungs need to begin is paid once, whatever the number of texts; what is left buys texts, and each text is paid
# on every rung. If beginning alone takes too long, the answer is 0 and not a negative number.
#: stub
#| def affordable(seconds, begin, each):
#|     ...
#: end

check("09.2", affordable)

# %% [markdown]
# Now the plan: each rung is tried on a few texts, with a clock, and its time is reckoned from these. A line says how many
# texts the rung will be asked, how long that takes, and how much memory. **Predict:** which rung takes longest, and which
# one wins?

# %% tags=["machine"]
MINUTES = 5
plan = own_task.plan(own, minutes=MINUTES)
plan

# %% tags=["machine"]
count = yours("09.2", affordable, by_hand.affordable)
asked = [step for step in plan.steps if step.rung.approach != "plain" and not step.skipped]
costs = [step.begin for step in asked], [step.each for step in asked]
for minutes in (MINUTES, 30, 120) if asked else ():
    print(
        f"{minutes} min for the model's rungs: up to {count(60 * minutes, *costs)} texts each"
    )

# %% [markdown]
# A file has only so many texts to test; beyond that, minutes buy nothing. Leave a rung out with
# `plan = plan.without("LoRA")`.
#
# ## Climb
#
# Press *Stop* whenever you like: every finished piece is on the disk, and the same cell goes on from there. Closed the
# notebook? Run it from the top; what is measured is not measured again.

# %%
rows = own_task.climb(plan, progress=False)
for row in rows:
    print(f"{row.method}: {row.interval} on {row.n}")

# %% [markdown]
# ## Decide
#
# `TARGET` is the share right that would do, `REQUESTS` how many texts come in a month. **Predict:** will the decision name a
# language model?

# %% tags=["machine"]
TARGET, REQUESTS = 0.85, 10_000
decision = own_task.report(plan, rows, TARGET, REQUESTS)

# %% [markdown]
# The decision begins with *Take*. *Right* counts every text the same, macro-F1 every label: where one label is much more
# frequent than the others, look at macro-F1, too, and at the last table: [recall](../docs/glossary.md#recall) is the share
# of a label's texts that get it, [precision](../docs/glossary.md#precision) the share of the texts given it that are its
# own. The first picture holds all methods on the same texts; in the table a plain one may have been asked more. *Cannot
# tell* corrects for all pairs at once (lesson 08), so a wide gap may be among
# them: that means too few texts, not equal methods.

# %% [markdown]
# ### What the page cannot say
#
# Whether your labels are right. The second picture shows which are taken for which: read some texts of such a pair for ten
# minutes. On some, two people would not agree.
#
# And what next month's texts are like. The test texts have chosen the method, so they flatter it. With new ones,
# `own_task.read(FILE, test="new.csv")` learns from the first file and tests on the second alone.

# %% [markdown]
# ## How many texts would settle it?
#
# With few texts only large differences show. Below stands the smallest that a test of so many texts finds 4 times in 5, if
# two methods disagree on a fifth of them. Where they disagree on more, it is larger; the report reckons with yours.

# %%
from helpers import statistics

for n in (decision.chosen.n, 100, 300, 1000):
    print(f"{n} texts: {statistics.detectable_difference(n):.2f}")

# %% [markdown]
# Labeling a hundred more, to test on, is often the best hour you can spend. Stop when a test finds the smallest difference
# that you would pay for.

# %% [markdown]
# ## Playground
#
# The prompt alone, without the [calibration](../docs/glossary.md#calibration) that the climb adds to it, on one text of
# yours: what share does each label get? Change `WORDS`, run that cell and the plan's again, then this one. Look, but do not
# choose words by test texts: that is a search of its own, on dev (lesson 02).

# %%
from helpers.methods.own import label_rungs

TEXT = "The self check machine charged me for a film I never borrowed"
if len(own.task.labels) <= label_rungs.MANY:
    prompt = label_rungs.prompt_for(plan.bench, own.task.labels)
    scores = prompt.score(plan.bench.lm, [], [TEXT], progress=False)
    for label, share in zip(scores.labels, scores.probabilities[0]):
        print(f"{share:.2f} {label}")

# %% [markdown]
# ## What we found
#
# That is yours to write. On our sample, the line that begins with *Take* says which method it is, and those below it
# how sure that is; with your file, they say so for your texts. Without a notebook, from the course's folder,
# `.venv/bin/python -m helpers.own_task FILE` does all of it; `--help` tells how.

# %% [markdown]
# ## Three things to remember
#
# 1. Look at the file before the method: a copy across the split makes every figure too good, and two spellings make two
#    labels of one.
# 2. Measure the plain methods first: they take seconds, and a language model has to beat them.
# 3. A decision holds for these texts and this size of model. Keep the page, and measure again on new texts.
#
# {{next}}
