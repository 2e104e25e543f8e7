# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Can tuning teach a form, and a voice?
#
# **After this lesson you can**
#
# - measure a format before and after tuning, apart from what stands in it;
# - put a tuned voice beside a prompt that holds the rules;
# - say what such counts do not see.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L2 and L3, from articles A "Which Should You
# Use?" and D "Choosing the Cheaper Path". An optional lab of lesson 05. Most answers are *reference results*, written
# by the models once.

# %%
#: setup

# %% [markdown]
# ## Two tasks
#
# Larkfield's engineers write *change requests*: what they want to change in a running system. Each is answered by a form in
# JSON with title, risk (low, medium or high) and rationale. And its agents' plain *replies* are to be rewritten in the
# company's voice, which has [ten rules](../../data/voice/GUIDE.md).

# %%
from helpers.lesson import diagrams

REQUEST, PLAIN = "change request", "plain reply"
PROMPT, TUNED = "untuned, rules\nin the prompt", "tuned, rules\nin the weights"
FORM, VOICE = "form in JSON:\nis it one? is it right?", "ten rules:\nhow many are kept?"
diagrams.flow(
    [[REQUEST, PLAIN], [PROMPT, TUNED], [FORM, VOICE]],
    [
        (a, b)
        for way in (PROMPT, TUNED)
        for a, b in ((REQUEST, way), (PLAIN, way), (way, FORM), (way, VOICE))
    ],
    "Change requests and plain replies each go to an untuned model that is told the rules, and "
    "to a tuned one; forms are checked for being JSON and for their risk, replies for ten rules.",
)


# %%
from functools import partial

from helpers import statistics
from helpers.lesson import plots, scales
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.lesson.said import said
from helpers.methods import adapters, baselines, forms, tuning
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger
from helpers.tasks import change_requests, files, voice

lm = LanguageModel.load()
requests = files.for_profile(change_requests.load("fresh"), fast=6)
print(requests[0].text, change_requests.answer(requests[0]), sep="\n\n")

# %% [markdown]
# ## What counts as a form?
#
# Be strict: a program will read it, and a program does not skip "Sure, here it is:".
#
# ### Your turn 05.8
#
# Write `form(text)`: the object (a dict) if the *whole* text is one JSON object with exactly the keys `title`, `risk` and
# `rationale`; else `None`. Spaces and line ends around it do not matter; a code fence, a word before or after, a list, or a
# key too many do.

# %%
import json


