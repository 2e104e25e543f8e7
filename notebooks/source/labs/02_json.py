# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # How do you get a format that holds?
#
# **After this lesson you can**
#
# - tell apart: is it JSON, does it fit the schema, is it right;
# - cut out, retry, repair or constrain, and say what each costs;
# - write the heart of constrained decoding, and a schema.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** P2 and P3.

# %%
#: setup

# %% [markdown]
# ## A form to fill in
#
# Larkfield's engineers write [change requests](../../data/changes/GUIDE.md). A program wants each as a JSON object of
# `title`, `risk` and `rationale`. What counts as fitting is written down in a
# [JSON Schema](../../docs/glossary.md#json-schema). It also limits lengths, and bars other keys (`additionalProperties`).

# %%
import itertools
import json

from helpers.lesson import diagrams
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.tasks import change_requests, files

lm = LanguageModel.load()
requests = files.for_profile(change_requests.load("fresh"), fast=12)
schema = change_requests.schema()
print("request:", requests[0].text)
print("\nright answer:", change_requests.answer(requests[0]))
print("\nthe schema:")
for key, rule in schema["properties"].items():
    print(f"  {key:10}", json.dumps(rule))
print("  required: ", ", ".join(schema["required"]))

# %%
asked, checked = ["request", "model", "text"], ["is it JSON?", "does it fit?", "is it right?"]
diagrams.flow(
    [asked, checked],
    [*itertools.pairwise([*asked, *checked])],
    "A request goes to the model, which writes a text. Three questions follow, each harder than "
    "the one before.",
)

# %% [markdown]
# ## Ask for it
#
# One of the articles that the course tests hands us a sentence: "You are a strict JSON formatter" (P2). It may stand in the
# system text, which opens the prompt, or after the request; and the schema may stand beside it. Each answer gets 96 tokens at
# most. **Predict:** which gives JSON, and which JSON that fits?

# %%
KEYS = 'an object with three keys: "title" (string), "risk" ("low", "medium" or "high") and "rationale" (one sentence)'
STRICT = "You are a strict JSON formatter. Output only valid JSON and no other text."
REQUEST = "Change request:\n{text}\n\n"
small = json.dumps({key: schema[key] for key in ("type", "properties", "required")})
MOST = 96

# %%
strict = Prompt("strict JSON prompt", f"{REQUEST}{STRICT} Return {KEYS}.")
json_prompts = [
    Prompt("plain words", f"{REQUEST}Describe this request as {KEYS}."),
    Prompt("strict, as system text", f"{REQUEST}Return {KEYS}.", STRICT),
    strict,
    Prompt(
        "strict JSON prompt, keys and schema",
        f"{REQUEST}{STRICT} Return {KEYS}. It must fit this JSON Schema:\n{small}",
    ),
    Prompt(
        "strict JSON prompt, schema", f"{REQUEST}{STRICT} Follow this JSON Schema:\n{small}"
    ),
]

# %%
from helpers import statistics
from helpers.methods import forms, structured
from helpers.results import ledger

lab = ledger.Lab(
    "changes", lm, labels=change_requests.RISKS, split="fresh", noun="requests", show=False
)


def measured(prompt):
    def ask(texts):
        return structured.ask(
            lm, prompt.of_each(texts), schema, extracting=False, max_new_tokens=MOST
        )

    return forms.measure(lab, prompt.name, requests, ask, MOST, prompts=prompt.of_each)


# %%
rows = {prompt.name: measured(prompt) for prompt in json_prompts}
for name, row in rows.items():
    shares = [
        statistics.wilson_interval(sum(hits), row.n)
        for hits in (forms.is_json(row), forms.fits(row))
    ]
    print(f"{name}{row.mark}\n   JSON {shares[0]}, fits {shares[1]}")

# %% [markdown]
# These are shares of all requests; *JSON* means the whole text, from end to end. *(reference)*: the course measured this line
# [beforehand](../../docs/glossary.md#reference-result); a line without the mark was measured here.

# %% [markdown]
# Why does an answer not fit? Here is what most
# answers break (`$` is the whole object), and one answer each to three prompts. *JSON inside other text* may be an object
# between words or in a fence of backticks, or a small one in a text that broke off at 96 tokens.

# %%
for name, row in rows.items():
    full = sum(tokens >= MOST for tokens in row.new_tokens)
    print(f"{name}: {full} of {row.n} used up their {MOST} tokens")
    print(*(f"   {line}" for line in forms.complaints(row, schema, 2)), sep="\n")
