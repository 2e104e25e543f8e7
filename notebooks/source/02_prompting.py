# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # How far do words alone go?
#
# **After this lesson you can**
#
# - keep prompts as data, see exactly what the model receives, and compare two versions;
# - measure a ladder of prompts, and debug one from its confusion matrix;
# - choose between letting a model write and scoring what it might write;
# - get valid JSON, every time, and tell valid from right;
# - say what prompting alone gives on a 135M model, with intervals.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** P1 to P8,
# printed below.

# %%
#: setup

# %% [markdown]
# ## The claims
#
# Five articles say when prompting is enough. Here is their advice on prompts, in our words; at the end of the lesson
# each line gets a verdict, computed from what you measure. A 135M model is not the frontier model that the articles
# assume: the order of methods may change with [scale](../docs/other_models.md).

# %%
from helpers.results import claims

claims.show("02")

# %% [markdown]
# ## A prompt is data
#
# Give a prompt a name, a version and places to fill, and you can compare it, hash it and put it into a ledger. A `Prompt`
# has a name, a user text, a system text, and a `start`: words with which the answer begins. Here is a first one, and the
# exact text that reaches the model: nothing is hidden.

# %%
import itertools

from helpers import statistics
from helpers.lesson import plots
from helpers.model import prompts
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.results import evidence, ledger
from helpers.tasks import change_requests, files, intents

lm = LanguageModel.load()
LABELS = intents.LABELS
dev = files.for_profile(intents.read("dev"), fast=24)
half = files.for_profile(files.balanced(dev, 10), fast=12)  # for what takes many runs
texts, wanted = [message.text for message in half], [message.label for message in half]

bare = Prompt("1 bare question", user="{text}\n\nWhat kind of message is this?")
print(lm.render(bare.messages(dev[0].text)))

# %% [markdown]
# The first lines are the model's own default system message. A second version replaces it; `diff` shows what changed
# and nothing else.

# %%
COMPANY = "Larkfield sells home energy devices and a subscription."
role = Prompt(
    "2 + role and goal",
    system=f"{COMPANY} You sort its customer messages, so that the right team answers.",
    user=bare.user,
)
print(prompts.diff(bare, role))
print("hashes:", bare.sha256, role.sha256)

# %% [markdown]
# ### Your turn 02.1
#
# A template holds braces of its own as soon as it shows JSON. Write `fill(template, text)`: replace each `{text}` in the
# template by the message, and leave everything else, in template and message, exactly as it is. (Why not `str.format`?
# Try it on the template `{text} Answer as {"risk": "low"}.`)


# %%
#: solution
def fill(template, text):
    return text.join(template.split("{text}"))


#: why Splitting at the place and joining with the message never looks inside the message. `str.format` would read every
# other brace of the template as a place and stop, or fill it with something.
#: stub
#| def fill(template, text):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution

check("02.1", fill)

# %% [markdown]
# ## A ladder of five prompts
#
# Each rung adds one thing that guides recommend: role and goal, the labels with definitions, constraints and format,
# rules for the edges. We score the six labels as whole answers, on *dev*. **Predict:** which rung gains most?

# %%
LISTED = """Labels:
- billing: a charge, an invoice, a payment or the subscription
- technical_support: something they own should work
- refund_request: they want money back
- product_inquiry: a question before buying
- complaint: unhappy, and asks for nothing in particular
- other: anything else"""
FORMAT = "Answer with one label, exactly as listed, and with nothing else."
EDGES = """If there are two wishes, take the one they ask you to act on.
A feeling is no label: an angry question about a bill is billing.
Words can mislead: a question about the refund policy before buying is product_inquiry."""
listed = f"{role.system}\n\n{LISTED}"
label_list = Prompt("3 + labels, defined", user=bare.user, system=listed)
strict = Prompt("4 + constraints, format", user=bare.user, system=f"{listed}\n\n{FORMAT}")
edges = Prompt("5 + edge rules", user=bare.user, system=f"{listed}\n\n{EDGES}\n\n{FORMAT}")

