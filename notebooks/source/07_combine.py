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
# - train a reader on what your own search returns, misses included;
# - tell with a 2 × 2 whether retrieval and tuning add up, or need each other;
# - take an assistant apart and see what each part carries;
# - give a model a calculator without ever running what it writes, and count when it calls it in vain.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** H1, H2 and
# H4, printed below; H3 in the [lab on one core and two tasks](labs/07_one_core.ipynb).

# %%
#: setup

# %% [markdown]
# So far each method stood alone. A working assistant uses all of them at once. Follow one question through the picture:

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
# Each colored box is a place where you can put something in: a fact, a rule, a habit, a sum. Which belongs where? Three
# of the articles say that retrieval and tuning together beat either; one says how to divide the work.

# %%
from helpers.results import claims

claims.show("07")

# %% [markdown]
# ## What should a reader learn?
#
# A *reader* is the model that answers from quotes. It should learn no facts, for facts change. It should learn to find the
# answer among [distractors](../docs/glossary.md#distractor), say it in a few words, cite the quote, and say so where no
# quote holds it. So we train it on questions with what our search *really* found
# ([Zhang et al. 2024](https://arxiv.org/abs/2403.10131)). Here is one training question as the reader sees it.

# %%
from helpers.methods import crossed
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
plain = crossed.Crossing(lm)  # the plain questions, and lesson 04's search over the policies
first = plain.examples(plain.train[:1])[0]
print(first.prompt.messages[-1]["content"])
print(f"\nwanted: {plain.train[0].answer!r}, which stands in {list(first.places)}")

# %% [markdown]
# ### Your turn 07.1
#
# What should the reader say to that? Write `target(answer, places)`. `places`, a list or a tuple, holds the numbers of the
# quotes that hold the answer: `"38 days", [1, 3]` gives `"38 days [1, 3]"`, in the order given. With no place, it is
# `passages.ABSTENTION`.

# %%
from helpers.lesson.checks import own_07 as own
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.methods.retrieval import passages


#: solution
def target(answer, places):
    if not places:
        return passages.ABSTENTION
    return f"{answer} [{', '.join(str(place) for place in places)}]"


#: why Where the quotes do not hold the answer, the right answer is that they do not, even if the training set knows
# better. A target that answers anyway would teach the model to make things up.
#: stub
#| def target(answer, places):
#|     ...
#: end

check("07.1", target)

# %% [markdown]
# Your function now writes what the model learns. (Where the search missed the right line, it is put among the others, so
# that the reader mostly practices finding.)

# %%
say = yours(target, own.target, ("38 days", [1]))
pairs = plain.pairs(say=say)
silent = sum(pair.answer == passages.ABSTENTION for pair in pairs)
print(*(pair.answer for pair in pairs[:4]), sep="\n")
print(
    f"{len(pairs)} questions to learn from; for {silent} the right answer is that there is none"
)

# %% [markdown]
# Now train: a small [LoRA](../docs/glossary.md#lora) adapter, as in lesson 05, on this machine. The model below it stays as
# it is. This is the longest wait of the lesson.

# %% tags=["machine"]
from helpers.methods.tuning import loop

trained = loop.train(lm, pairs, crossed.RECIPE)
print(f"{trained.recipe.epochs} epochs, {trained.tokens:,} tokens, {trained.seconds:.0f} s")

# %% [markdown]
# **Predict:** before tuning the model reads the same prompts. What will it get wrong: the fact, the citation, or the few
# words?

# %%
from helpers.methods import reader

shown = plain.dev[8:12]
prompts = plain.prompts(shown)
before, after = (reader.read(m, shown, prompts, progress=False) for m in (lm, trained.lm))
for question, one, two in zip(shown, before, after):
    print(f"{question.question}\n  wanted: {question.answer}")
    print(f"  before: {one.text[:90]!r} ({one.verdict})")
    print(f"  after:  {two.text!r} ({two.verdict})")

