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
# - make training examples for a reader out of what your own search returns, mistakes included;
# - tell with a 2 × 2 whether retrieval and tuning add up, or need each other;
# - measure what distractors do to an answer, and whether its citations hold;
# - take an assistant apart and see what each part carries;
# - give a model a calculator without ever running what it writes.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** H1 to H4,
# printed below.

# %%
#: setup

# %% [markdown]
# ## The claims
#
# Four pieces of advice about combining, in our words. So far each method stood alone; now they share one small model, with
# [adapters](../docs/glossary.md#adapter) that are put on and taken off.

# %%
from helpers.results import claims

claims.show("07")

# %% [markdown]
# Long measurements come from the course's *reference results*. Set the switch to `True`, and this lesson's rows are
# measured here; those of lesson 04 and the adapters stay as they ship.

# %%
RERUN = False

# %%
from functools import partial

import numpy as np

from helpers import statistics
from helpers.lesson import plots
from helpers.lesson.plots.retrieval import stages
from helpers.methods import adapters, assistant, reader, reader_examples
from helpers.methods.retrieval import passages
from helpers.model.language_model import LanguageModel
from helpers.results import evidence, ledger
from helpers.tasks import files, policies, refund_sums

lm = LanguageModel.load()
lab = ledger.Lab("policy_qa", lm, noun="questions", rerun=RERUN)
documents = policies.load_policies()
search = reader_examples.search_of(lm, documents)
find = partial(reader_examples.find, search)
train, test = (policies.load_policy_questions(split) for split in ("train", "test"))
asked = files.for_profile(test, fast=25)
print(
    len(documents), "policies,", len(search.index), "passages of about 80 tokens, tables whole"
)


# %% [markdown]
# ## What should a reader learn?
#
# A *reader* here is the model that answers from passages. It should learn no facts: those change. It should learn to find
# the answer among [distractors](../docs/glossary.md#distractor), say it in a few words, cite, and say so where no passage
# holds it. So its training questions come with what the real search returns, distractors and misses included
# ([Zhang et al. 2024](https://arxiv.org/abs/2403.10131)). No training question asks what a test question asks; the thirty
# documents are the same.
#
# ### Your turn 07.1
#
# Write `target(answer, places)`: what the reader should say. `places`, a list or a tuple, holds the numbers of the passages
# that hold the answer: `"38 days", [1, 3]` gives `"38 days [1, 3]"`, in the order given. With no place, it is
# `passages.ABSTENTION`.


# %%
#: solution
def target(answer, places):
    if not places:
        return passages.ABSTENTION
    return f"{answer} [{', '.join(str(place) for place in places)}]"


#: why Where the passages do not hold the answer, the right answer is that they do not, even if the training set knows
# better. A target that answers anyway would teach the model to make things up.
#: stub
#| def target(answer, places):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution

check("07.1", target)

# %% [markdown]
# The helper below does the same for the training questions, three times each: with the right passage alone, with one found
# passage, and with three. Where the search missed the right one, it is put in; a question that no document answers always
# gets a passage. Here is one question whose one found passage, [1], was a miss, so that the right one came in as [2]; and
# one that no document answers.

# %%
few = [train[1], next(question for question in train if not question.answerable)]
examples = reader_examples.in_views(lm, few, find(few), search.index.chunks, documents)
for one in examples[2:4]:
    print(one.prompt.messages[-1]["content"])
    print(f"→ {one.answer}\n")

# %% [markdown]
# ## The adapter
#
# Training on all of them takes longer than this lesson should, so the adapter ships;
# `python -m helpers.methods.adapters reader` makes it anew. A small file beside it, its card, says how it was made
# (*all-linear*: on every linear layer of a block, lesson 05). The model below it is the one you already have, and it is
# in memory once.

# %% tags=["machine"]
tuned_reader = adapters.get(lm, "reader")
card = adapters.card(lm, "reader")
recipe = card["recipe"]
layers = f"the upper {recipe['layers']} of {lm.model.config.num_hidden_layers} layers"
print(
    f"rank {recipe['rank']} on {recipe['target_modules']}, {layers}; {card['pairs']} examples,"
)
print(
    f"{recipe['epochs']} epoch, {card['steps']} steps; training took {card['training_seconds'] / 60:.0f} minutes"
)
size = sum(path.stat().st_size for path in adapters.folder(lm, "reader").glob("*.safetensors"))
print(
    f"on disk: {size / 1e6:.1f} MB, against {lm.model.num_parameters() * 2 / 1e6:.0f} MB of the model"
)