for name in ("plain words", "strict JSON prompt", "strict JSON prompt, schema"):
    print(f"\n{name}:\n{rows[name].answers[0]}")

# %% [markdown]
# Read the answer under the schema: has the model filled in the form, or copied it? (A form shown is text like any other.)
#
# Before you ask again: a few lines of code can *cut* the longest object out of its text. That costs no token. **Predict:** how
# many more answers fit then?


# %%
def cut_out(row):  # the object of each answer, if it fits once it is cut out; else None
    read = [structured.read(text, schema) for text in row.answers]
    return [answer.value if answer.valid else None for answer in read]


for name, row in rows.items():
    after = sum(found is not None for found in cut_out(row))
    print(f"{name:36} of {row.n} fit: {sum(forms.fits(row)):3} as written, {after:3} cut out")

# %% [markdown]
# Is the sentence of any use as a *system text*? Take the requests where it gave an object that fits once it is cut out, and
# plain words gave none. Here are two objects: the one that shares most words with its request, and the one that shares
# fewest.

# %%
from helpers.lesson import prompting_lines

by_words, by_system = (
    cut_out(rows[name]) for name in ("plain words", "strict, as system text")
)
both = enumerate(zip(by_words, by_system))
helped = {n: system for n, (plain, system) in both if system and not plain}
print(f"{len(helped)} of {len(requests)} requests are such")
for n in prompting_lines.most_and_fewest_words(helped, requests):
    print(f"\nrequest: {requests[n].text}\nobject:  {json.dumps(helped[n])}")

# %% [markdown]
# Both fit the schema. Does each say something about its request? Fitting is no sign of sense. (A verb differs, too: *describe*
# in plain words, *return* in the other.) The same sentence *after* the request is the line `strict JSON prompt` of the table:
# at which place does it do more?

# %% [markdown]
# The claims here are about texts as the model wrote them. Still, hold each remedy that follows against this free one.
#
# ## Ask again
#
# Another article says: validate, retry, repair; leaving out constrained decoding is a pitfall (P3). To *retry* is to draw
# another answer, at temperature 0.7, twice at most. To *repair* is to show the model its answer and the validator's complaint,
# once. **Predict:** which brings more of the answers into form?


# %%
def again(texts, way):
    asked = strict.of_each(texts)
    told = {"extracting": False, "max_new_tokens": MOST}
    return way(lm, asked, structured.ask(lm, asked, schema, **told), schema, **told)


for name, way in (("retried", structured.retry), ("repaired", structured.repair)):
    rows[name] = forms.measure(
        lab,
        f"strict JSON prompt, {name}",
        requests,
        lambda texts, way=way: again(texts, way),
        MOST,
        prompts=strict.of_each,
    )

# %%
from helpers.lesson.said import said

print(prompting_lines.fitting([rows[strict.name], rows["retried"], rows["repaired"]]))
print(
    said(
        statistics.compare_hits(*(forms.fits(rows[name]) for name in ("retried", "repaired"))),
        above="Repair brought more answers into form than retrying: repaired minus retried {found}.",
        below="Repair brought fewer answers into form than retrying: repaired minus retried {found}.",
        unclear="Which brings more into form stays open: repaired minus retried {found}.",
        equal="For what matters, the two bring equally many into form: {found}.",
    )
)

# %%
before, after = rows[strict.name], rows["repaired"]
unfit = [n for n, fit in enumerate(forms.fits(before)) if not fit]
for n in unfit[:1]:
    told = structured.repair_request(
        structured.read(before.answers[n], schema, extracting=False)
    )
    print(f"The first answer to repair:\n{before.answers[n]}\n\nThe model was told:\n{told}")
    print(f"\nIts repaired answer:\n{after.answers[n]}\n")
mended = sum(forms.fits(after)[n] for n in unfit)
same = sum(before.answers[n] == after.answers[n] for n in unfit)
print(f"Of {len(unfit)} answers to repair, {mended} fit now; {same} came back word for word.")

# %% [markdown]
# Hold the two answers side by side: what did the model change, and was that what it was told?
#
# The object must stand alone, from end to end; the complaint says what is wrong. A repair is as good as the complaint,
# *and* as the model that reads it: a clear complaint helps only a model that can act on it.