# %%
lab = ledger.Lab("intents", lm, labels=LABELS, noun="messages")


def filled(prompt):
    return lambda texts: [prompt.messages(text) for text in texts]


def classify(
    prompt, texts, words=LABELS
):  # scored under their words, returned under their labels
    return lm.score(filled(prompt)(texts), list(words)).renamed(LABELS)


def measured(name, prompt, items, words=LABELS, **more):
    how = {"approach": "prompt", "prompts": filled(prompt), "settings": {"words": [*words]}}
    return lab.measure(name, items, lambda texts: classify(prompt, texts, words), **how, **more)


# %%
ladder = [
    measured(f"prompt {prompt.name}", prompt, half, split="dev")
    for prompt in (bare, role, label_list, strict, edges)
]

# %%
plots.methods(ladder, "Five prompts on dev: what each rung gets right", as_given=True)
for lower, upper in itertools.pairwise(ladder):
    more = upper.prompt_tokens_per_item - lower.prompt_tokens_per_item
    print(f"{upper.method:32} {more:+4.0f} tokens  {ledger.compare(lower, upper)}")

# %% [markdown]
# Chance is one in six. No rung gets clear of it, whatever it costs in tokens. Is the model lost, or is something in the
# way? Ask the data, not the guidebook: what does it answer?

# %%
import collections

for row in ladder:
    print(f"{row.method:32}", dict(collections.Counter(row.predictions).most_common(3)))

# %% [markdown]
# One or two labels take nearly everything. Each label has a probability of its own, from its wording and from the prompt
# around it, whatever the message says, and that swamps what the message adds. So drop the instructions, and change the
# [words of the labels](../docs/glossary.md#label-words): let the answer begin with "This is", and say what a person would
# say next.

# %%
kind = Prompt("6 natural answer", bare.user, start="This is")
by_hand = {label: f" {words}" for label, words in intents.WORDS.items()}
print(by_hand)
hand_row = measured("prompt 6: natural answers", kind, half, by_hand.values(), split="dev")
print("natural answers minus first rung:", ledger.compare(ladder[0], hand_row))
print("predicted:", dict(collections.Counter(hand_row.predictions).most_common(3)))

# %% [markdown]
# ### Your turn 02.2
#
# Somebody made a table of label words and mixed something up. The confusion matrix below is what they saw. Find the
# mistake in it, and give the mended table as `mended`. The check measures your table on messages that this notebook
# does not hold.

# %%
found_words = {
    "billing": " a bill",
    "technical_support": " a bug report",
    "refund_request": " a product inquiry",
    "product_inquiry": " a request for a refund",
    "complaint": " a review",
    "other": " something else",
}
guesses = classify(kind, texts, found_words.values()).predictions
matrix = statistics.confusion(wanted, guesses, LABELS)
plots.confusion(matrix, LABELS, "A table of label words with a mistake in it")

# %%
#: solution
mended = found_words | {
    "refund_request": found_words["product_inquiry"],
    "product_inquiry": found_words["refund_request"],
}
#: why Two rows of the matrix have their largest count in each other's column: refund requests land in product_inquiry
# and the other way round. That pattern is a swap in the table, not a weakness of the model.
#: stub
#| mended = ...
#: end

check("02.2", mended)

# %% [markdown]
# ## Searching for words
#
# By hand little is gained, but it is *another* label that takes half: the words decide which. So try four wordings for
# each label and keep the best combination. That needs labeled messages: it is a small training, though no weight changes.
# It makes 4⁶ tables, but the model reads each message only once: the 24 wordings are scored
# ([log-probabilities](../docs/glossary.md#log-probability)), and the tables are put together from the scores.

# %%
import numpy as np

