# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What do distractors do, and where do citations lead?
#
# **After this lesson you can**
#
# - tell the harm of *many* passages from the harm of a *bad place* among them;
# - say how often an answer's citation leads to the answer.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** none.

# %%
#: setup

# %% [markdown]
# ## Two causes, moved apart
#
# A search returns passages that resemble the question and do not answer it:
# [distractors](../../docs/glossary.md#distractor). Say the reader gets worse when four of them come first. Is that because
# there are four, or because the right passage stands last? Move one thing at a time, and you can tell.

# %% [markdown]
# ### Your turn 07.6
#
# Write `with_distractors(gold, others, place)`: a new list with `gold` at `place`, counted from 1, among `others` in their
# order; beyond the end it comes last. `others` must stay as it is.

# %%
from helpers.methods import combining as own
from helpers.lesson.exercises import check, hint, solution, yours


#: solution
def with_distractors(gold, others, place):
    return [*others[: place - 1], gold, *others[place - 1 :]]


#: why Slices make new lists, so nothing that was given changes; and a slice beyond the end is empty, so that a place that
# is too large puts the passage last. list.insert would change the caller's list.
#: stub
#| def with_distractors(gold, others, place):
#|     ...
#: end

check("07.6", with_distractors)

# %% [markdown]
# The questions are lesson 04's, on the policies of [Larkfield](../../docs/glossary.md#larkfield). One takes part if a single
# passage holds its answer, and the search also finds four that do not hold it. The first 60 such questions are taken, all
# *plain*: as customers ask them. (*Hard* ones are in other words than the policy's, and some need two policies.)

# %% [markdown]
# Two readers: the model as it is, *untuned*, and *tuned*, with the course's *reader* adapter on, which learned from *hard*
# questions and from about three passages at most. Both get the prompt that the adapter was trained on. Lesson 04 looked for
# a better prompt for the untuned model; this lab does not. So compare the cases of one reader, and not the two readers.

# %%
from helpers.methods import adapters, reader, reader_examples
from helpers.model.language_model import LanguageModel
from helpers.tasks import files, policies

lm = LanguageModel.load()
documents = policies.load_policies()
search = reader_examples.search_of(lm, documents)

# %%
every = search.index.chunks
test = policies.load_policy_questions("test", tier="plain")
held = [
    q for q in test if q.answerable and any(reader.holds_alone(q, c, documents) for c in every)
]
near = reader_examples.find(search, held, keep=12)
rows = reader.placed(held, near, every, documents, count=4, place=5)
full = [(question, row) for question, row in zip(held, rows) if len(row) == 5][:60]
asked = files.for_profile([question for question, _ in full], fast=12)
row_of = {question.id: row for question, row in full}
gold = [row_of[question.id][-1] for question in asked]
others = [row_of[question.id][:-1] for question in asked]

# %%
print(f"{len(asked)} of {len(held)} questions\n")
print(asked[0].question)
for what, chunk in (("right", gold[0]), *(("beside it", chunk) for chunk in others[0])):
    print(f"  {what}: {chunk.place} | {' '.join(chunk.text.split())[:60]} …")

# %% [markdown]
# Five cases: the right passage alone, and first or last among three and among five.

# %%
put = yours("07.6", with_distractors, own.with_distractors)
CASES = {  # case: how many passages beside the right one, and its place
    "alone": (0, 1),
    "1st of 3": (2, 1),
    "3rd of 3": (2, 3),
    "1st of 5": (4, 1),
    "5th of 5": (4, 5),
}

# %%
prompts = {}
for case, (count, place) in CASES.items():
    chunks = [put(one, some[:count], place) for one, some in zip(gold, others)]
    prompts[case] = reader.write_prompts(lm, asked, chunks, budget=1200)
for case, some in prompts.items():
    print(f"{case:8} {sum(p.tokens for p in some) / len(some):.0f} tokens a prompt")

# %% [markdown]
# **Predict:** which hurts more, four passages beside the right one, or the last place?

# %%
from helpers.results import ledger

told_of_tuned = {"approach": "retrieve + tune", **adapters.row_of(lm, "reader")}
READERS = {
    "untuned reader": (lm, {"approach": "retrieve"}),
    "tuned reader": (adapters.get(lm, "reader"), told_of_tuned),
}

