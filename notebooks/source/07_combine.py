# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Prompt, index, adapter: do they add up?
#
# **After this lesson you can**
#
# - train a reader on what your own search returns;
# - tell whether retrieval and tuning add up;
# - take an assistant apart and see what each part carries;
# - give a model a calculator, never run what it writes, and count its calls in vain.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** H1, H2 and H4; in a
# [lab](labs/07_one_core.ipynb) H3.

# %%
#: setup

# %% [markdown]
# An assistant uses all methods together. An [adapter](../docs/glossary.md#adapter) is what tuning adds. Follow one
# question:

# %%
from helpers.lesson import diagrams
from helpers.lesson.plots.frame import BLUE, GREEN, ORANGE, PINK

diagrams.flow(
    [["today's rule", "a customer's question", "30 policies"], ["prompt", "passages found"],
     ["adapter", "model", "calculator"], ["reply"]],
    [("today's rule", "prompt"), ("a customer's question", "prompt"), ("30 policies", "passages found"),
     ("a customer's question", "passages found"), ("passages found", "prompt"), ("prompt", "model"),
     ("adapter", "model"), ("model", "calculator"), ("calculator", "reply"), ("model", "reply")],
    "The question finds passages in the policies. With today's rule they make the prompt. The model, with an adapter on, "
    "writes the reply, and may hand a sum to a calculator.",
    {"passages found": BLUE, "prompt": GREEN, "adapter": ORANGE, "calculator": PINK},
)  # fmt: skip

# %% [markdown]
# Three of the articles say that retrieval and tuning together beat either; one divides the work.

# %%
from helpers.results import claims

claims.show("07")

# %% [markdown]
# ## What should a reader learn?
#
# A *reader* answers from quotes. It should learn no facts, for facts change, but to find the answer among
# [distractors](../docs/glossary.md#distractor), say it in a few words, cite the quote, and say so where no quote holds
# it. So it trains on what our search found ([Zhang et al. 2024](https://arxiv.org/abs/2403.10131)). Where the search
# missed the line that answers, we add it: it learns silence only from questions that no policy answers.

# %% [markdown]
# One training question, as the reader sees it. A *quote* is one sentence or table row; where no single line holds the
# answer, a whole part. The prompt calls a quote *passage*.

# %%
from helpers.lesson import combine_parts
from helpers.methods import crossed
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
plain = crossed.Crossing(lm)  # the plain questions, and lesson 04's search over the policies
learned, example = combine_parts.one_of_lines(plain)
print(example.prompt.messages[-1]["content"])
print(f"\nwanted: {learned.answer!r}, which stands in {list(example.places)}")

# %% [markdown]
# ### Your turn 07.1
#
# What should the reader say to that? Write `target(answer, places)`. `places`, a list or a tuple, holds the numbers of the
# quotes that hold the answer: `"38 days", [1, 3]` gives `"38 days [1, 3]"`, in the order given. With no place, it is
# `passages.ABSTENTION`.

# %%
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.methods import combining as own
from helpers.methods.retrieval import passages


#: solution
def target(answer, places):
    if not places:
        return passages.ABSTENTION
    return f"{answer} [{', '.join(str(place) for place in places)}]"


#: why The function cannot know whether a policy answers; the places tell it. An answer without a place would teach the
# model to make things up.
#: stub
#| def target(answer, places):
#|     ...
#: end

check("07.1", target)

# %% [markdown]
# It now writes what the model learns.

# %%
say = yours("07.1", target, crossed.target)
pairs = plain.pairs(say=say)
silent = sum(pair.answer == passages.ABSTENTION for pair in pairs)
print(*(pair.answer for pair in pairs[:4]), sep="\n")
print(f"{len(pairs)} questions to learn from; no policy answers {silent} of them")

# %% [markdown]
# Now train a small [LoRA](../docs/glossary.md#lora) adapter by the recipe that did best on dev. To spare minutes it
# learns from every fifth question; the reader that is measured below learned from all.

# %% tags=["machine"]
from dataclasses import replace

from helpers.methods.tuning import loop

recipe = replace(
    plain.recipes[crossed.QUOTED][0], row_tokens=256
)  # less memory, the same steps
trained = loop.train(lm, pairs[::5], recipe)
print(f"{len(pairs[::5])} questions, each read {recipe.epochs}×, in {trained.seconds:.0f} s")