# %% [markdown]
# **Predict:** before tuning the model reads the same prompts. What will it get wrong: the fact, the citation, or the few words?

# %%
shown = [test[i] for i in (0, 3, 6, 9)]
prompts = reader.write_prompts(lm, shown, find(shown))
before, after = (
    reader.read(model, shown, prompts, progress=False) for model in (lm, tuned_reader)
)
for question, one, two in zip(shown, before, after):
    print(f"{question.question}\n  wanted: {question.answer}")
    print(
        f"  before: {one.text[:90]!r} ({one.verdict})\n  after:  {two.text!r} ({two.verdict})"
    )

# %% [markdown]
# What *before* says is cut after 90 letters; where *not stated* is wanted, the right reply is to abstain. After tuning the
# form is there: few words, a citation, sometimes the right silence. The facts are another matter, so count.

# %% [markdown]
# ## Two times two
#
# Retrieval or not, adapter or not, on the frozen test questions: four methods, the same questions, paired. Beside them
# stand two untuned readers of lesson 04 that had more help: three quotes with a free answer, and one quote with a started
# answer that may not abstain. And two plain baselines: the best quote without a model, and *always abstain*,
# which is right wherever no policy holds the answer. Rows of this lesson begin with *combine*. **Predict:** which method
# wins, and is the gain of retrieval and tuning together the sum of the two?


# %%
BY_READER, BY_ASSISTANT = (adapters.row_of(lm, name) for name in ("reader", "assistant"))
BY_ASSISTANT["training_seconds"] += BY_READER["training_seconds"]  # it went on from the reader


def written_for(questions, keep=3):
    chunks = find(questions, keep) if keep else [[]] * len(questions)
    return reader.write_prompts(lm, questions, chunks)


def row_of(method, questions, model, written, approach, lab=lab, **told):
    def run(_texts):
        return reader.read(model, questions, written)

    how = {"approach": approach, "prompts": written, "heavy": True, **told}
    return lab.measure(method, questions, run, **how)


# %%
closed, opened = written_for(asked, keep=0), written_for(asked)
METHODS = {
    "closed book": (lm, closed, "prompt", {}),
    "closed book, tuned reader": (tuned_reader, closed, "tune", BY_READER),
    "passages": (lm, opened, "retrieve", {}),
    "passages, tuned reader": (tuned_reader, opened, "retrieve + tune", BY_READER),
}


def always_abstain(questions):
    nothing = passages.PassagePrompt([], (), (), 0)
    return [reader.judge(question, nothing, passages.ABSTENTION) for question in questions]


# %%
abstaining = lab.measure(
    "always abstain", asked, lambda _: always_abstain(asked), approach="plain", heavy=True
)
table = {
    name: row_of(f"combine: {name}", asked, *how, **told)
    for name, (*how, told) in METHODS.items()
}

# %%
answerable = [question.answerable for question in asked]


def hits_on(row, which=True):
    return [bool(hit) for hit, can in zip(row.correct, answerable) if can == which]


def share(row, which=True):
    hits = hits_on(row, which)
    return statistics.wilson_interval(sum(hits), len(hits))


LESSON_04 = (
    "retrieval, free answer",
    "retrieval, one quote, started answer",
    "best quote, fused, reranked",
)
helped = [lab.stored(method, asked) for method in LESSON_04[:2]]
quote = lab.stored(LESSON_04[2], asked, model=search.index.embedder)
everything = [*table.values(), *filter(None, [*helped, quote]), abstaining]
if None in (*helped, quote):
    print(f"no row of {lm.name} from lesson 04; run that with it, then this part again")
plots.methods(
    everything, "Policy questions: retrieval and tuning, alone and together", noun="questions"
)

# %%
for row in everything:
    name = row.method.removeprefix("combine: ")
    print(f"{name:38} answerable {share(row)}, unanswerable {share(row, False)}")
untuned = [table["passages"], *filter(None, helped)]
both_row = table["passages, tuned reader"]
best = max(untuned, key=lambda row: row.interval.estimate)
rivals = {"the best untuned reader": best}
if quote:
    rivals["the best quote, without a model"] = quote