# %% [markdown]
# Compare the shape of the answers first, then the facts. Four questions cannot show how often, so count.
#
# ## Two times two
#
# Four readers and a baseline, on the same test questions:
#
# - *neither*, *retrieval*: untuned, each with the best of 24 prompts, chosen on dev (lesson 04);
# - *tuning*: trained on the same questions and answers without quotes, and asked without;
# - *both*: the reader that you trained, measured here and now;
# - *the best quote*, shown without any model.
#
# To some questions no policy holds an answer. Saying so is another skill than reading, so it is counted apart.
# **Predict:** is the gain of both the sum of the two gains?

# %%
both = plain.measure(trained)
corners = {
    "neither": plain.untuned(crossed.CLOSED),
    "retrieval": plain.untuned(crossed.BEST_UNTUNED),
    "tuning": plain.tuned(crossed.CLOSED),
    "both": both,
}
rows = {**corners, "the best quote": plain.quoted()}

# %%
from helpers import statistics
from helpers.lesson.plots.retrieval import stages


def share(row, answerable):
    hits = crossed.hits(row, answerable)
    return statistics.wilson_interval(sum(hits), len(hits))


APART = {"a policy answers: right": True, "none does: says so": False}
stages(
    {
        name: {what: share(row, can) for what, can in APART.items()}
        for name, row in rows.items()
    },
    "Plain questions: retrieval and tuning, alone and together",
    f"share of {len(crossed.hits(both))} questions with an answer, "
    f"of {len(crossed.hits(both, False))} without",
)

# %% [markdown]
# Read the two colors apart. A reader that always abstains would stand at 1 in the second and at 0 in the first: that is
# caution, not knowledge.
#
# ### Your turn 07.2
#
# Write `adding_up(neither, retrieved, tuned, both)` for the four accuracies of a 2 × 2. Return three numbers: the gain of
# retrieval alone, the gain of tuning alone, and what both together give beyond the sum of these two gains
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

# %%
from helpers.lesson.said import said

adds = yours(adding_up, own.adding_up, (0.1, 0.2, 0.3, 0.4))
gains = adds(*(share(row, True).estimate for row in corners.values()))
print("retrieval {:+.2f}, tuning {:+.2f}, both beyond their sum {:+.2f}".format(*gains))
beyond = statistics.interaction(*(crossed.hits(row) for row in corners.values()))
above = "Each does more beside the other than alone: {found}."
below = "They do some of the same work twice: {found}."
unclear = "Whether the gains add up, these questions cannot tell: {found}."
print(said(beyond, above=above, below=below, unclear=unclear))

# %% [markdown]
# Whoever must choose asks a plainer question: are both better than the best one alone?

# %%
for name in ("retrieval", "tuning", "the best quote"):
    for kind, can in (("with an answer", True), ("without one", False)):
        gain = statistics.compare_hits(crossed.hits(rows[name], can), crossed.hits(both, can))
        above, below = f"both beats {name} alone", f"{name} alone beats both"
        unclear = f"both and {name} alone are too close to call"
        told = said(gain, above=above, below=below, unclear=unclear)
        print(f"questions {kind}: {told}, {gain.difference}")

# %% [markdown]
# One run of training is one draw. The verdict at the end adds two more [seeds](../docs/glossary.md#seed), from the
# course's reference results, and the hard questions.
#
# ### The same at other sizes
#
# Your model is small. Beside it stand the same four readers on larger models, trained and measured in the same way, and a
# large hosted model that was given the whole right document (a dash: not measured).

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
# Go down a column: what does tuning add once the quotes are there? Then go along a line: does the answer change with size?
# What pays on 135 million [parameters](../docs/glossary.md#parameter) need not pay on 1.5 billion.

# %% [markdown]
# ## The whole assistant
#
# One article divides the work: facts in retrieval, behavior in tuning, policy in the prompt (H2). *Policy* means a rule
# for today's replies here, such as "the next step is to call extension 88". *Behavior* is
# [Larkfield's voice](../data/voice/GUIDE.md), ten rules of form from lesson 05; an adapter that ships with the course
# learned it from 100 replies. *Facts* are the passages found, of about 80 tokens each, as in that adapter's training.