wordings = {
    "billing": "a billing question, a bill, about a payment, a question about a bill",
    "technical_support": "a technical problem, a bug report, a request for help, an error",
    "refund_request": "a refund request, a request for a refund, a return, about money back",
    "product_inquiry": "a product inquiry, a sales question, a question, a customer's interest",
    "complaint": "a complaint, a review, an angry complaint, about bad service",
    "other": "something else, a general message, a note, another kind of message",
}
words = [f" {wording}" for row in wordings.values() for wording in row.split(", ")]
all_scores = lm.score([kind.messages(message.text) for message in dev], words).log_probs
gold = np.array([LABELS.index(message.label) for message in dev])
tries = []
for picks in itertools.product(range(4), repeat=6):
    columns = [4 * label + pick for label, pick in enumerate(picks)]
    tries.append(((all_scores[:, columns].argmax(axis=1) == gold).mean(), columns))
best_on_dev, best_columns = max(tries)
best_words = [words[column] for column in best_columns]

# %%
accuracies = [accuracy for accuracy, _ in tries]
print(
    f"{len(tries)} tables of words on dev: from {min(accuracies):.2f} to {max(accuracies):.2f},"
)
print(f"half of them below {np.median(accuracies):.2f}. The best one:")
for label, word in zip(LABELS, best_words):
    print(f"  {label:18} This is{word}")

# %% [markdown]
# Between these tables nothing but the words differs. **Predict:** the best of thousands was chosen on these very
# messages; what will it give on *test*? (Lesson 01 had an opinion about such winners.) Now the one look at test.

# %%
test = files.for_profile(intents.read("test"), fast=60)
started_row = measured("prompt, first rung", bare, test)
best_row = measured("prompt, best words", kind, test, best_words, labels_used=len(dev))
print("on dev, where it was chosen:", f"{best_on_dev:.3f}")
print("best words minus first rung, on test:", ledger.compare(started_row, best_row))

# %% [markdown]
# On test the winner gives less than on dev, as lesson 01 warned of winners. Still, words chosen on 120 labeled messages
# took the model well away from chance. (Lesson 01's prompt, which lists the labels, stood a little above this first rung;
# measured from there the gain is smaller.) And the plain baseline of lesson 01, which learned from 600 labeled messages?

# %%
from helpers.methods import baselines

train = intents.read("train")
tfidf = baselines.tfidf_classifier().fit([m.text for m in train], [m.label for m in train])
plainly = {"approach": "plain", "labels_used": len(train)}
tfidf_row = lab.measure("TF-IDF + logistic regression", test, tfidf.predict, **plainly)
print("best prompt minus TF-IDF:", ledger.compare(tfidf_row, best_row))

# %% [markdown]
# ### Your turn 02.3
#
# Write `my_prompt` (a `Prompt` with a place `{text}`, at most 1,500 letters, no messages quoted) and `my_words` (label →
# words, each phrase with a space in front), at least three of the six in words that no table above has. Try on *dev*:
# `classify(my_prompt, texts, [my_words[label] for label in LABELS]).predictions` against `wanted`. The check wants 0.08
# more accuracy than the first rung gets, on messages that this notebook does not hold. A first guess may not do; search.

# %%
#: solution
my_prompt = Prompt("mine", user="{text}\n\nWhat kind of message is this?", start="This is")
my_words = {
    "billing": " a payment issue",
    "technical_support": " a bug report",
    "refund_request": " a request for money back",
    "product_inquiry": " a question about a product",
    "complaint": " a rant",
    "other": " none of these",
}
#: why The best of 2,000 tables on dev. "A payment issue" or "a bug report" are phrases that the model has met after
# "This is"; internal names like technical_support are not. Words of like length keep one label from winning by being
# short.
#: stub
#| my_prompt = ...
#| my_words = ...
#: end

check("02.3", my_prompt, my_words)

