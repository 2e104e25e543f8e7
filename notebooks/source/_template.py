# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What does this lesson ask?
#
# **After this lesson you can**
#
# - say which share of answers is right, and how sure that is;
# - name what you will compare it with.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** none yet.

# %%
#: setup

# %% [markdown]
# ## One idea
#
# One sentence says what the next cell measures. **Predict:** what will it print?

# %%
from helpers import statistics

print(statistics.wilson_interval(17, 20))

# %% [markdown]
# One sentence says what the output shows, and what it does not.
#
# ### Your turn 99.1
#
# Write `share_right(gold, predicted)`: the share of predictions that equal the right answer.


# %%
#: solution
def share_right(gold, predicted):
    return sum(g == p for g, p in zip(gold, predicted, strict=True)) / len(gold)


#: why Every answer counts once, whatever its label, so the share is the number of matches over the number of answers.
#: stub
#| def share_right(gold, predicted):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution

check("99.1", share_right)

# %% [markdown]
# ## Playground
#
# Change the numbers of right answers and of answers. How many answers make the interval half as wide?

# %%
print(statistics.wilson_interval(170, 200))

# %% [markdown]
# ## Three things to remember
#
# 1. The first thing.
# 2. The second thing.
# 3. The third thing.
#
# {{next}}
