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
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L2 and L3.
# Most answers are [reference results](../../docs/glossary.md#reference-result), marked *(reference)*.

# %%
#: setup

# %% [markdown]
# ## Two tasks
#
# Larkfield's engineers write *change requests*: what they want to change in a running system. Each is answered by a form in
# JSON with title, risk (low, medium or high) and rationale. And its agents' plain *replies* are to be rewritten in the
# company's voice, which has [ten rules](../../data/voice/GUIDE.md).

# %%
import itertools

from helpers.lesson import diagrams

JSON, STYLE = "form in JSON:\nis it one? is it right?", "the company's voice:\nten rules kept?"
one = "change request", "schema in the prompt,\nor a tuned model", JSON
two = "plain reply", "rules in the prompt,\nor a tuned model", STYLE
diagrams.flow(
    [one, two],
    [*itertools.pairwise(one), *itertools.pairwise(two)],
    "A change request goes to an untuned model that is told the schema, or to a tuned one, and becomes a form, which is "
    "checked for being JSON and for its risk. A plain reply goes to an untuned model that is told ten rules, or to a "
    "tuned one, and is checked for these rules.",
)


# %%
from helpers import statistics
from helpers.lesson import scales
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.lesson.plots.retrieval import stages
from helpers.lesson.said import said_of_each
from helpers.methods import adapters, baselines, forms, rewriting, tuned_forms, tuning
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger, limits
from helpers.results.rows import mark
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
# How often does the untuned model fill in the form, at its best? 24 prompts were tried on the 60 requests of dev: the keys
# named, with their limits, or the whole [schema](../../docs/glossary.md#json-schema); the strict sentence nowhere, before
# or after; the answer begun with a brace or not. (The strict sentence: *You are a strict JSON formatter. Output only valid
# JSON and no other text.*) None holds a solved request. The best was looked at once on these fresh requests; the table
# counts whole forms. **Predict:** in how many of 100 answers is the whole text a form?

# %%
from IPython.display import Markdown

from helpers.methods import json_prompts

lab = ledger.Lab(
    "changes", lm, labels=change_requests.RISKS, split="fresh", noun="requests", show=False
)
before = json_prompts.untuned(lab, requests)
Markdown(json_prompts.table(lm.name))

# %%
form = yours("05.8", form, forms.form)
share = statistics.runs_interval([forms.whole(before, form)])
prompt = json_prompts.prompt_of(**before.settings)
print(f"the prompt: {prompt.messages('…')[0]['content']}\n")
print(
    f"the answer begins for it: {prompt.start or 'with nothing'}\n\nan answer: {before.answers[0]}\n"
)
print(f"whole text a form {share}; {limits.told([before])} {mark(before)}")

# %% [markdown]
# An answer that takes too many tokens is cut, and a form that is cut is none: beside the share stands how often an
# answer reached the limit.

# %% [markdown]
# ## After
#
# The same requests, answered by a model that learned from 400 solved ones. Their prompt is seven words of instruction and
# names no schema. How it is trained, its *recipe*, gets a search on dev as well: how many of the upper layers are trained,
# and at which rate. Counted are whole forms again. **Predict:** does one of the six fail to teach the form?

# %%
from helpers.methods import recipe_choices

print(recipe_choices.ships("changes"))
Markdown(recipe_choices.table("changes", lm.name))

# %% [markdown]
# On the course's rows several recipes filled in all forms. Among equals the course's own stays. The first edition had
# fixed it by hand after reading outputs on its test; this search came later, after the rows below had been measured, as the
# [datasheet](../../data/changes/DATASHEET.md) tells. They are of three [adapters](../../docs/glossary.md#adapter), alike
# but for their seed, each kept at the step that was best on dev, and no recipe was chosen on these requests. (Without stored
# rows the next cell trains three, which may take half an hour; if you stop it, go on at *A voice*, without the verdict on L2.)

# %%
after = tuned_forms.tuned(lab, requests)

# %%
both = {"before": [before], "after": after}
is_form = {when: [forms.whole(row, form) for row in rows] for when, rows in both.items()}
print("before:", before.method)
for when, rows in both.items():
    share = statistics.runs_interval(is_form[when])
    print(f"whole text a form, {when}: {share}; {limits.told(rows)}")
broken = [text for text in after[0].answers if form(text) is None]
print(f"broken after tuning, first seed: {len(broken)}", *broken[:2], sep="\n")

# %% [markdown]
# ## Right, or only in form?
#
# A form can be perfect and wrong. Beside it stands lesson 01's plain baseline, [TF-IDF](../../docs/glossary.md#tf-idf) with
# regression: it learned from the same 400 requests, and names the risk alone. **Predict:** who is right more often?