# %% [markdown]
# ## Role and reasoning
#
# Two tricks that guides like (P8): give the model a role, and let it reason before it answers. Both with the words chosen
# by hand, since the best ones were picked on these very messages for a prompt with neither. For reasoning, the model first
# writes up to 32 tokens; then we score the words after "So this is". **Predict:** does it help a model of this size?

# %%
with_role = Prompt("role", bare.user, role.system, start="This is")
direct = hand_row.predictions
in_role = classify(with_role, texts, by_hand.values()).predictions

think = Prompt(
    "think", "{text}\n\nWhat kind of message is this? Think step by step: what do they want?"
)
thoughts = lm.generate([think.messages(text) for text in texts], max_new_tokens=32)
talks = [
    [*think.messages(text), {"role": "assistant", "content": f"{thought}\n\nSo this is"}]
    for text, thought in zip(texts, thoughts.texts)
]
reasoned = lm.score(talks, list(by_hand.values())).renamed(LABELS).predictions

# %%
print("with a role, minus without:     ", statistics.compare(wanted, direct, in_role))
print("with reasoning, minus without:  ", statistics.compare(wanted, direct, reasoned))
for text, thought in zip(texts[:3], thoughts.texts):
    print("\na message:", text, "\nits reasoning:", thought)

# %% [markdown]
# Neither trick is a gain you could count on here. Read the reasoning (cut off after 32 tokens): fluent, and mostly beside
# the point. Reasoning helps a model that can reason. On larger models the same cell may print something else.
#
# ## Writing or scoring?
#
# So far nobody let the model *write* a label. "Return only the category name", says one article, 20 tokens at most (P7).
# Then a parser must find the label in what comes. First write that parser.
#
# ### Your turn 02.4
#
# Write `parse_label(text, labels)`: the one label that the text names, or `None` if it names none, or several. Case does
# not matter, and a space may stand for an underscore; "rebilling" does not name `billing`.

# %%
import re


#: solution
def parse_label(text, labels):
    plain = text.lower().replace("_", " ")
    named = [
        label
        for label in labels
        if re.search(rf"\b{re.escape(label.replace('_', ' '))}\b", plain)
    ]
    return named[0] if len(named) == 1 else None


#: why Word boundaries keep "rebilling" out; one plain form serves both spellings; and two labels named are no answer, so
# guessing the first would hide the model's failure from your numbers.
#: stub
#| def parse_label(text, labels):
#|     ...
#: end

check("02.4", parse_label)

# %%
from helpers.methods import structured

asked = Prompt(
    "free",
    "Message: {text}\n\nWhich category is this message: {names}? Return only the category name.",
)
names = ", ".join(LABELS)
free = lm.generate([asked.messages(m.text, names=names) for m in half], max_new_tokens=20)
exact = [text.strip() in LABELS for text in free.texts]
parsed = [structured.find_label(text, LABELS) for text in free.texts]
readable = [label is not None for label in parsed]
print("exactly a label:      ", statistics.wilson_interval(sum(exact), len(exact)))
print("a parser finds one:   ", statistics.wilson_interval(sum(readable), len(readable)))
print("found, and right:     ", statistics.accuracy_interval(wanted, [str(p) for p in parsed]))
for text in free.texts[:4]:
    print("  wrote:", repr(text[:80]))

# %% [markdown]
# Scoring has no such loss: it only ever weighs the labels you give. It needs access to probabilities, though, which not
# every service sells. Where you must let a model write, parse strictly and count what you could not read.
#
# ## How steady is it?
#
# Two things should not matter: the seed, and a change of wording that changes no meaning. **Predict:** how far does
# accuracy move over ten paraphrases of one question?