gains = {name: ledger.compare(row, both_row) for name, row in rivals.items()}
for name, gain in gains.items():
    print(f"tuned reader minus {name} ({rivals[name].method}): {gain}")
on_facts = statistics.compare_hits(hits_on(best), hits_on(both_row)).difference
print(f"tuned minus the best untuned reader, answerable questions alone: {on_facts}")

# %% [markdown]
# Read the two columns apart: a row can gain by reading, or by saying that there is no answer. The second is caution, not
# knowledge. Look at the last line: if it holds zero, the lead over the best untuned reader is silence, not more right
# answers. And the plain quote, which never abstains, is not beaten. The tuned reader without passages mostly abstains, so
# that corner shows a habit, not what a model tuned on the facts would know (lesson 06).
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
corners = ["closed book", "closed book, tuned reader", "passages", "passages, tuned reader"]
hits = [hits_on(table[name]) for name in corners]
for name, at in (("tuning alone", 1), ("retrieval alone", 2), ("both", 3)):
    change = statistics.compare_hits(hits[0], hits[at]).difference
    print(f"answerable questions, {name} minus neither: {change}")
beyond = statistics.interaction(*hits)
print("both, beyond the sum of the two gains:", beyond)

# %%
square = {
    where: {"untuned": [share(table[where])], "tuned": [share(table[f"{where}, tuned reader"])]}
    for where in ("closed book", "passages")
}
plots.curves(
    square,
    "Answerable questions: parallel lines would mean that gains add up",
    ("the reader", "share answered rightly"),
    reference=[
        (where, x)
        for where in square
        for x, name in (("untuned", where), ("tuned", f"{where}, tuned reader"))
        if table[name].reference
    ],
)

# %% [markdown]
# If that interval leaves out zero, the gains do not add up: above it each part does more beside the other, below it
# they do the same work twice. If it holds zero, these questions cannot tell. Two corners have hardly a right answer: a
# share of exactly zero there means that no hit was seen, not that there can be none. And the untuned corner has a plain
# prompt; lesson 04's better one, above, reached about as much without tuning.

# %% [markdown]
# ## What do distractors do?
#
# The search returns passages that resemble the question and do not answer it. Now we place the right one by hand.
#
# ### Your turn 07.3
#
# Write `with_distractors(gold, others, place)`: a new list with `gold` at `place`, counted from 1, among `others` in their
# order; beyond the end it comes last. `others` must stay as it is.


# %%
#: solution
def with_distractors(gold, others, place):
    return [*others[: place - 1], gold, *others[place - 1 :]]


#: why Slices make new lists, so nothing that was given changes; and a slice beyond the end is empty, so that a place that
# is too large puts the passage last. list.insert would change the caller's list.
#: stub
#| def with_distractors(gold, others, place):
#|     ...
#: end

check("07.3", with_distractors)


# %%
def in_one_passage(question):
    near = [c for c in search.index.chunks if c.document in question.documents]
    return any(reader.holds_alone(question, chunk, documents) for chunk in near)


plain = [q for q in test if q.type in ("lookup", "numeric", "negation") and in_one_passage(q)]
alone = files.for_profile(plain[:40], fast=12)
CASES = {"alone": (0, 1), "last of 3": (2, 3), "last of 5": (4, 5)}
READERS = {"untuned reader": lm, "tuned reader": tuned_reader}


def among(count, place):
    found = find(alone, keep=8)
    chunks = reader.placed(alone, found, search.index.chunks, documents, count, place)
    return reader.write_prompts(lm, alone, chunks, 1200)


# %%
robust, crowded = {name: {} for name in READERS}, lab.using(task="distractors")
crowds = {where: among(*case) for where, case in CASES.items()}
for name, model in READERS.items():
    told = (
        {"approach": "retrieve"} if model is lm else BY_READER | {"approach": "retrieve + tune"}
    )
    for where, prompts in crowds.items():
        method = f"distractors: {name}, {where}"
        robust[name][where] = row_of(method, alone, model, prompts, lab=crowded, **told)

# %%
plots.curves(
    {
        name: {where: [row.interval] for where, row in rows.items()}
        for name, rows in robust.items()
    },
    "The right passage among distractors",
    ("where the right passage stands", f"share right, {len(alone)} questions"),
    reference=[
        (n, w) for n, rows in robust.items() for w, row in rows.items() if row.reference
    ],
)
crowd = {
    name: ledger.compare(rows["alone"], rows["last of 5"]).difference
    for name, rows in robust.items()
}
print("five passages minus one:", "; ".join(f"{name} {value}" for name, value in crowd.items()))