#: solution
def form(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    wanted = {"title", "risk", "rationale"}
    return value if isinstance(value, dict) and set(value) == wanted else None


#: why json.loads takes a text from end to end and raises ValueError for anything around the object. A list, a number or a
# string is JSON too, so the kind must be looked at before its keys.
#: stub
#| def form(text):
#|     ...
#: end

check("05.8", form)

# %% [markdown]
# ## Before
#
# The untuned model, with all the help a prompt can give: a strict wording, and the schema itself. These are fresh requests
# that no prompt and no recipe was chosen on. **Predict:** in how many of 120 answers is the whole text such a form?

# %%
lab = ledger.Lab(
    "changes", lm, labels=change_requests.RISKS, split="fresh", noun="requests", show=False
)
greedy = {"token_limit": forms.MOST_TOKENS, "heavy": True}


def strict(texts):
    return [forms.strict_chat(text) for text in texts]


before = lab.measure(
    "strict JSON prompt, schema",
    requests,
    lambda texts: forms.answered(lm, strict(texts), requests),
    approach="prompt",
    prompts=strict,
    **greedy,
)
print(before.answers[0])

# %%
form = yours(form, forms.form, ('{"title": "a", "risk": "low", "rationale": "b"}',))
print("whole text a form, before:", statistics.runs_interval([forms.whole(before, form)]))

# %% [markdown]
# ## After
#
# The same 120 requests, answered by three adapters trained on 400 solved requests: alike but for their
# seed. Their prompt is seven words of instruction and names no schema.

# %%
made = adapters.find("changes")
pairs, dev_pairs = made.pairs(lm), made.dev_pairs()


def brief(texts):
    return [change_requests.prompt(text) for text in texts]


def answer(model, texts):
    return forms.answered(model, brief(texts), requests)


# %%
how = {"prompts": brief, "dev_pairs": dev_pairs, "token_limit": forms.MOST_TOKENS}
after = tuning.repeated(
    lab, "LoRA JSON, 400 requests", [pairs], made.recipe, requests, answer, **how
)

# %%
is_form = {
    "before": [forms.whole(before, form)],
    "after": [forms.whole(row, form) for row in after],
}
for when, runs in is_form.items():
    print(f"whole text a form, {when}: {statistics.runs_interval(runs)}")
broken = [text for text in after[0].answers if form(text) is None]
print(f"broken after tuning, first seed: {len(broken)}", *broken[:2], sep="\n")

# %% [markdown]
# ## Right, or only in form?
#
# A form can be perfect and wrong. **Predict:** TF-IDF with regression, from the same 400 requests, names the risk alone.
# Who is right more often?

# %%
past = change_requests.load("train")
tfidf = baselines.tfidf_classifier().fit([c.text for c in past], [c.label for c in past])
plain = lab.measure(
    "TF-IDF, risk only", requests, tfidf.predict, approach="plain", labels_used=len(past)
)
always = statistics.accuracy([c.label for c in requests], ["medium"] * len(requests))
print(f"right risk: TF-IDF {plain.interval}, always medium {always:.2f}")
print("tuned:", statistics.runs_interval([row.correct for row in after]))

# %%
gain = statistics.runs_interval([plain.correct], [row.correct for row in after])
print(
    said(
        gain,
        above="On the risk, the tuned model is ahead of TF-IDF: {found}.",
        below="On the risk, TF-IDF is ahead of the tuned model: {found}.",
        unclear="On the risk, tuned model and TF-IDF cannot be told apart: {found}.",
    )
)

# %%
from IPython.display import Markdown

names = ["strict JSON prompt, schema", after[0].method, plain.method]
Markdown(scales.side_by_side("changes", names, split="fresh"))

# %% [markdown]
# The table shows the right risk at each size that the course has measured; an answer that is no form counts as wrong.
#
# ## A voice
#
# Now the replies. Ten rules are checked by code. **Predict:** of ten rules, how many does the untuned model keep when its
# prompt holds all ten and an example? And after 300 rewritten replies?

# %%
replies = files.for_profile(
    [files.Message(r.id, r.plain, "all ten") for r in voice.load("test")], fast=8
)
voice_lab = ledger.Lab("voice", lm, noun="replies", show=False)


def rewrite(chat, model, texts):
    answers = model.generate(
        [chat(text) for text in texts], max_new_tokens=110, progress=False
    ).texts
    return [", ".join(voice.broken(text)) or "all ten" for text in answers]


# %%
told = voice_lab.measure(
    "prompt with the ten rules",
    replies,
    partial(rewrite, voice.IN_FULL.messages, lm),
    approach="prompt",
    prompts=lambda texts: [voice.IN_FULL.messages(text) for text in texts],
    token_limit=110,
    heavy=True,
)

# %%
recipe = adapters.find("voice").recipe
learned = {
    n: tuning.repeated(
        voice_lab,
        f"LoRA, {n} replies",
        [voice.training_pairs(voice.load("train")[:n])],
        recipe,
        replies,
        partial(rewrite, voice.prompt),
        prompts=lambda texts: [voice.prompt(text) for text in texts],
        token_limit=110,
    )
    for n in (75, 150, 300)
}


# %%
def rules_kept(row):
    lost = [0 if text == "all ten" else text.count(",") + 1 for text in row.predictions]
    return [1 - count / len(voice.RULES) for count in lost]


kept = {"rules kept": {}, "all ten kept": {}}
for name, rows in {"in the prompt": [told], **learned}.items():
    kept["rules kept"][name] = [statistics.runs_interval([rules_kept(row) for row in rows])]
    kept["all ten kept"][name] = [statistics.runs_interval([row.correct for row in rows])]
plots.curves(
    kept,
    "Ten rules in the prompt, or in the weights",
    ("replies trained on", "share of 80 replies"),
)

# %%
tuned = adapters.get(lm, "voice")
print(
    f"plain: {replies[0].text}\n\ntuned: {tuned.chat(voice.prompt(replies[0].text), max_new_tokens=110)}"
)

# %%
Markdown(scales.side_by_side("voice", [told.method, learned[300][0].method]))

# %% [markdown]
# Did the facts survive? The checks look at form alone: a reply may keep ten rules and promise the wrong refund. Count what
# you can by code, and read some yourself.
#
# ### Playground
#
# Write a plain reply of your own. Which rules does the tuned model break?

# %%
mine = "Your order LF-48213 was sent yesterday and should arrive within three working days."
answer = tuned.chat(voice.prompt(mine), max_new_tokens=110)
print(answer, f"\nbroken: {voice.broken(answer) or 'none'}")

# %% [markdown]
# ## What we found
#
# L2 wants both: forms nearly always valid after tuning, and more often than before. L3 wants more than half of the replies
# to keep all ten rules, and more than by the prompt that holds them.

# %%
change = statistics.runs_interval(is_form["before"], is_form["after"])
claims.conclude(
    "L2",
    {
        "after": evidence.share_of_draws(is_form["after"], of=after),
        "gain": evidence.number(change, n=len(requests), of=[before, *after]),
    },
)

# %%
claims.conclude(
    "L3",
    {
        "all rules": evidence.over_runs(learned[300]),
        "over the prompt": evidence.over_runs([told], learned[300]),
    },
)

# %% [markdown]
# ## Three things to remember
#
# 1. Form and content are two measurements. A form can be perfect and wrong.
# 2. There is no *after* without a *before*: measure the prompt that does its best.
# 3. Rules that code can check are counted; facts must be read.
#
# {{next}}