# %%
lab = ledger.Lab("distractors", lm, noun="questions", split="plain", show=False)
measured = {name: {} for name in READERS}
for name, (model, told) in READERS.items():
    for case, some in prompts.items():
        measured[name][case] = lab.measure(
            f"{name}, {case}",
            asked,
            lambda _, model=model, some=some: reader.read(model, asked, some),
            prompts=some,
            heavy=True,
            **told,
        )

# %%
from helpers.lesson.plots.retrieval import stages

stages(
    {case: {name: some[case].interval for name, some in measured.items()} for case in CASES},
    "The right passage among distractors",
    f"share right, of {len(asked)} questions",
)
theirs = sum(row.reference for some in measured.values() for row in some.values())
print(f"{theirs} of {2 * len(CASES)} rows are the course's own, the others measured here")

# %% [markdown]
# Now one move at a time: each line is what it changes in the share right, on the same questions.

# %%
from helpers.lesson import combine_parts

for name, some in measured.items():
    print(f"{name}\n{combine_parts.moved(some)}")

# %% [markdown]
# On the course's rows more passages cost right answers: one reader measurably at two more, the other at four. The last
# place cost none that these questions can show, and among three it *helped* the untuned reader. The last passage stands
# next to the question; whether that is why, we did not test.

# %% [markdown]
# Too close to call is no proof that nothing happens: look how far the interval reaches. Even one that leaves zero out may
# be too close, for the exact test must agree (lesson 01). Eight lines are eight chances of a false alarm. And a tuned
# reader that never saw five passages in training may treat five in its own way.

# %% [markdown]
# ## Do the citations lead to the answer?
#
# An answer with a number in brackets looks traceable. It is, if the number leads to a passage that holds the answer.

# %% [markdown]
# ### Your turn 07.7
#
# Write `supported(cited, holding)`: two lists, one entry an answer, each a list of passage numbers: those that the answer
# cites, and those that hold the right answer. Of the answers that cite anything, return the share whose *every* citation
# is among those that hold; `None` if no answer cites.


# %%
#: solution
def supported(cited, holding):
    citing = [set(c) <= set(h) for c, h in zip(cited, holding) if c]
    return sum(citing) / len(citing) if citing else None


#: why An answer that cites nothing makes no promise, so it is left out; it should be counted elsewhere. A subset test asks
# for every citation: one right number does not excuse a wrong one beside it.
#: stub
#| def supported(cited, holding):
#|     ...
#: end

check("07.7", supported)

# %%
import numpy as np

from helpers.methods.retrieval import passages

leads = yours("07.7", supported, own.supported)
for name, some in measured.items():
    for case in ("1st of 5", "5th of 5"):
        row = some[case]
        cited = [passages.cited_numbers(text) for text in row.answers]
        holding = [reader.leading(q, p.used, documents) for q, p in zip(asked, prompts[case])]
        share, count = leads(cited, holding), sum(map(bool, cited))
        led = "no share" if share is None else f"{float(np.mean(share)):.2f}"
        print(f"{name}, {case}: {count} of {row.n} answers cite,", end=" ")
        print(f"{led} of these lead to the answer; right {row.interval.estimate:.2f}")

# %% [markdown]
# A reader that writes [1] under every answer would score 1.00 with the right passage first, and 0.00 with it last. On the
# course's rows the tuned reader is not far from that: its citations lead to the answer far more often where that stands
# first. Always citing [1] tells you nothing.

# %% [markdown]
# Then compare the last two numbers of each line. A citation can lead to the right passage where the answer beside it is
# wrong, and an answer can be right and cite the wrong one. Checking by citation works only where both are right, and no
# line says how often that is.
#
# ### Playground
#
# Put the right passage at another place, for another question, and read what each reader says. Behind the arrow stands
# what was wanted.

# %%
number, place = 0, 3
question = asked[number]
prompt = reader.write_prompts(lm, [question], [put(gold[number], others[number], place)], 1200)
print(f"{question.question} → {question.answer} [{place}]")
for name, (model, _) in READERS.items():
    print(f"{name}: {reader.read(model, [question], prompt, progress=False)[0].text!r}")

# %% [markdown]
# ## Three things to remember
#
# 1. To tell two causes apart, move one and hold the other.
# 2. An interval that holds zero may still reach to a loss that you would mind.
# 3. A citation is a promise; count how often it is kept, apart from right answers.
#
# {{next}}