# %% [markdown]
# A minus means that company hurts; five passages are more than the reader saw in training. Number and place change together
# here, for the right passage always stands last. Read each interval from end to end: one that touches zero does not say that
# nothing happens, and with so few questions it may reach to a large loss.

# %% [markdown]
# ## Do the citations lead to the answer?
#
# An answer with a number in brackets looks traceable. It is, if the number leads to a passage that holds the answer.
#
# ### Your turn 07.4
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

check("07.4", supported)

# %%
for name in ("passages", "passages, tuned reader"):
    good, silent = [], 0
    for question, prompt, text in zip(asked, opened, table[name].answers):
        numbers = set(passages.cited_numbers(text))
        if reader.judge(question, prompt, text).verdict == "abstained":
            continue
        silent += not numbers
        if numbers:
            good.append(numbers <= set(reader.leading(question, prompt.used, documents)))
    led = statistics.wilson_interval(sum(good), len(good)) if good else "no answer cites"
    print(f"{name:24} {len(good)} answers cite, {silent} do not; led to the answer: {led}")

# %% [markdown]
# Two different things are counted here: how often an answer cites at all, and how often its citation leads to a passage
# that holds the right answer. A person who reads the answer needs the second, and the search bounds it: where the passage
# is missing, no citation can lead there, and where no policy answers, none can either. A citation can also be right where
# the answer beside it is wrong: compare the share here with the share of right answers above.

# %% [markdown]
# ## The whole assistant
#
# One article divides the work: facts in retrieval, behavior in tuning, policy in the prompt (H2). *Policy* means a rule for
# today's replies here, not one of the thirty documents. All three at once: the index brings the fact, a second adapter
# brings the form of a reply in Larkfield's voice, and the prompt brings the rule, what to name as the next step. None of the
# next steps used here was in its training. Three checks by code: *fact*, the right answer stands before the next step, or
# the reply abstains where there is none; *form*, all ten rules of [Larkfield's voice](../data/voice/GUIDE.md) (lesson 05)
# are kept; *rule*, the day's step stands in the reply.

# %%
whole_lm = adapters.get(lm, "assistant")
steps = assistant.load_next_steps("test")
chosen = files.balanced(test, 8)
rule_of = {q.id: steps[i % len(steps)] for i, q in enumerate(chosen)}
served = files.for_profile(chosen, fast=10)
days = [rule_of[q.id] for q in served]
example = assistant.write_prompts(lm, served[:1], find(served[:1]), days[:1])
print(lm.render(example[0].messages))
print(assistant.answer(whole_lm, served[:1], example, days[:1], progress=False)[0].text)

# %% [markdown]
# Now take out one part at a time: no passages, no rule in the prompt, no adapter. **Predict:** which of the three counts
# falls in each row? Does any other fall with it?


# %%
def asking(with_index=True, with_rule=True):
    chunks = find(served) if with_index else [[]] * len(served)
    return assistant.write_prompts(lm, served, chunks, days if with_rule else [""] * len(days))


# %%
SYSTEMS = {
    "whole": (whole_lm, asking(), "retrieve + tune"),
    "without index": (whole_lm, asking(with_index=False), "tune"),
    "without rule in the prompt": (whole_lm, asking(with_rule=False), "retrieve + tune"),
    "without adapter": (lm, asking(), "retrieve"),
}
parts, rows, serving = {}, {}, lab.using(task="assistant", noun="replies")
for name, (model, chats, approach) in SYSTEMS.items():
    rows[name] = row = serving.measure(
        f"assistant: {name}",
        served,
        lambda _, model=model, chats=chats: assistant.answer(model, served, chats, days),
        approach=approach,
        prompts=chats,
        heavy=True,
        **BY_ASSISTANT if "tune" in approach else {},
    )
    parts[name] = [assistant.judge(q, d, t) for q, d, t in zip(served, days, row.answers)]

# %%
COUNTS = ("fact", "form", "rule", "right")
shares = {
    name: {
        {"right": "all three"}.get(count, count): statistics.wilson_interval(
            sum(getattr(one, count) for one in judged), len(judged)
        )
        for count in COUNTS
    }
    for name, judged in parts.items()
}
stages(shares, "The assistant with one part removed", f"share of {len(served)} replies")
lost = {name: ledger.compare(rows[name], rows["whole"]) for name in list(rows)[1:]}
for name, difference in lost.items():
    print(f"all three, whole minus {name}: {difference}")