# %%
past = change_requests.load("train")
tfidf = baselines.tfidf_classifier().fit([c.text for c in past], [c.label for c in past])
plain = lab.measure(
    "TF-IDF, risk only", requests, tfidf.predict, approach="plain", labels_used=len(past)
)
always = statistics.accuracy([c.label for c in requests], ["medium"] * len(requests))
print(f"right risk, TF-IDF: {plain.interval}")
print("right risk, tuned: ", statistics.runs_interval([row.correct for row in after]))
print(f"right risk, always medium: {always:.2f}")

# %% [markdown]
# And what would a model score that had learned the form and nothing else? Here is what each adapter writes:

# %%
from collections import Counter

for row in after:
    print(f"{row.method}: {dict(Counter(row.predictions).most_common())} {mark(row)}")

# %%
medium = [int(request.label == "medium") for request in requests]
rivals = {"TF-IDF": plain.correct, "always writing medium": medium}
hits = [row.correct for row in after]
print(
    said_of_each(
        {
            f"On the risk, beside {name},": statistics.runs_interval([rivals[name]], hits)
            for name in rivals
        },
        above="the tuned model is ahead: {found}.",
        below="the tuned model is behind: {found}.",
        unclear="the tuned model cannot be told apart: {found}.",
        equal="the tuned model differs by less than matters: {found}.",
    )
)

# %% [markdown]
# An adapter that writes one risk for most requests has a favorite, and little judgment. Perhaps because the risk is one
# word among many in training.
#
# Now the right risk at each size that the course has measured; *plain* is a method without a language model, *large* a
# hosted model that was asked once. The two prompts are those of the lab on JSON, not the one chosen above. Of the adapters
# the first alone stands here. An answer that is no form counts as wrong, also a right one with words around it.

# %%
strict = "strict JSON prompt"
names = [strict, f"{strict}, schema", after[0].method, plain.method]
Markdown(scales.side_by_side("changes", names, split="fresh"))

# %% [markdown]
# ## A voice
#
# Now the replies. Ten rules are checked by code. **Predict:** of ten rules, how many does the untuned model keep when its
# prompt holds all ten and an example (one wording, one try)? And after 300 rewritten replies?

# %%
replies = rewriting.replies()
voice_lab = ledger.Lab("voice", lm, noun="replies", show=False)
print(f"{replies[0].text}\n\nrules broken: {', '.join(voice.broken(replies[0].text))}")

# %%
told = rewriting.told(voice_lab, replies)
learned = rewriting.learned(voice_lab, replies, {75: (0,), 300: tuning.SEEDS})

# %% [markdown]
# Three seeds for 300 replies, on which the verdict rests; one for 75. Mind the floor of *rules kept*: the text *Ok.*
# breaks only three of the ten. So look first at the replies that keep all ten.

# %%
shown = {"rules in the prompt": [told], **{f"tuned, {n} replies": learned[n] for n in learned}}
found = {name: rewriting.shares(rows) for name, rows in shown.items()}
stages(found, "The ten rules, told and learned", f"share, over {len(replies)} replies")
for name, rows in shown.items():
    shares = "; ".join(f"{what} {share}" for what, share in found[name].items())
    print(f"{name}: {shares}; {limits.told(rows)} {mark(rows[0])}")

# %% [markdown]
# Which rules are broken most? Here is the share of replies that break each, by its name in the
# [guide](../../data/voice/GUIDE.md); where there are three seeds, over all of them. An opening is learned by heart.
# **Predict:** which rules want more than that?

# %%
Markdown(rewriting.by_rule(shown))

# %% [markdown]
# The share of replies that keep all ten, by model, where the course has measured it; of the adapters the first alone:

# %%
Markdown(scales.side_by_side("voice", [told.method, learned[300][0].method]))

# %% [markdown]
# Did the facts survive? The checks look at form alone: a reply may keep ten rules and promise the wrong refund. Below
# stands a reply before and after the course's adapter. Which facts of the first still stand in the second, and what was
# added?

# %%
tuned = adapters.get(lm, "voice")
written = tuned.chat(voice.prompt(replies[0].text), max_new_tokens=rewriting.MOST_TOKENS)
print(f"plain: {replies[0].text}\n\ntuned: {written}")

# %% [markdown]
# ### Playground
#
# Write a plain reply of your own. Which rules does the tuned model break?

# %%
mine = "Your order LF-48213 was sent yesterday and should arrive within three working days."
answer = tuned.chat(voice.prompt(mine), max_new_tokens=rewriting.MOST_TOKENS)
print(f"{answer}\n\nrules broken: {', '.join(voice.broken(answer)) or 'none'}")

# %% [markdown]
# ## What we found
#
# L2 wants both: nearly every answer a form after tuning, and more than before. The articles start from 1 broken in 20; above
# you see where this model starts, without a solved request and with nothing forced but, perhaps, the first brace. On the
# course's rows the gap that L2 is judged on is far larger than theirs. L3 wants more than half of the replies to keep all ten rules, and more than by the prompt that
# holds them.

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
# 2. There is no *after* without a *before*: measure the best prompt you have. Ours for the form held no solved request.
# 3. Rules that code can check are counted; facts must be read.
#
# {{next}}