# %% [markdown]
# **Predict:** what does the untuned model get wrong in the same prompts: the fact, the citation, or the few words? In
# round brackets stands lesson 04's grade: right, wrong or abstained.

# %%
from helpers.methods import reader

shown = [question for question in plain.dev if question.answerable][5:9]
prompts = plain.prompts(shown)
before, after = (reader.read(m, shown, prompts, progress=False) for m in (lm, trained.lm))
for question, one, two in zip(shown, before, after):
    print(f"{question.question}\n  wanted: {question.answer}")
    print(f"  before: {one.text[:90]!r} ({one.verdict})")
    print(f"  after:  {two.text!r} ({two.verdict})")

# %% [markdown]
# Compare the shape first, then the facts. Four cannot show how often, so count.

# %% [markdown]
# ## Two times two
#
# The test questions, answered by
#
# - *neither* and *retrieval*: untuned, without quotes and with as many as did best on dev, each with the best of 24
#   prompts, none of which mentions silence;
# - *same prompt*: untuned, on the quotes and the prompt of *both*, which asks for a citation or for silence;
# - *tuning*: trained without quotes, and asked without;
# - *both*: a reader trained as above, on all questions.

# %% [markdown]
# Beside them *the best quote*, without any model: right where that line holds the answer, which is easier than to say it.
#
# To some questions no policy holds an answer. Saying so is another skill, so it is counted apart. **Predict:** is the gain
# of both the sum of the two?

# %%
both = plain.tuned(crossed.QUOTED)
rows = {
    "neither": plain.untuned(crossed.CLOSED),
    "retrieval": plain.untuned(plain.best),
    "same prompt": plain.alike(),
    "tuning": plain.tuned(crossed.CLOSED),
    "both": both,
    "the best quote": plain.quoted(),
}
for name, row in rows.items():
    print(f"{name:14} {row.method}{row.mark}")

# %%
combine_parts.right_and_silent(
    rows, "Plain questions: retrieval and tuning, alone and together"
)

# %% [markdown]
# Read the colors apart. A reader that always abstains would stand at 1 in the last two and at 0 in the first: that is
# caution, not knowledge. Is *both* silent in the right places? *Same prompt* was told that it may abstain;
# does telling help?

# %% [markdown]
# ### Your turn 07.2
#
# Write `adding_up(neither, retrieved, tuned, both)` for the four accuracies of a 2 × 2. Return three numbers: the gain of
# retrieval alone, the gain of tuning alone, and by how much the gain of both exceeds the sum of these two
# (the [interaction](../docs/glossary.md#interaction)).


# %%
#: solution
def adding_up(neither, retrieved, tuned, both):
    of_retrieval, of_tuning = retrieved - neither, tuned - neither
    return of_retrieval, of_tuning, both - (neither + of_retrieval + of_tuning)


#: why If the gains added up, both together would reach neither plus the two gains. What is left over is the interaction:
# above zero the two need each other, below zero they do the same work twice.
#: stub
#| def adding_up(neither, retrieved, tuned, both):
#|     ...
#: end

check("07.2", adding_up)

# %% [markdown]
# As *retrieval*, take first *same prompt*, so that less differs between the four, then *retrieval*:

# %%
import numpy as np

from helpers import statistics
from helpers.lesson.said import said

adds = yours("07.2", adding_up, own.adding_up)
above = "Each does more beside the other than alone, beyond the sum {found}."
below = "They do some of the same work twice, beyond the sum {found}."
unclear = "Whether the gains add up, these questions cannot tell: {found}."
equal = "The gains add up, to within 0.03: {found}."
for found_by in ("same prompt", "retrieval"):
    square = [rows[name] for name in ("neither", found_by, "tuning", "both")]
    hits = [crossed.hits(row) for row in square]  # of the questions that a policy answers
    gains = [float(np.mean(gain)) for gain in adds(*(sum(some) / len(some) for some in hits))]
    print(f"{found_by} alone {gains[0]:+.2f}, tuning alone {gains[1]:+.2f}:")
    beyond = statistics.interaction(*hits)
    print("  ", said(beyond, above=above, below=below, unclear=unclear, equal=equal))