# %% [markdown]
# All three must be right at once, so the weakest count, the fact, bounds the last one. An interval may leave out zero and
# the word still be *too close to call*: McNemar's test must agree, and it sees only the few replies that changed (lesson
# 01). A count that falls *needed* the part taken out, which is not the same as being carried by it: a reply without a
# next step also breaks a rule of the voice. If the fact is as rare without the index as with it, the passages stood in
# the prompt and were hardly read. And mind what this cannot show: nobody told the bare model the ten rules, and a rule
# that stands in no prompt cannot be guessed.

# %% [markdown]
# ## One core, two prompts
#
# "Tune the core, prompt for the task" (H3). The assistant's adapter began as the reader above and went on with 100 replies
# to customers and 40 *notes*: the reader's own prompts with short cited answers, as an agent would want them. One set of
# weights, two task prompts. **Predict:** does each get its form, and is the note still as right as with the reader's own
# adapter?

# %%
how = (whole_lm, opened, "retrieve + tune")
note_row = row_of("combine: note, shared adapter", asked, *how, **BY_ASSISTANT)


def is_note(text):
    ends = bool(passages.cited_numbers(text)) or text.strip() == passages.ABSTENTION
    return bool(text) and "\n" not in text and len(text.split()) <= 20 and ends


notes = note_row.answers
kept_form = {"note": [*map(is_note, notes)], "reply": [one.form for one in parts["whole"]]}
forms = {k: statistics.wilson_interval(sum(v), len(v)) for k, v in kept_form.items()}
print(f"{asked[0].question}\nnote: {notes[0]!r}\n\n{served[0].question}")
print(f"reply: {rows['whole'].answers[0]!r}\n")
print("in the form that its prompt asks for:", "; ".join(f"{k} {v}" for k, v in forms.items()))
shared = ledger.compare(both_row, note_row)
print("notes, shared minus own adapter:", shared)

# %% [markdown]
# The form of a note is one line of at most 20 words with a citation, or the sentence that says there is no answer; that of
# a reply is Larkfield's ten rules. Where a note opens like a reply, one form has leaked into the other prompt. A minus in the
# last line is what the second task cost the first, if its interval leaves out zero.

# %% [markdown]
# ## A calculator instead of arithmetic
#
# "12 percent of $69 off, and $6.40 for the label": a refund is a sum, and language models may guess sums. The advice (H4): let
# the model write the sum, and let a calculator work it out. What a model writes is text from outside; it must never be
# *run*. The course's calculator reads numbers (also with `$`, `%` or commas), `+ - * /` and brackets, and refuses everything
# else. It works with exact fractions, hence the 3/10 below, and rounds to cents at the end.

# %%
for text in (
    "calc(69 - 0.12*69 - 6.40)",
    "calc(9**9**9)",
    "calc(__import__('os').remove('x'))",
):
    worked = refund_sums.work_out(text)
    print(f"{text:40} → {worked.amount or 'refused: ' + worked.problem}")
print("with floats:", 0.1 + 0.2, "  with the calculator:", refund_sums.evaluate("0.1 + 0.2"))

# %% [markdown]
# ### Your turn 07.5
#
# Write `find_sum(text)`: the text inside the first `calc(…)`, with brackets inside it kept whole:
# `"so calc((2+3)*4) (in all)"` gives `"(2+3)*4"`, and `"calc()"` an empty text. `None` where there is no call, or where the
# first call's bracket is never closed.


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
# Four ways on the same questions: bare or with a call, each with four solved examples in the prompt (the nearest, as in
# lesson 03) and each tuned on the same 120 solved questions. The plain baseline says the largest amount with a dollar sign.
# **Predict:** does the call help the untuned model, too?

# %%
from helpers.methods import baselines, few_shot
from helpers.model import embedding

past, sums = refund_sums.load("train"), files.for_profile(refund_sums.load("test"), fast=60)
embedder = search.index.embedder


solved, new = (embedding.embed(embedder, [i.text for i in part]) for part in (past, sums))
near = few_shot.nearest_examples(solved, new, 4)
SHOWN = {
    "4 nearest examples": [[past[i] for i in row] for row in near],
    "tuned": [[]] * len(sums),
}