# %%
paraphrases = [
    "What kind of message is this?",
    "What sort of message is this?",
    "What kind of message is that?",
    "Which kind of message is this?",
    "What type of message is this?",
    "What kind of a message is this?",
    "So what kind of message is this?",
    "what kind of message is this",
    "What kind of message is this, please?",
    "Tell me what kind of message this is.",
]
some = texts[:30]
moved = []
for question in paraphrases:
    prompt = Prompt("paraphrase", "{text}\n\n" + question, start="This is")
    guesses = classify(prompt, some, best_words).predictions
    moved.append(statistics.accuracy_interval(wanted[:30], guesses))

# %%
runs = []
for seed in (1, 2):
    asked_twice = [asked.messages(text, names=names) for text in some]
    written = lm.generate(asked_twice, 12, temperature=1.0, seed=seed).texts
    runs.append([structured.find_label(text, LABELS) for text in written])
named = [(one, two) for one, two in zip(*runs) if one and two]
same = sum(one == two for one, two in named)
noise = moved[0]
plots.spread(
    {"ten paraphrases": [interval.estimate for interval in moved]},
    "One question in ten wordings: accuracy on the same messages",
    f"accuracy on {len(some)} messages",
    (noise.low, noise.high),
)
print(f"writing at temperature 1, two seeds: both name a label for {len(named)} of", end=" ")
print(f"{len(some)} messages, and agree on {same} of these")

# %% [markdown]
# The messages are the same for every dot, so the dots differ by the wording alone. (The gray band answers another
# question: how far *other messages* might move one dot.) Do not take the gain of one careful rewording for more than luck
# if it is smaller than this spread. Anything above temperature 0 adds its own dice: see
# above for how many messages both sampled answers, cut off after 12 tokens, name a label. This course measures at 0.
#
# ## Format: valid JSON, and right
#
# Next task: read a [change request](../data/changes/GUIDE.md) and answer with a JSON object of `title`, `risk` and
# `rationale`. Programs will read it, so it must fit a [JSON Schema](../docs/glossary.md#json-schema). One
# article's tool is a sentence: "You are a strict JSON formatter" (P2).

# %%
import json

changes = change_requests.load("test")
schema = change_requests.schema()
few = files.for_profile(files.balanced(change_requests.load("dev"), 8), fast=6)
print(json.dumps(schema, indent=1)[:700], "\n")
print(few[0].request, "\n")
print(json.dumps({key: getattr(few[0], key) for key in ("title", "risk", "rationale")}))

# %%
KEYS = 'an object with three keys: "title" (string), "risk" ("low", "medium" or "high") and "rationale" (one sentence)'
STRICT = "You are a strict JSON formatter. Output only valid JSON and no other text."
request = "Change request:\n{text}\n\n"
small_schema = json.dumps({k: schema[k] for k in ("type", "properties", "required")})
json_prompts = {
    "plain words": Prompt("plain", f"{request}Describe this request as {KEYS}."),
    "strict, as system text": Prompt("system", f"{request}Return {KEYS}.", STRICT),
    "strict, after the text": Prompt("strict", f"{request}{STRICT} Return {KEYS}."),
    "strict + schema": Prompt(
        "schema", f"{request}{STRICT} Follow this JSON Schema:\n{small_schema}"
    ),
}

# %%
answers = {}
for name, prompt in json_prompts.items():
    asked_for = [prompt.messages(change.request) for change in few]
    answers[name] = structured.ask(lm, asked_for, schema, max_new_tokens=64)
    fit = sum(answer.valid for answer in answers[name])
    print(f"{name:24} fits the schema: {statistics.wilson_interval(fit, len(few))}")
for name in ("plain words", "strict + schema"):
    print(f"\nfor {name!r} an answer that does not fit:")
    print(next((a.text for a in answers[name] if not a.valid), "none"))

# %% [markdown]
# Where the sentence stands matters as much as what it says. The schema in the prompt is no help; the answer above shows
# what it does to a small model. (An object inside other text counts as an answer here.) Even the best prompt fails too
# often for a program. Three remedies (P3): ask again;
# show the validator's complaint and ask for a repair; or make invalid output impossible.