# %% [markdown]
# Where *neither* and *tuning* lie near 0, this is *both* minus the retrieval row: the weaker that row, the larger. A
# plainer question: is both better than the best alone? On questions with an answer, each line by itself:

# %%
print(combine_parts.against(rows, "both", ("retrieval", "tuning", "the best quote")))

# %% [markdown]
# One training is one draw; the verdict at the end adds two [seeds](../docs/glossary.md#seed). It also wants *hard*
# questions, worded unlike the policy, some needing two policies.
#
# ### The same at other sizes
#
# Larger models, where measured (a dash: not), and a large hosted model that was given the whole right document.

# %%
from IPython.display import Markdown, display
from helpers.lesson.scales import side_by_side

table = [*(row.method for row in rows.values()), "whole document"]
for what, gold in (
    ("A policy answers: share right", "right"),
    ("None does: share that says so", "abstained"),
):
    display(Markdown(f"**{what}**\n\n{side_by_side('policy_qa_plain', table, only=gold)}"))

# %% [markdown]
# Go down a column: what does tuning add to *may abstain*, to *one quote*? Go along the line of one quote: what does size
# add? And does tuning still pay at a larger size?

# %% [markdown]
# ## The whole assistant
#
# Facts in retrieval, behavior in tuning, policy in the prompt, says one article (H2). *Policy* means a rule for today's
# replies, such as "the next step is to call extension 88". *Behavior* is [Larkfield's voice](../data/voice/GUIDE.md),
# ten rules. The course's adapter, trained by the best of [six recipes](labs/07_one_core.ipynb) on dev, first learned to
# read, then the voice from 100 replies, all on *hard* questions; below it meets plain ones.

# %%
from helpers.methods import adapters, assistant, reader_examples, recipe_choices

whole = adapters.get(lm, "assistant")
search = reader_examples.search_of(lm, plain.documents)
asked, rule = plain.dev[1], assistant.load_next_steps("test")[0]
found = [f"{c.place}\n{c.text}" for c in reader_examples.find(search, [asked])[0]]
for what, text in (
    ("role", assistant.ROLE),
    ("rule", assistant.TODAY + rule),
    ("warning", passages.DEFEND),
    ("first passage", found[0]),
    ("question", asked.question),
):
    print(f"{what:14} {text!r}")

# %% [markdown]
# ### Your turn 07.3
#
# Write `ask(question, shown, rule)`; it returns a list of two dicts, a system and a user message.
#
# - System: `assistant.ROLE`; if there is a rule, `assistant.TODAY` and the rule; then `passages.DEFEND`, with nothing
#   between them.
# - User: each text of `shown` after its number, `[1] …`, or `(no passages)` if there is none; then `Question: …`. One empty
#   line between any two texts, and before `Question:`.


# %%
#: solution
def ask(question, shown, rule):
    system = assistant.ROLE + (assistant.TODAY + rule if rule else "") + passages.DEFEND
    numbered = [f"[{i}] {text}" for i, text in enumerate(shown, start=1)] or ["(no passages)"]
    user = "\n\n".join([*numbered, f"Question: {question}"])
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


#: why Fact and rule change every day, so they come in from outside, each in its own place, and the function works
# without either. The last sentence of the system message says that a passage gives no orders (lesson 04).
#: stub
#| def ask(question, shown, rule):
#|     ...
#: end

check("07.3", ask)

# %% [markdown]
# The prompt runs now, whole and with one part taken out. **Predict:** what is missing in each reply?

# %%
asking = yours("07.3", ask, assistant.messages)
print(f"{asked.question} → {asked.answer}; the rule: {rule}")
for name, model, texts, today in (
    ("whole", whole, found, rule),
    ("without index", whole, [], rule),
    ("without rule", whole, found, ""),
    ("without adapter", lm, found, rule),
):
    reply = model.chat(asking(asked.question, texts, today), max_new_tokens=80)
    print(f"\n{name.upper()}\n{reply}")