# %%
NAMES = {False: ("bare", "sums"), True: ("calculator call", "calculator")}
sum_lab, ways = lab.using(task="refund_sums", noun="sums"), {}
for called, (what, name) in NAMES.items():
    examples = {"approach": "prompt", "labels_used": len(past)}
    trained = {"approach": "tune", **adapters.row_of(lm, name)}
    models = {"tuned": adapters.get(lm, name), "4 nearest examples": lm}
    for how, shown in SHOWN.items():
        chats = [refund_sums.chat(i.text, called, some) for i, some in zip(sums, shown)]
        ways[what, how] = sum_lab.measure(
            f"refund sums: {what}, {how}",
            sums,
            lambda _, m=models[how], chats=chats: refund_sums.answer(m, sums, chats),
            prompts=chats,
            heavy=True,
            **(trained if how == "tuned" else examples),
        )

# %%
import re


def largest(texts):
    amounts = [re.findall(r"\$([\d,]+(?:\.\d+)?)", text) for text in texts]
    values = [[float(value.replace(",", "")) for value in some] for some in amounts]
    return [f"{max(some, default=0):.2f}" for some in values]


largest_row = sum_lab.measure("largest amount", sums, largest, approach="plain", show=False)
every_way = [largest_row, *ways.values()]
plots.methods(every_way, "Refund sums: in the head, or handed to a calculator", noun="sums")

# %%
calls = {}
for how in ("4 nearest examples", "tuned"):
    calls[how] = ledger.compare(ways["bare", how], ways["calculator call", how])
    print(f"{how}: call minus bare {calls[how]}")
row = ways["calculator call", "tuned"]
wrong = [i for i, hit in enumerate(row.correct) if not hit]
unread = sum(refund_sums.work_out(text).amount is None for text in row.answers)
print(f"tuned, with a call: {len(wrong)} of {row.n} wrong, {unread} of them cannot be read")
for i in wrong[:3]:
    print(f"{sums[i].question}\n  wanted {sums[i].expression}, wrote {row.answers[i][:70]!r}")

# %% [markdown]
# The calculator does not miscalculate. What is wrong is the sum: an amount left out, the order turned round, 12 percent
# written as 12. (A few questions can be read in two ways.) A tool takes over the arithmetic and leaves the understanding
# where it was.
#
# ### Playground
#
# Choose a question, take parts away, change the rule of the day. Without widgets, call
# `widgets.assistant_html(lm, question, chunks, rule)` and show it with `IPython.display.HTML`.

# %%
from helpers.lesson.widgets import combine as widgets

widgets.assistant_explorer(
    {"the model alone": lm, "with its adapter": whole_lm},
    served[:8],
    lambda question: find([question])[0],
    steps[0],
)

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. A rule of several
# parts holds only if every part does. *Underpowered*: too close to call, or unable to come out both ways, with so few
# items; how many would do stands beside.
#
# H1 counts silence as right where no policy holds an answer; the line *answerable questions alone*, far above, does not.

# %%
closed_row = table["closed book, tuned reader"]
claims.conclude(
    "H1",
    {
        "than retrieval": evidence.difference(best, both_row, note=f"minus {best.method}"),
        "than tuning": evidence.difference(closed_row, both_row),
    },
)
parts_of = {
    "index": "without index",
    "rule in the prompt": "without rule in the prompt",
    "adapter": "without adapter",
}
claims.conclude(
    "H2",
    {part: evidence.difference(rows[name], rows["whole"]) for part, name in parts_of.items()},
)

# %%
claims.conclude(
    "H3",
    {
        "notes": evidence.share(kept_form["note"], of=note_row),
        "replies": evidence.share(kept_form["reply"], of=rows["whole"]),
        "own adapter": evidence.difference(both_row, note_row),
    },
)
answered = {"prompted": "4 nearest examples", "tuned": "tuned"}
claims.conclude(
    "H4",
    {
        part: evidence.difference(ways["bare", how], ways["calculator call", how])
        for part, how in answered.items()
    },
)

# %% [markdown]
# ## Three things to remember
#
# 1. Ask what each part is for, then take it out and count: parts lean on each other more than a diagram shows.
# 2. Train a reader on what your search returns, misses included, and count its right answers apart from its silence.
# 3. Hand arithmetic to a calculator, read the call with a parser of your own, and never run a model's text.
#
# {{next}}