# %%
chosen = json_prompts["strict, after the text"]
asked_for = [chosen.messages(change.request) for change in few]
base = answers["strict, after the text"]
answers["asked again, twice"] = structured.retry(lm, asked_for, base, schema, max_new_tokens=64)
answers["repaired, once"] = structured.repair(lm, asked_for, base, schema, max_new_tokens=64)
for name in ("asked again, twice", "repaired, once"):
    fit = sum(answer.valid for answer in answers[name])
    calls = sum(answer.calls for answer in answers[name]) / len(few)
    print(
        f"{name:24} fits: {statistics.wilson_interval(fit, len(few))}, {calls:.2f} calls each"
    )

# %% [markdown]
# ## Making the wrong token impossible
#
# A model chooses among tokens, one at a time. If you know which tokens can still lead to a valid answer, forbid the
# rest. For a list of labels the knowledge is a [trie](../docs/glossary.md#trie): a tree of token sequences that share
# their beginnings.

# %%
label_ids = {
    label: lm.tokenizer(label, add_special_tokens=False)["input_ids"] for label in LABELS
}
END = lm.tokenizer.eos_token_id
for label, ids in label_ids.items():
    print(f"{label:18}", [lm.tokenizer.decode([token]) for token in ids])

# %% [markdown]
# ### Your turn 02.5
#
# Write `allowed(sequences, written, end)`: the set of tokens that may come next, given the token sequences of all labels
# (a list of lists) and what is `written` so far. After a complete label `end` may come; if a longer label goes on from it,
# its next token may come as well. If nothing fits, the set is empty. Try `allowed(list(label_ids.values()), [], END)`.


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

check("02.5", allowed)

# %% [markdown]
# Forbidding tokens like this is called [constrained decoding](../docs/glossary.md#constrained-decoding). The
# course's version does it for any JSON Schema, with
# [llguidance](https://github.com/guidance-ai/llguidance); where an answer runs out of tokens, it is closed by the shortest
# text that the schema allows. **Predict:** valid goes to 100 %. What happens to *right*?

# %%
forced = structured.constrained(lm, asked_for, schema, max_new_tokens=64)
answers["constrained"] = forced
print(forced[0].text)
risks = {
    name: [a.value["risk"] if a.valid else "invalid" for a in given]
    for name, given in answers.items()
}
wanted_risk = [change.label for change in few]
counts = {}
for name, given in risks.items():
    right = sum(r == w for r, w in zip(given, wanted_risk))
    counts[name] = (right, len(few) - right - given.count("invalid"), given.count("invalid"))
parts = ("right risk", "valid, wrong risk", "invalid")
plots.outcomes(counts, parts, "Change requests: valid is not right", f"answers, of {len(few)}")
for name, given in answers.items():
    print(f"{name:24} {np.mean([a.new_tokens for a in given]):5.0f} tokens written per request")

# %% [markdown]
# Every constrained answer fits; how many are right has hardly changed. The constraint removed the fault that a program
# notices, and left the one that only gold labels show. Now the whole test set, for the ledger, beside plain baselines.

# %%
items = files.for_profile(changes, fast=12)
past = change_requests.load("train")
plain_risk = baselines.tfidf_classifier().fit(
    [c.request for c in past], [c.label for c in past]
)
risk_lab = ledger.Lab("changes", lm, labels=change_requests.RISKS, noun="change requests")
majority = risk_lab.measure(
    "always medium", items, lambda texts: ["medium"] * len(texts), approach="plain"
)
how = {"approach": "plain", "labels_used": len(past)}
risk_row = risk_lab.measure("TF-IDF + logistic regression", items, plain_risk.predict, **how)

# %%
final = []


def constrained_risk(texts):
    final.extend(structured.constrained(lm, filled(chosen)(texts), schema, max_new_tokens=48))
    return [answer.value["risk"] for answer in final]