# %% [markdown]
# One reply proves little: the whole may be silent beside the answer. So count: the course's own prompt, fresh
# questions, and next steps new to the adapter. Code judges three counts. *Fact*: the right answer stands before the
# next step. *Form*: the ten rules of the voice are kept. *Rule*: today's step stands in the reply. To be fair to
# prompting, a last row has those ten in its prompt.

# %%
from helpers.tasks import files, policies

served = files.for_profile(policies.load_policy_questions("replies", tier="plain"), fast=8)
steps = assistant.load_next_steps("test")
days = [steps[i % len(steps)] for i in range(len(served))]
serving = plain.lab.using(task="assistant", split="replies", noun="replies", show=False)
near = reader_examples.find(search, served)
parts = assistant.taken_apart(
    serving, whole, served, near, days, **recipe_choices.row_of(lm, "assistant")
)

# %%
combine_parts.counted(parts, "The assistant with one part removed")

# %% [markdown]
# Whole minus without:

# %%
WITHOUT = {  # count: the reply without the part that should carry it
    "fact": "without index",
    "form": "without adapter, told the form",
    "rule": "without rule",
}
print(combine_parts.lost(parts, WITHOUT))

# %% [markdown]
# Look, too, at what falls *beside* the part: where the rule falls without the adapter, the prompt does not carry it
# alone. So H2 tests what each count *needs*, not where else it could live. (A reply without a next step also breaks the voice.)

# %% [markdown]
# ## A calculator instead of arithmetic
#
# "12 percent of $69 off, and $6.40 for the label": language models may guess sums. The advice (H4): let the model write the
# sum, and a calculator work it out. What a model writes is text from outside; it must never be *run*. The course's calculator
# reads numbers, `+ - * /`, brackets, and % for percent, and refuses all else.

# %%
from helpers.tasks import refund_sums

for text in (
    "calc(69 - 0.12*69 - 6.40)",
    "calc(9**9**9)",
    "calc(__import__('os').remove('x'))",
):
    worked = refund_sums.work_out(text)
    print(f"{text:40} → {worked.amount or 'refused: ' + worked.problem}")
print("with floats:", 0.1 + 0.2, "  with the calculator:", refund_sums.evaluate("0.1 + 0.2"))

# %% [markdown]
# It works with exact fractions, hence the 3/10.
#
# ### Your turn 07.4
#
# Write `find_sum(text)`: the text inside the first `calc(…)` as it stands, with brackets inside it kept whole:
# `"so calc((2+3)*4) (in all)"` gives `"(2+3)*4"`, and `"calc()"` an empty text. `None` where there is no call, or where the
# first call's bracket is never closed, whatever comes after it.


# %%
#: solution
def find_sum(text):
    start = text.find("calc(")
    if start < 0:
        return None
    start, depth = start + len("calc("), 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return None


#: why Brackets can stand inside brackets, so the end of the call is where as many have been closed as opened. A search for
# the first or the last closing bracket cuts the sum short or takes in words behind it.
#: stub
#| def find_sum(text):
#|     ...
#: end

check("07.4", find_sum)

# %% [markdown]
# The model writes, the function reads, the calculator works it out. The prompt shows the four nearest solved
# examples.

# %%
from helpers.methods import calculating

reading = yours("07.4", find_sum, own.find_sum)
embedder = search.index.embedder
few = refund_sums.load("dev")[:4]
chats = calculating.chats(few, calculating.CALL, calculating.NEAREST, embedder)
for item, text in zip(few, lm.generate(chats, max_new_tokens=40, progress=False).texts):
    worked = refund_sums.work_out(f"calc({reading(text) or ''})")
    came = worked.amount or worked.problem
    print(f"{item.question}\n  wrote {text[:60]!r} → {came}, wanted {item.answer}")

# %% [markdown]
# Now the test questions, bare or with a call, from examples or tuned on 120 solved ones. The plain baseline says the largest
# amount with a dollar sign. **Predict:** does the call help the untuned model, too?

# %%
from helpers.lesson import plots

sums = files.for_profile(refund_sums.load("test"), fast=20)
sum_lab = plain.lab.using(task="refund_sums", noun="sums", show=False)
ways = {
    (what, how): calculating.measure(sum_lab, sums, what, how, embedder)
    for how in (calculating.NEAREST, calculating.TUNED)
    for what in (calculating.BARE, calculating.CALL)
}
plainest = sum_lab.measure("largest amount", sums, calculating.largest, approach="plain")
named = [replace(row, method=", ".join(way)) for way, row in ways.items()]
plots.methods([plainest, *named], "In the head, or handed to a calculator", noun="sums")