# %%
from helpers.methods import adapters, assistant, reader_examples

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
    print(f"{what:14} {text.strip()}")

# %% [markdown]
# ### Your turn 07.6
#
# Put the pieces into a prompt. Write `ask(question, shown, rule)`; it returns a system and a user message.
#
# - System: `assistant.ROLE`; if there is a rule, `assistant.TODAY` and the rule; then `passages.DEFEND`, joined as they are.
# - User: each text of `shown` after its number, `[1] …`, or `(no passages)` if there is none; then `Question: …`. Between
#   them stands one empty line.


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

check("07.6", ask)

# %% [markdown]
# Your prompt runs now, whole and with one part taken out. **Predict:** what is missing in each reply?

# %%
asking = yours(ask, own.messages, ("Why?", ["Fees"], "call us."))
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
# One question is an example. Now fresh ones that nobody chose anything on, with next steps that the adapter was not
# trained on, judged by code on three counts. *Fact*: the
# right answer stands before the next step. *Form*: all ten rules of the voice are kept. *Rule*: the day's step stands in
# the reply. To be fair to prompting, the model without its adapter gets a second try, with the ten rules in its prompt.

# %%
from helpers.tasks import files, policies

served = files.for_profile(policies.load_policy_questions("replies", tier="plain"), fast=8)
steps = assistant.load_next_steps("test")
days = [steps[i % len(steps)] for i in range(len(served))]
serving = plain.lab.using(task="assistant", split="replies", noun="replies", show=False)
near = reader_examples.find(search, served)
parts = assistant.taken_apart(
    serving, whole, served, near, days, **adapters.row_of(lm, "assistant")
)

# %%
COUNTS = ("fact", "form", "rule")
stages(
    {
        name: {
            what: statistics.wilson_interval(sum(part.hits(what)), len(served))
            for what in COUNTS
        }
        for name, part in parts.items()
    },
    "The assistant with one part removed",
    f"share of {len(served)} replies",
)

# %%
CARRIES = {
    "fact": ("the index", "without index"),
    "form": ("the adapter", "without adapter, told the form"),
    "rule": ("the rule in the prompt", "without rule"),
}
lost = {}
for what, (part, name) in CARRIES.items():
    lost[what] = statistics.compare_hits(parts[name].hits(what), parts["whole"].hits(what))
    above = f"{what} is lost without {part}: {{found}}"
    below = f"{what} is better without {part}: {{found}}"
    unclear = f"{what}: whether it needs {part} is too close to call, {{found}}"
    print(said(lost[what], above=above, below=below, unclear=unclear))

# %% [markdown]
# Then look for what falls *beside* the part that you took out. A count that falls needed that part, which is not the same
# as being carried by it alone: a reply without a next step also breaks a rule of the voice.

# %% [markdown]
# ## A calculator instead of arithmetic
#
# "12 percent of $69 off, and $6.40 for the label": a refund is a sum, and language models may guess sums. The advice (H4):
# let the model write the sum, and let a calculator work it out. What a model writes is text from outside; it must never
# be *run*. The course's calculator reads numbers, `+ - * / %` and brackets, and refuses everything else.

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
# It works with exact fractions, hence the 3/10, and rounds to cents at the end.
#
# ### Your turn 07.5
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

check("07.5", find_sum)

# %% [markdown]
# The model now writes, your function reads, the calculator works it out. The prompt shows four solved examples, the
# nearest ones, as in lesson 03.

# %%
from helpers.methods import calculating

reading = yours(find_sum, own.find_sum, ("calc(2+3)",))
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
plots.methods([plainest, *ways.values()], "In the head, or handed to a calculator", noun="sums")