# %% [markdown]
# ## Make the wrong token impossible
#
# A model chooses among tokens, one at a time. Whoever knows which tokens can still lead to a valid answer can forbid the rest:
# [constrained decoding](../../docs/glossary.md#constrained-decoding). For a list of labels that knowledge is a
# [trie](../../docs/glossary.md#trie), a tree of token sequences that share their beginnings.

# %%
words = ["low", "medium", "high", "highly unlikely"]
sequences = [lm.encode(word) for word in words]
END = lm.tokenizer.eos_token_id
for word, ids in zip(words, sequences):
    print(f"{word:18}", [lm.tokenizer.decode([token]) for token in ids])

# %% [markdown]
# ### Your turn 02.5
#
# Write `allowed(sequences, written, end)`: the set of tokens that may come next, given the token sequences of all labels (a
# list of lists) and what is `written` so far. After a complete label `end` may come; if a longer label goes on from it, its
# next token may come as well. If nothing fits, the set is empty.


# %%
#: solution
def allowed(sequences, written, end):
    written = list(written)
    going = [ids for ids in map(list, sequences) if ids[: len(written)] == written]
    return {ids[len(written)] if len(ids) > len(written) else end for ids in going}


#: why A label stays possible as long as it begins with what is written. Each possible label names one next token, or the
# end if it is complete; a set merges labels that share the path. A tree gives the same answer faster.
#: stub
#| def allowed(sequences, written, end):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("02.5", allowed)

# %% [markdown]
# Your function now holds the pen: at each step the likeliest token among those that you allow. **Predict:** what does the model
# write when it may only write one of these four?

# %%
import torch

allowed = yours("02.5", allowed, structured.allowed)


def pick(messages):
    ids, written = lm.encode(lm.render(messages)), []
    while END not in written:
        with torch.inference_mode():
            scores = lm.model(torch.tensor([ids + written], device=lm.device)).logits[0, -1]
        may = [int(token) for token in allowed(sequences, list(written), END)]
        written.append(max(may, key=lambda token: float(scores[token])))
    return lm.tokenizer.decode(written[:-1])


for request in requests[:4]:
    told = " ".join(request.text.split())
    print(f"{pick(strict.messages(request.text)):16} right: {request.label:8} {told[:60]} …")

# %% [markdown]
# Whatever it picked, it is one of the four, each time; whether it is right is another matter. (Here the risk is the whole
# answer. Remember what it names.) The course's version does the
# same for any JSON Schema, with [llguidance](https://github.com/guidance-ai/llguidance); an answer that runs out of tokens is
# closed by the shortest text that the schema allows. That everything fits is certain now. **Predict:** what happens to *right*?


# %%
def forced(texts):
    return structured.constrained(lm, strict.of_each(texts), schema, max_new_tokens=MOST)


rows["constrained"] = forms.measure(
    lab, "strict JSON prompt, constrained", requests, forced, MOST, prompts=strict.of_each
)
print(prompting_lines.fitting([rows["constrained"]]))

# %%
from helpers.lesson import plots

gold = [request.label for request in requests]
cut = [found and found["risk"] for found in cut_out(rows[strict.name])]
risks = {"as written": rows[strict.name].predictions, "cut out": cut}
risks |= {name: rows[name].predictions for name in ("retried", "repaired", "constrained")}
counts = prompting_lines.outcomes(risks, gold)
parts = ("right risk", "fits, wrong risk", "does not fit")
plots.outcomes(
    counts, parts, "The strict JSON prompt, and four remedies", f"answers, of {len(gold)}"
)

# %% [markdown]
# Before you praise the longest green bar: which risks does each way name, and how many would be right if one risk were written
# down for all, unread?

# %%
from collections import Counter

print(prompting_lines.risks_named(risks | {"right answers": gold}))
frequent = Counter(gold).most_common(1)[0][0]
print()
print(
    said(
        statistics.compare_hits(
            [risk == frequent for risk in gold], rows["constrained"].correct
        ),
        above=f"Constrained answers beat always '{frequent}' in right risks: {{found}}.",
        below=f"Constrained answers are right less often than always '{frequent}': {{found}}.",
        unclear=f"In right risks, constrained answers and always '{frequent}' cannot be told apart: {{found}}.",
    )
)

# %% [markdown]
# A constraint removes the fault that a program notices, and cannot see the one that only right answers show. A way that names
# one risk for every request has judged none of them, however many it gets right.
#
# And hold the risks against those that the same model picked from your four words above. Where it names another risk
# inside the form, the place of the word in the answer decides more than the request does.

