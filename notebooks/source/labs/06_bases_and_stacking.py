# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Does an adapter outlive its base, and does a second tuning learn faster?
#
# **After this lesson you can**
#
# - say whether an adapter went stale, or the base itself was harmed;
# - measure how fast a training learns, by the steps to a target.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L15 and L16.

# %%
#: setup

# %% [markdown]
# ## Another base
#
# An [adapter](../../docs/glossary.md#adapter) is a small set of weights, trained beside the frozen weights of a model, its
# *base*. It corrects these very weights. The course keeps a fingerprint of them with the adapter, and refuses another base. The
# adapter here has learned lesson 06's forty facts about Larkfield.

# %%
from helpers.methods import adapter_life, adapters, tuning
from helpers.methods.tuning import changed_base
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
noisy = changed_base.perturbed(lm, 0.02, layers=1)
try:
    tuning.load(noisy, adapters.folder(lm, "facts"))
except tuning.TuningError as why:
    print("refused:", str(why).split(".")[-1].strip())
del noisy

# %% [markdown]
# What if we load it all the same? Four bases: weights rounded to 8 and 4 bits; weights with random noise, a tenth of
# each matrix's spread, as a crude stand-in for further training; a base with another adapter merged into it. The change
# may harm the base, so each gets two controls: an adapter **trained anew** on it, and the base **alone**, asked
# lesson 06's general questions. **Predict:** which change makes the adapter *stale*, worse than one trained anew?

# %%
rows = {
    name: adapter_life.on_another_base(lm, name, make)
    for name, make in adapter_life.bases(lm).items()
}
print(f"{'facts right, of':36}{'old adapter':>12}{'trained anew':>14}{'base alone':>12}")
for name, row in rows.items():
    general = f"{row['alone'].interval.estimate:.2f}"
    print(f"{name:33}{row['old'].n:3}{sum(row['old'].correct):>12}", end="")
    print(f"{sum(row['new'].correct):>14}{general:>12}")

# %%
from helpers.lesson.plots import tuning as pictures
from helpers.lesson.said import said
from helpers.results import claims, evidence, ledger

changed = {name: row for name, row in rows.items() if name != "its own base"}
gaps = {name: ledger.compare(row["old"], row["new"]) for name, row in changed.items()}
pictures.differences(
    {name: gap.difference for name, gap in gaps.items()},
    "What a new training would get back",
    "facts right, trained anew minus old adapter",
    "no difference",
)

# %%
for name, gap in gaps.items():
    print(
        said(
            gap,
            above=f"{name}: the old adapter is stale, training anew gets more: {{found}}.",
            below=f"{name}: the old adapter does better than a new one: {{found}}.",
            unclear=f"{name}: old against new is too close to call: {{found}}.",
        )
    )

# %% [markdown]
# Where old and new know the facts, nothing went stale; where the new one alone does, the old one is stale, by the gap
# between them. Were neither right, the base itself would be harmed. On the course's rows that happened nowhere; in 8 bits old
# and new agree, and the interval leaves no room for the gap that the verdict asks for. (*Base alone* is the share
# right of the general questions; with so few of them its differences settle little.)

# %% [markdown]
# ## On top of another adapter
#
# Does *stacked* tuning, which goes on from an adapter that has learned something else, get there in fewer steps? The task
# is lesson 05's: sort messages by intent, with sixty to learn from. We train from nothing and on top of the facts
# adapter, and measure the loss on dev along the way.

# %% [markdown]
# ### Your turn 06.8
#
# Write `first_step(losses, target)`: `losses` lists (step, loss on dev). Return the first step at which the loss is at
# most the target, or `"never"`.


# %%
#: solution
def first_step(losses, target):
    for step, loss in losses:
        if loss <= target:
            return step
    return "never"


#: why The first time counts: a loss may rise again later, and the lowest loss of the run says how far it went, not how
# fast. A run that never gets there must say so; its last step would make it look as if it had.
#: stub
#| def first_step(losses, target):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("06.8", first_step)

# %% [markdown]
# Nine draws of messages are planned, each with a [seed](../../docs/glossary.md#seed) of its own; a draw whose results are not
# stored is left out, and named. One more run from nothing, which is not judged, sets the target: the lowest loss of its first
# half. **Predict:** how many steps are saved?

# %%
reach = yours("06.8", first_step, adapter_life.first_step)
first, runs = adapter_life.pairs_of_runs(lm)
target = adapter_life.target_loss(first)
print(f"target: a loss of {target:.2f} on dev")

# %%
steps = {"alone": [], "on top": []}
for draw, both in runs.items():
    for name, row in zip(steps, both):
        losses = adapter_life.dev_losses(row)
        found = reach(losses, target)
        steps[name].append(2 * losses[-1][0] if found == "never" else found)
    print(f"draw {draw}: alone {steps['alone'][-1]}, on top {steps['on top'][-1]}")

# %%
if runs:
    ratio, p_value = adapter_life.fewer_steps(steps["alone"], steps["on top"])
    print(
        said(
            ratio,
            limit=1.0,
            p_value=p_value,
            above="On top of the facts it takes more steps: {found} times as many.",
            below="On top of the facts it takes fewer steps: {found} times as many.",
            unclear="More or fewer steps is too close to call: {found} times as many.",
        )
    )

# %% [markdown]
# On the course's rows *on top* is ahead in each pair. (A run that never got there would count with twice its length.) Pairs
# this few can mislead, so a [test of their ranks](../../docs/glossary.md#rank-test) must agree with the interval. And learning
# the facts took steps of its own, which the gain would have to repay; nor does a run that is faster end better for that.
#
# ### Playground
#
# Move the target, here a loss of 1.0. Do the two groups change places?

# %%
for name, place in (("alone", 0), ("on top", 1)):
    print(name, [reach(adapter_life.dev_losses(both[place]), 1.0) for both in runs.values()])

# %% [markdown]
# ## What we found
#
# L15 is judged base by base; where these differ, it reads *it depends*. L16 rests on the draws that are stored, and on those
# alone.

# %%
claims.conclude(
    "L15",
    {
        part: evidence.difference(changed[name]["old"], changed[name]["new"])
        for part, name in zip(("8 bits", "4 bits", "noise", "merged"), changed)
    },
)
every = [row for both in runs.values() for row in both]
found = {"steps": evidence.number(ratio, len(runs), p_value, of=every)} if runs else {}
claims.conclude("L16", found)

# %% [markdown]
# ## Three things to remember
#
# 1. An adapter belongs to the weights it was trained beside; keep their fingerprint with it.
# 2. Before you call an adapter stale, train one anew on the same base: only the gap between the two is staleness.
# 3. *Faster* is steps to a target, over several draws; a score after so many steps is something else.
#
# {{next}}
