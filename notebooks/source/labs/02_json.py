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
# - tell three questions apart: is it JSON, does it fit the schema, is it right;
# - retry, repair, or make wrong tokens impossible, and say what each costs;
# - write the heart of constrained decoding, and a schema that means what it says.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** P2 and P3.

# %%
#: setup

# %% [markdown]
# ## A form to fill in
#
# Larkfield's engineers write [change requests](../../data/changes/GUIDE.md). A program wants each as a JSON object of
# `title`, `risk` and `rationale`. What counts as fitting is written down in a
# [JSON Schema](../../docs/glossary.md#json-schema). It also limits lengths, which the plain prompts below do not mention.

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
print(requests[0].text, "\n")
print(change_requests.answer(requests[0]), "\n")
print(json.dumps(schema["properties"], indent=1))

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
# Article A's tool is a sentence: "You are a strict JSON formatter" (P2). It may stand in the system text or after the
# request, and the schema may stand beside it. Each answer gets 96 tokens at most. **Predict:** which gives JSON, and which
# JSON that fits?

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
    print(f"{name:36} JSON {shares[0]}   fits {shares[1]}")

# %% [markdown]
# Why does an answer not fit? Here are the rules that most answers break (`$` is the whole object), and one answer each to
# two of the prompts.

# %%
for name, row in rows.items():
    print(f"{name}:", *forms.complaints(row, schema, 2), sep="\n   ")
for name in ("plain words", "strict JSON prompt, schema"):
    print(f"\n{name}:\n{rows[name].answers[0][:300]}")

# %% [markdown]
# Read the answer under the schema: has the model filled in the form, or copied it? (A form shown is text like any other.)
#
# ## Ask again
#
# Article B says: validate, retry, repair; leaving out constrained decoding is a pitfall (P3). To *retry* is to draw another
# answer, at temperature 0.7, twice at most. To *repair* is to show the model its answer and the validator's complaint.
# **Predict:** which brings more of the answers into form?


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
    fit = statistics.wilson_interval(sum(forms.fits(rows[name])), len(requests))
    print(f"{name:10} fits {fit}, {rows[name].new_tokens_per_item:.0f} tokens written for each")

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
    print(
        f"{pick(strict.messages(request.text)):16} right: {request.label:8} {request.text[:60]} …"
    )

# %% [markdown]
# Whatever it picked, it is a label, each time. The course's version does the same for any JSON Schema, with
# [llguidance](https://github.com/guidance-ai/llguidance); an answer that runs out of tokens is closed by the shortest text that
# the schema allows. That everything fits is certain now. **Predict:** what happens to *right*?


# %%
def forced(texts):
    return structured.constrained(lm, strict.of_each(texts), schema, max_new_tokens=MOST)


rows["constrained"] = forms.measure(
    lab, "strict JSON prompt, constrained", requests, forced, MOST, prompts=strict.of_each
)

# %%
from helpers.lesson import plots

parts = ("right risk", "fits, wrong risk", "does not fit")
counts = {name: forms.outcomes(row) for name, row in rows.items()}
plots.outcomes(counts, parts, "Fitting is not right", f"answers, of {len(requests)}")
always = sum(request.label == "medium" for request in requests)
print(f"always 'medium' would be right for {always} of {len(requests)}")

# %%
from helpers.lesson.said import said

print(
    said(
        statistics.compare_hits(rows["repaired"].correct, rows["constrained"].correct),
        above="Constraining brought more right risks than repair: {found}.",
        below="Constraining brought fewer right risks than repair: {found}.",
        unclear="In right risks, constraining and repair cannot be told apart: {found}.",
    )
)

# %% [markdown]
# A constraint removes the fault that a program notices, and cannot see the one that only right answers show.
#
# ### Your turn 02.6
#
# Write `refund_schema`, a JSON Schema for a decision on a refund: an object with exactly three fields, all required: `order`
# (LF- and five digits), `amount` (a number, not negative), `reason` (`unopened`, `faulty` or `late`). Beside `type` and
# `properties` you need `required`, `additionalProperties`, `enum`, `minimum` and `pattern`; a pattern matches anywhere in a
# text unless `^` and `$` tie it down.

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
# Your schema as a constraint, on a mail that asks for more than the form has. **Predict:** which reason will stand there?

# %%
from helpers.lesson.checks import own_02

refund_schema = yours("02.6", refund_schema, own_02.REFUND_SCHEMA)
mail = "Order LF-48213 came two weeks late, and I want my $49 back. Answer with a JSON object."
print(structured.constrained(lm, [mail], refund_schema, max_new_tokens=60)[0].text)

# %% [markdown]
# ### Playground
#
# Edit system and user text. Which wording gives an object at the first try?

# %%
from helpers.lesson import widgets

widgets.prompt_playground(
    lm, strict.messages(requests[1].text)[-1]["content"], "", ["low", "medium", "high"]
)

# %% [markdown]
# ## What we found
#
# The same prompts at each size of model that was measured; the large one was asked once. In this table an answer counts if it
# fits and its risk is right.

# %%
from IPython.display import Markdown, display

from helpers.lesson import scales
from helpers.results import claims, evidence

display(
    Markdown(
        scales.side_by_side("changes", [row.method for row in rows.values()], split="fresh")
    )
)

# %% [markdown]
# Now the verdicts. P2 is about JSON alone. P3 holds constraining against repair: that constrained answers fit is certain, the
# question is how much repair leaves.

# %%
strictly = [rows["strict, as system text"], rows["strict JSON prompt"]]
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
# 2. Where a program reads the answer, make the wrong form impossible, and measure the content all the same.
# 3. A schema says only what you wrote: required fields, no others, patterns tied at both ends.
#
# {{next}}