json_row = risk_lab.measure(
    "prompt, constrained JSON",
    items,
    constrained_risk,
    approach="prompt",
    prompts=filled(chosen),
    settings={"schema": schema, "max_new_tokens": 48},
)
print(f"valid: {sum(answer.valid for answer in final)} of {len(final)}")
print("risks:", dict(collections.Counter(json_row.predictions)))

# %% [markdown]
# Look at the risks: after `"risk": "` this model has one habitual word, as with the labels above. All answers are valid,
# and a constant `medium` would be right more often.
#
# ### Your turn 02.6
#
# Write `refund_schema`, a JSON Schema for the decision on a refund: an object with exactly three fields, all required:
# `order` (LF- and five digits), `amount` (a number, not negative), `reason` (`unopened`, `faulty` or `late`). Nothing else
# may stand in it. Beside `type` and `properties` you need `required`, `additionalProperties`, `enum`, `minimum` and
# `pattern`; a pattern matches anywhere in a text unless `^` and `$` tie it down.

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
# ## When unsure, say medium
#
# A quarter of the test requests lack the fact that decides; the guide's answer is then `medium`. One article puts the
# rule into the prompt (P4). We score the three risks after a started answer, with the rule and without.

# %%
start = '{"risk": "'
without_rule = Prompt("risk", f"{request}Return the risk as JSON.", start=start)
RULE = "If you are uncertain, set risk to medium and explain what is missing."
with_rule = without_rule.edited("2", user=f"{request}Return the risk as JSON. {RULE}")
unclear = files.for_profile([change for change in changes if change.ambiguous], fast=6)
clear = files.for_profile([change for change in changes if not change.ambiguous], fast=6)
medium = {}  # said on clear requests, and on unclear ones
for name, prompt in (("without the rule", without_rule), ("with the rule", with_rule)):
    asked_for = [prompt.messages(change.request) for change in unclear + clear]
    scores = lm.score(asked_for, ["low", "medium", "high"], end_of_turn=False)
    said = [risk == "medium" for risk in scores.predictions]
    medium[name] = said[len(unclear) :], said[: len(unclear)]
    on_clear, on_unclear = map(np.mean, medium[name])
    print(
        f"{name:17} medium on {on_unclear:.2f} of unclear requests, {on_clear:.2f} of clear ones;"
    )
    print(f"{'':17} unclear minus clear {statistics.difference_of_shares(*medium[name])}")

# %% [markdown]
# The rule works, and does not: with it the model says `medium` to nearly everything, clear or not. Whether it does so more
# often for unclear requests, this many cannot tell. Had you looked at the unclear requests alone, you would have called
# it a success. (We scored the word only; whether it would explain was not tested.)
#
# ## A requirement changes
#
# From Monday, messages about orders on their way go to a new team, `delivery`. Until now they were `other`. With a
# prompt you add one phrase and measure again (P5); a later lesson shows what the same change costs in weights. Sixteen
# such messages of *train* were picked by reading; two on *dev* are left out of the others.

# %%
import time

PARCELS = "009 112 181 189 203 209 235 246 274 281 346 349 376 438 518 595"
parcels = {f"train-{number}" for number in PARCELS.split()}
moving = [message for message in train if message.id in parcels]
rest = [m for m in files.balanced(dev, 5) if m.id not in ("dev-011", "dev-062")]
rest = files.for_profile(rest, fast=6)
started = time.perf_counter()
asked_seven = [kind.messages(message.text) for message in moving + rest]
for word in (" a delivery question", " a package"):
    scores = lm.score(asked_seven, [*best_words, word], progress=False)
    hits = [label == word for label in scores.predictions]
    caught = statistics.wilson_interval(sum(hits[: len(moving)]), len(moving))
    stolen = statistics.wilson_interval(sum(hits[len(moving) :]), len(rest))
    print(f"This is{word}: {caught} of the delivery messages, {stolen} of the others")
