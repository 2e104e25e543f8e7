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
# It is a lab of lesson 06: it runs alone, and nothing later needs it.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** L15 and L16.

# %%
#: setup

# %% [markdown]
# ## Another base
#
# An adapter corrects the very weights it was trained beside. The course keeps a fingerprint of them on the adapter's card,
# and refuses another base.

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
# What if one loads it all the same? Four bases: weights rounded to 8 and to 4 bits; weights with random noise, a crude
# stand-in for further training; a base that took another adapter in for good. The change may harm the base itself, so each
# gets two controls: an adapter **trained anew** on it, and the base **alone**, on general questions. **Predict:** which
# change makes the adapter stale?

# %%
rows = {
    name: adapter_life.on_another_base(lm, name, make)
    for name, make in adapter_life.bases(lm).items()
}
print(f"{'facts right, of':34}{'old adapter':>12}{'trained anew':>14}{'base alone':>12}")
for name, row in rows.items():
    general = f"{row['alone'].interval.estimate:.2f}"
    print(f"{name:31}{row['old'].n:3}{sum(row['old'].correct):>12}", end="")
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
# Where a new training gets the facts back, the base was fit and the adapter stale; where it does not, the base was harmed.
#
# ## On top of another adapter
#
# Does stacked tuning reach the same place in fewer steps? We train sorting on sixty messages, from nothing and on top of
# the facts, with the loss on dev measured along the way.
#
# ### Your turn 06.7
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

check("06.7", first_step)

# %% [markdown]
# Three draws of messages, three seeds each. The target is fixed beforehand: the loss that half of the runs from nothing
# reach in half of their steps. **Predict:** how many steps are saved?

# %%
import numpy as np

runs = adapter_life.pairs_of_runs(lm)
reach = yours(first_step, adapter_life.first_step, ([(1, 0.5)], 1.0))
halfway = [
    min(loss for step, loss in losses if step <= losses[-1][0] / 2)
    for losses in (adapter_life.dev_losses(alone) for alone, _ in runs.values())
]
target = float(np.median(halfway))
print(f"target: a loss of {target:.2f} on dev")

# %%
steps = {"alone": [], "on top": []}
for (draw, seed), both in runs.items():
    for name, row in zip(steps, both):
        losses = adapter_life.dev_losses(row)
        found = reach(losses, target)
        steps[name].append(2 * losses[-1][0] if found == "never" else found)
    print(f"draw {draw}, seed {seed}: alone {steps['alone'][-1]}, on top {steps['on top'][-1]}")

# %%
from helpers import statistics

ratio = statistics.ratio_interval(steps["alone"], steps["on top"])
print(
    said(
        ratio,
        limit=1.0,
        above="On top of the facts it takes more steps: {found} times as many.",
        below="On top of the facts it takes fewer steps: {found} times as many.",
        unclear="More or fewer steps is too close to call: {found} times as many.",
    )
)

# %% [markdown]
# A run that never got there counts with twice its length. The first training has a price of its own, which a gain would
# have to repay.
#
# ### Playground
#
# Move the target: `reach(losses, 1.0)`. Do the two groups change places?

# %%
for name, place in (("alone", 0), ("on top", 1)):
    print(name, [reach(adapter_life.dev_losses(both[place]), 1.0) for both in runs.values()])

# %% [markdown]
# ## What we found

# %%
claims.conclude(
    "L15",
    {
        part: evidence.difference(changed[name]["old"], changed[name]["new"])
        for part, name in zip(("8 bits", "4 bits", "noise", "merged"), changed)
    },
)
claims.conclude("L16", {"steps": evidence.number(ratio, len(runs), of=runs[1, 0])})

# %% [markdown]
# ## Three things to remember
#
# 1. An adapter belongs to the weights it was trained beside; keep their fingerprint with it.
# 2. Before you call an adapter stale, train one anew on the same base: only the gap between the two is staleness.
# 3. *Faster* is steps to a target, over several draws and seeds; a score after so many steps is something else.
#
# {{next}}