# %%
for how in (calculating.NEAREST, calculating.TUNED):
    pair = (ways[what, how].correct for what in (calculating.BARE, calculating.CALL))
    above, below = f"{how}: the call helps, {{found}}", f"{how}: the call hurts, {{found}}"
    unclear = f"{how}: call and bare are too close to call, {{found}}"
    print(said(statistics.compare_hits(*pair), above=above, below=below, unclear=unclear))
row = ways[calculating.CALL, calculating.TUNED]
wrong = [i for i, hit in enumerate(row.correct) if not hit]
print(f"tuned, with a call: {len(wrong)} of {row.n} wrong")
for i in wrong[:3]:
    print(f"{sums[i].question}\n  wanted {sums[i].expression}, wrote {row.answers[i][:70]!r}")

# %% [markdown]
# The calculator does not miscalculate. Where an answer is wrong, look at what it was handed. A tool takes over the arithmetic
# and leaves the understanding where it was.
#
# ## When not to call
#
# "The label was $6.40. What was the label?" needs no sum. A model that has only seen sums may call all the same.
#
# ### Your turn 07.7
#
# Write `needless_and_missed(called, needed)`, two lists of true and false, one entry a question. Return two shares: of the
# questions that need no sum, how many were called for; of those that need one, how many were not. Both kinds occur.


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

check("07.7", needless_and_missed)

# %% [markdown]
# 40 questions whose answer stands in them join the sums. Three ways to decide: examples of sums alone; examples of both
# kinds, and a prompt that says when to call; a plain *gate* in front, a regression on embeddings.

# %%
mixed = [*sums, *refund_sums.load("none_test")]
needed = [item.kind != refund_sums.NONE for item in mixed]
mixed_lab = sum_lab.using(split="mixed")
errors = yours(needless_and_missed, own.needless_and_missed, ([True, False], [True, False]))
tools = {
    what: calculating.measure(mixed_lab, mixed, what, calculating.NEAREST, embedder)
    for what in (calculating.CALL, calculating.EITHER)
}
calls = {
    what: [reading(text) is not None for text in row.answers] for what, row in tools.items()
}
for what, called in {**calls, "a gate in front": calculating.gate(mixed, embedder)}.items():
    print("{:16} called in vain {:.2f}, missed {:.2f}".format(what, *errors(called, needed)))

# %% [markdown]
# A needless call is harmless only where the sum inside is right; a missed one leaves the arithmetic to the model. Whoever
# offers a tool should count both.
#
# ### Playground
#
# Choose a question, take parts away, change the rule of the day. Without widgets, call
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
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. H1 counts questions
# that a policy answers, so silence earns nothing there.

# %%
from helpers.results import evidence

claims.conclude("H1", crossed.gains(plain, both) | crossed.gains(crossed.Crossing(lm, "hard")))
KEPT_IN = {"fact": "facts", "form": "behavior", "rule": "policy"}
replies = [part.row for part in parts.values()]
claims.conclude(
    "H2",
    {
        KEPT_IN[what]: evidence.difference(
            parts[name].hits(what), parts["whole"].hits(what), of=replies
        )
        for what, (_, name) in CARRIES.items()
    },
)

# %%
pairs_of = {"prompted": calculating.NEAREST, "tuned": calculating.TUNED}
told = {
    part: evidence.difference(ways[calculating.BARE, how], ways[calculating.CALL, how])
    for part, how in pairs_of.items()
}
in_vain = [c for c, n in zip(calls[calculating.EITHER], needed) if not n]
told["needless"] = evidence.share(in_vain, of=tools[calculating.EITHER])
claims.conclude("H4", told)

# %% [markdown]
# ## Three things to remember
#
# 1. Ask what each part is for, then take it out and count. Parts lean on each other more than a diagram shows.
# 2. Train a reader on what your search returns, and count right answers apart from silence.
# 3. Hand arithmetic to a calculator, read the call with a parser of your own, and count the calls in vain.
#
# {{next}} Labs: [distractors and citations](labs/07_distractors.ipynb),
# [one core, two tasks](labs/07_one_core.ipynb).