minutes = (time.perf_counter() - started) / 60
seen = lm.inspect(asked_seven[0])
same_text = lm.tokenizer.decode(seen.token_ids) == seen.text
print(f"under ten minutes: {minutes < 10}; tokens decode to the text shown: {same_text}")

# %% [markdown]
# The edit took one line, and its measurement minutes at most. Whether the edit *works* is another question: one wording is
# hardly ever chosen, the other also takes messages that are not its own. Only the measurement tells.
#
# ## The world shifts
#
# The *shifted* set holds other channels, slang, typos and non-native writing (P6). Its messages are others than those of
# *test*, so this difference is not paired. The plain baseline stands beside it.

# %%
shifted = files.for_profile(intents.read("shifted"), fast=24)
there = {"split": "shifted", "labels_used": len(dev)}
prompted = measured("prompt, best words", kind, shifted, best_words, **there)
plain = lab.measure(
    "TF-IDF + logistic regression", shifted, tfidf.predict, split="shifted", **plainly
)
for after, before in ((prompted, best_row), (plain, tfidf_row)):
    drop = statistics.difference_of_shares(after.correct, before.correct)
    print(f"{after.method:30} loses {drop}")

# %% [markdown]
# If an interval includes zero, this many messages cannot tell a loss from luck. And a method that knows little has
# little to lose: a small drop is no praise.
#
# ### Playground
#
# Edit the system text, the user text, the labels; watch the exact text, its tokens, the answer and the labels' shares.
# Without widgets, call `widgets.prompt_html(lm, user, system, temperature, tokens, labels)` and show it with
# `IPython.display.HTML`.

# %%
from helpers.lesson import widgets

widgets.prompt_playground(lm, bare.messages(dev[1].text)[0]["content"], COMPANY, LABELS)

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. A rule of several
# parts holds only if every part does. *Underpowered*: too close to call, or unable to come out both ways, with so few
# items; how many would do stands beside.

# %%
mine = {"of": best_row}  # model and number format of all that was measured here
valid = {name: [answer.valid for answer in given] for name, given in answers.items()}
sentences = ("strict, as system text", "strict, after the text")
claims.conclude("P1", {"best prompt": evidence.difference(tfidf_row, best_row)})
fits = [evidence.share(valid[name], **mine, note=name) for name in sentences]
claims.conclude("P2", {"valid": fits})
pair = ("repaired, once", "constrained")
fixed = evidence.difference(*(valid[name] for name in pair), **mine)
claims.conclude("P3", {"valid": fixed})
right = [[said == gold for said, gold in zip(risks[name], wanted_risk)] for name in pair]
print("    right risk, constrained minus repaired:", statistics.compare_hits(*right))
claims.conclude("P4", {"medium": evidence.independent(*medium["with the rule"], **mine)})

# %% tags=["machine"]
taken = {"minutes": evidence.number(minutes), "exact text": evidence.yes(same_text)}
claims.conclude("P5", taken)

# %%
claims.conclude("P6", {"drop": evidence.independent(prompted, best_row)})
claims.conclude("P7", {"readable": evidence.share(readable, **mine)})
hits = {
    name: [said == gold for said, gold in zip(guesses, wanted)]
    for name, guesses in (("direct", direct), ("role", in_role), ("reasoning", reasoned))
}
claims.conclude(
    "P8",
    {
        trick: evidence.difference(hits["direct"], hits[trick], **mine)
        for trick in ("role", "reasoning")
    },
)
plots.methods(ledger.rows("intents", "test"), "Six intents: what each method gets right")

# %% [markdown]
# ## Three things to remember
#
# 1. Look at what the model answers before you write more instructions. Here choosing the label words on dev did what four
#    rungs of advice did not.
# 2. Valid is not right. Constrain the format, and measure the content.
# 3. A wording can move accuracy a long way, so choose it on dev, and report it on test, beside the plain baseline.
#
# {{next}}