# %% [markdown]
# ### Your turn 02.6
#
# Write `refund_schema`, a JSON Schema for a decision on a refund: an object with these three fields, each required, and no
# other:
#
# - `order`: a text, LF- and five digits, with nothing before or after;
# - `amount`: a number, not negative, of any size;
# - `reason`: `unopened`, `faulty` or `late`, spelled so.

# %% [markdown]
# Beside `type` and `properties` you need `required`, `additionalProperties`, `enum`, `minimum` and `pattern`. A pattern matches
# anywhere in a text unless `^` and `$` tie it down. And `pattern` judges only texts, `minimum` only numbers: whatever is
# neither, such as `null` or `true`, passes unless a `type` bars it.

# %%
#: solution
refund_schema = {
    "type": "object",
    "properties": {
        "order": {"type": "string", "pattern": "^LF-[0-9]{5}$"},
        "amount": {"type": "number", "minimum": 0},
        "reason": {"enum": ["unopened", "faulty", "late"]},
    },
    "required": ["order", "amount", "reason"],
    "additionalProperties": False,
}
#: why Without "required" an empty object fits; without "additionalProperties": false a forgotten field goes unnoticed;
# without ^ and $ the pattern would also accept LF-123456.
#: stub
#| refund_schema = ...
#: end

check("02.6", refund_schema)

# %% [markdown]
# Your schema as a constraint, on two mails. The second gives a reason that the form does not have. **Predict:** what will stand
# there?

# %%
from helpers.lesson import own_02

refund_schema = yours("02.6", refund_schema, own_02.REFUND_SCHEMA)
mails = [
    "Order LF-48213 came two weeks late, and I want my $49 back. Answer with a JSON object.",
    "I changed my mind about order LF-60127 and want my $85 back. Answer with a JSON object.",
]
for answer in structured.constrained(lm, mails, refund_schema, max_new_tokens=60):
    print(answer.text)

# %% [markdown]
# The second mail has one of the three reasons now, though it names none of them: a form without a way out forces an
# invention. Add `other` to an `enum` before a model needs it. Then look at each amount: a wrong number is still a
# number, and no schema can mend that.
#
# ### Playground
#
# Edit system and user text. Which wording gives an object at the first try? (Raise *Tokens at most* to 96 first.)

# %%
from helpers.lesson import widgets

widgets.prompt_playground(
    lm, strict.messages(requests[1].text)[-1]["content"], "", ["low", "medium", "high"]
)

# %% [markdown]
# ## What we found
#
# The same prompts at each size of model that was measured; the large one was asked once, with two of them. A dash: not
# measured. In this table an answer counts if it fits *and* its risk is right. *TF-IDF, risk only* is the plain classifier of
# lesson 05's lab, trained on 400 requests: it writes no form. Below it, what P2 asks: JSON from end to end, at each size.

# %%
from IPython.display import Markdown, display

from helpers.lesson import scales
from helpers.results import claims, evidence

methods = [*(row.method for row in rows.values()), "TF-IDF, risk only"]
display(Markdown(scales.side_by_side("changes", methods, split="fresh")))
strictly = [rows["strict, as system text"], rows["strict JSON prompt"]]
print(prompting_lines.whole_json([row.method for row in strictly], schema))

# %% [markdown]
# Now the verdicts. In a rule, *above 0, by at least 0.03* asks for both: the whole interval above 0, and an estimate of at
# least 0.03.

# %% [markdown]
# P2 is about JSON alone, at both places where the sentence may stand. P3 compares constraining with repair: that
# constrained answers fit is certain, the question is how much repair leaves. So it judges only half of the advice; the
# shares above tell what retrying, repair and cutting out gained. Neither says that the content is right.

# %%
claims.conclude(
    "P2",
    {
        "valid": [
            evidence.share(forms.is_json(row), of=row, note=row.method) for row in strictly
        ]
    },
)
pair = rows["repaired"], rows["constrained"]
fixed = evidence.difference(*map(forms.fits, pair), of=pair)
claims.conclude("P3", {"valid": fixed})

# %% [markdown]
# ## Three things to remember
#
# 1. Ask three questions of an answer: JSON? fitting? right? Each has a number of its own.
# 2. Read some answers before you pay for a remedy: a cut, which is free, may mend more than asking again.
# 3. Where a program reads the answer, make the wrong form impossible; and measure the content all the same.
#
# {{next}}