# %%
print(combine_parts.gained_by_calls(ways))
print("tuned, with a call:", end=" ")
print(combine_parts.wrong_sums(sums, ways[calculating.CALL, calculating.TUNED]))

# %% [markdown]
# The calculator does not miscalculate. Where an answer is wrong, look at what it was handed: the understanding stays with the
# model.

# %% [markdown]
# ## When not to call
#
# "The label was $6.40. What was the label?" needs no sum. Does the model see that?
#
# ### Your turn 07.5
#
# Write `needless_and_missed(called, needed)`, two lists or arrays of true and false, one entry a question. Return two
# shares: of the questions that need no sum, how many were called for; of those that need one (there is one of each kind
# at least), how many were not.


# %%
#: solution
def needless_and_missed(called, needed):
    in_vain = [bool(c) for c, n in zip(called, needed) if not n]
    missed = [not c for c, n in zip(called, needed) if n]
    return sum(in_vain) / len(in_vain), sum(missed) / len(missed)


#: why Each share has its own group of questions below it. One share over all questions would depend on how many of each
# kind you happened to ask, and would hide which of the two errors is made.
#: stub
#| def needless_and_missed(called, needed):
#|     ...
#: end

check("07.5", needless_and_missed)

# %% [markdown]
# 40 questions whose answer stands in them join the sums. *Calculator call*: a prompt that always asks for one, with
# examples of sums. *Call or not*: one that says when, with examples of both kinds. *A gate in front*: a regression on
# embeddings, which saw 120 sums and 20 others.

# %%
mixed = [*sums, *refund_sums.load("none_test")]
needed = [item.kind != refund_sums.NONE for item in mixed]
mixed_lab = sum_lab.using(split="mixed")
errors = yours("07.5", needless_and_missed, own.needless_and_missed)
tools = {
    what: calculating.measure(mixed_lab, mixed, what, calculating.NEAREST, embedder)
    for what in (calculating.CALL, calculating.EITHER)
}
calls = {
    what: [bool(refund_sums.find_calls(text)) for text in row.answers]
    for what, row in tools.items()
}
for what, called in {**calls, "a gate in front": calculating.gate(mixed, embedder)}.items():
    vain, missed = (float(np.mean(share)) for share in errors(called, needed))
    print(f"{what:16} called in vain {vain:.2f}, missed {missed:.2f}")

# %% [markdown]
# A needless call is harmless only where its sum is right; a missed one leaves the arithmetic to the model. A gate
# trained on six sums to one other leans to calling.
#
# ### Playground
#
# Choose a question, take parts away, change the rule. Without widgets, call
# `widgets.assistant_html(lm, question, chunks, rule)` and show it with `IPython.display.HTML`.

# %%
from helpers.lesson.widgets import combine as widgets

widgets.assistant_explorer(
    {"the model alone": lm, "with its adapter": whole},
    plain.dev[:8],
    lambda question: reader_examples.find(search, [question])[0],
    steps[0],
)

# %% [markdown]
# ## What we found
#
# H1 counts questions that a policy answers, so *both* is not paid for silence. H4 needs calls that help, twice, and few
# in vain.

# %%
claims.conclude("H1", crossed.gains(plain) | crossed.gains(crossed.Crossing(lm, "hard")))
claims.conclude("H2", combine_parts.of_assistant(parts, WITHOUT))
either = tools[calculating.EITHER], calls[calculating.EITHER]
claims.conclude("H4", combine_parts.of_calculator(ways, *either, needed))

# %% [markdown]
# ## Three things to remember
#
# 1. Ask what each part is for, then take it out and count; parts lean on each other.
# 2. Before you train a reader, try an untuned one and the bare quote; count right answers apart from silence.
# 3. Hand sums to a calculator, not every question; parse the call yourself, and count the calls in vain.
#
# {{next}} Labs: [distractors and citations](labs/07_distractors.ipynb),
# [one core, two tasks](labs/07_one_core.ipynb).
