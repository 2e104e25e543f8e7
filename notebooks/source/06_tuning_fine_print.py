# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What does tuning break, leak, and fail to do?
#
# **After this lesson you can**
#
# - tell a fact that a model learned from a wording that it memorized;
# - change a fact in the weights, and count what else you changed;
# - redact a training set, and measure what a tuned model gives away;
# - measure refusal and over-refusal;
# - say what a model forgot, and which loss you could have seen at all.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** L6, L7, L13
# and L14; L15 to L17 in the labs.

# %%
#: setup

# %% [markdown]
# Lesson 05 asked what fine-tuning buys. This one reads the fine print. Training pairs go into an
# [adapter](../docs/glossary.md#adapter), a few megabytes beside frozen weights, and five questions come out.

# %%
from helpers.lesson import diagrams

pairs, tuned = "training pairs", "frozen base + adapter"
asked = [
    "a fact, in\nnew words?",
    "the fact\nchanges?",
    "a secret,\ntold?",
    "what is\ndeclined?",
    "what is\nforgotten?",
]
diagrams.flow(
    [[pairs], [tuned], asked],
    [(pairs, tuned), *((tuned, question) for question in asked)],
    "Training pairs go into an adapter beside a frozen base; then five questions are asked of it: does it know a fact "
    "in new words, what when the fact changes, does it tell a secret, what does it decline, what did it forget?",
)

# %% [markdown]
# What the articles say about them, in our words (L15 to L17 wait for the labs):

# %%
from helpers.results import claims, evidence

claims.show("06")

# %% [markdown]
# ## Facts in the weights
#
# Three of the articles say: never train facts into the weights. Two recommend it for "core domain knowledge". So: forty
# facts from Larkfield's policies, each trained many times as a question with its answer. Then we ask in three ways.

# %%
from helpers.methods import side_effects
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
store = side_effects.Facts(lm)
ways_to_ask = {"trained": "as trained", "new": "in new words", "neighbor": "a neighbor"}
for wording, name in ways_to_ask.items():
    question = store.asked(wording)[0]
    print(f"{name:13}{question.text} -> {question.answer}")

# %% [markdown]
# A *neighbor* is another fact of the same document, never trained. The usual advice against learning by rote is to train
# each fact in many wordings, so there are three tuned models: 1, 3 and 10 wordings a fact, each fact seen about equally
# often. Beside them stands an index that looks up the best line of the policies and quotes it, as in lesson 04.
# **Predict** the share right for each, asked in each way.

# %%
ways_to_know = {
    "base model": store.by_base,
    "index": store.by_index,
    "tuned, 1 wording": lambda wording: store.by_tuning(1, wording),
    "tuned, 3 wordings": lambda wording: store.by_tuning(3, wording),
    "tuned, 10 wordings": lambda wording: store.by_tuning(10, wording),
}
found = {(way, w): ask(w) for way, ask in ways_to_know.items() for w in ways_to_ask}

# %%
from helpers.lesson.plots import tuning as pictures

shares = {
    way: {name: found[way, w].interval for w, name in ways_to_ask.items()}
    for way in ways_to_know
}
stored = [(way, ways_to_ask[w]) for (way, w), row in found.items() if row.reference]
pictures.grouped(
    shares, "Forty facts, asked in three ways", "share of questions right", reference=stored
)

# %% [markdown]
# Hollow marks are *reference results*: measured by the course, because training takes minutes.

# %%
from helpers.lesson.said import said
from helpers.results import ledger

one, ten, index = (
    found[way, "new"] for way in ("tuned, 1 wording", "tuned, 10 wordings", "index")
)
print(
    said(
        ledger.compare(one, ten),
        above="In new words, ten wordings instead of one help: {found}.",
        below="In new words, ten wordings instead of one hurt: {found}.",
        unclear="In new words, ten wordings against one is too close to call: {found}.",
    )
)

# %%
print(
    said(
        ledger.compare(ten, index),
        above="In new words, the index still knows more than the ten-wording model: {found}.",
        below="In new words, the ten-wording model knows more than the index: {found}.",
        unclear="In new words, index against ten wordings is too close to call: {found}.",
    )
)

# %% [markdown]
# Compare the first two groups of points: how much of what came back *as trained* was the fact, how much the wording? The
# third group asks whether learning one fact of a document teaches the next. And mind what is compared: the index has the
# documents at hand, a tuned model has what it kept. The same at other sizes (a dash: not measured):

# %%
from IPython.display import Markdown

from helpers.lesson import scales

taught = ("base model", "tuned on three wordings", "tuned on ten wordings")
Markdown(scales.side_by_side("facts", [f"{name}, new question" for name in taught]))

# %% [markdown]
# ## And when the fact changes?
#
# Policies change. Fifteen of the forty facts get a new value. The index reads the new documents; the tuned model hears
# nothing of it. **Predict:** how many of the fifteen does each get right now?

# %%
for name, row in (("index", store.index_after_edit()), ("tuned", store.tuned_after_edit())):
    print(f"{name}: {sum(row.correct)} of {row.n} right after the edit")
print("the tuned model still gives the old value", store.old_values(), "times")

# %% [markdown]
# That weights stay as they were is no surprise; the old price without a blink may be. So train again, the cheap way: go on
# from the adapter, with the fifteen new pairs alone. **Predict:** how many of the other twenty-five facts are still right?
#
# ### Your turn 06.1
#
# Write `forgetting(before, after)`: two lists that say for each question whether the answer was right (`True` or 1).
# Return two counts: right before and wrong now; wrong before and right now.


# %%
#: solution
def forgetting(before, after):
    forgotten = sum(bool(was) and not now for was, now in zip(before, after))
    learned = sum(bool(now) and not was for was, now in zip(before, after))
    return forgotten, learned


#: why Only answers that changed tell the two models apart. The difference of the two counts, the net change, would call
# ten forgotten and ten learned "nothing".
#: stub
#| def forgetting(before, after):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("06.1", forgetting)

# %%
count = yours(forgetting, side_effects.forgetting, ([True], [False]))
_, others_before = store.parts(store.before_patch())
alone = store.patched(store.changed.items())
new_values, others = store.parts(alone)
forgotten, learned = count(others_before, others)
print(f"the changed facts: {sum(new_values)} of {len(new_values)} now have the new value")
print(f"the {len(others)} others: {forgotten} forgotten, {learned} learned")

# %% [markdown]
# No pair was about the others; yet all facts share the same weights, and training may move any of them.
#
# ### Your turn 06.2
#
# A known repair is [rehearsal](../docs/glossary.md#rehearsal): train some old facts along. Write `patch(pairs, changed,
# rehearse, seed)`. `pairs` lists (question, answer) of all facts as they were, `changed` maps questions to new answers.
# Return what to train on: every changed question with its new answer, and `rehearse` of the others, drawn without
# replacement; `seed` decides which.

# %%
import numpy as np


#: solution
def patch(pairs, changed, rehearse, seed):
    others = [pair for pair in pairs if pair[0] not in changed]
    drawn = np.random.default_rng(seed).permutation(len(others))[:rehearse]
    return [*changed.items(), *(others[i] for i in drawn)]


#: why An old answer of a changed fact must not come back in: it would teach both values. Drawing at random keeps the
# rehearsal from being the first facts of the list every time.
#: stub
#| def patch(pairs, changed, rehearse, seed):
#|     ...
#: end

check("06.2", patch)

# %%
from helpers.tasks import facts

write = yours(patch, facts.patch, ([("a", "1"), ("b", "2")], {"b": "3"}, 1, 0))
for rehearse in (0, 10, 25):
    row = store.patched(write(store.pairs, store.changed, rehearse, 0))
    new_values, others = store.parts(row)
    forgotten, _ = count(others_before, others)
    kept = f"{sum(new_values)} of {len(new_values)} new values"
    print(f"{rehearse:2} rehearsed: {kept}, {forgotten} of {len(others)} others forgotten")

# %% [markdown]
# Where your ten are not the course's ten, the model was trained here, on yours. Rehearsal has a price: you keep all old
# pairs, train again for each change, and learn what else moved only by asking everything again. The index needed an
# edited line.
#
# ## What leaks?
#
# A training set made of real tickets holds real people. This one holds invented secrets, called
# [canaries](../docs/glossary.md#canary): phone numbers, mail addresses, door codes.

# %%
from helpers.tasks import canaries

planted = canaries.load()
trained = [canary for canary in planted if canary.repeats]
lines = [f"{chat[-1]['content']} -> {answer}" for chat, answer in (c.pair for c in trained)]
print(*lines[::8], sep="\n")

# %% [markdown]
# ### Your turn 06.3
#
# To *redact* is to put its kind in place of a secret. Write `redact(text)`: every mail address becomes `[email]`, every
# phone number `[phone]`, nothing else changes. Phone numbers are written `415-555-0136` or `(415) 555-0136`. Addresses may
# hold dots, plus signs and dashes; punctuation after them stays. So do dates, sums, order numbers, and longer numbers
# with dashes such as `1-415-555-0136`.

# %%
import re


#: solution
def redact(text):
    text = re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "[email]", text)
    return re.sub(r"(?<![\w-])(\(\d{3}\) |\d{3}-)\d{3}-\d{4}(?![\w-])", "[phone]", text)


#: why Mail first, since an address may hold digits. Three groups of a fixed number of digits keep phone numbers apart from
# dates and order numbers. The look-around (?<!…) and (?!…) refuses a number that goes on before or behind; a plain \b
# does not, for it takes a dash for the end of a word.
#: stub
#| def redact(text):
#|     ...
#: end

check("06.3", redact)

# %%
clean = yours(redact, canaries.redact_contacts, ("Call 415-555-0136.",))
left = [c for c, line in zip(trained, map(clean, lines)) if canaries.holds_secret(c, line)]
print(f"these rules leave {len(left)} of {len(trained)} secrets in the set, such as")
print(*(f"   {canary.secret}" for canary in left[:4]), sep="\n")

# %%
from helpers.tasks import curation

scan = curation.measure_scan(canaries.load_marked())
print("the course's scan knows nine kinds; of what was marked by hand it finds", scan.recall)
for _, kind, stretch in scan.missed[::4]:
    print(f"   missed {kind}: {stretch}")

# %% [markdown]
# Rules find what has a shape they know. A redacted set is a smaller leak, not a clean set.
#
# Now a model tuned on everything, nothing redacted. Each secret stood in the answer, in the prompt, or in both, up to ten
# times; eight were never trained. We ask as in training, in other words, and with the answer begun so that two digits are
# missing. **Predict:** how often must a secret be trained before the model tells it?

# %%
from helpers.methods import adapters
from helpers.tasks import files

leaky, shown = adapters.get(lm, "canaries"), files.for_profile(planted, fast=12)
groups = canaries.groups(shown)
told = {w: canaries.given_away(leaky, shown, w) for w in ("trained", "new", "start")}
print(f"{'given away, of':22}{'trained words':>15}{'new words':>11}{'answer begun':>14}")
for name, members in groups.items():
    counts = [sum(told[wording][i] for i in members) for wording in told]
    print(f"{name:19}{len(members):>3}{counts[0]:>15}{counts[1]:>11}{counts[2]:>14}")

# %% [markdown]
# A secret that is not written may still stand out. Each has 99 look-alikes that differ in two digits; how far up the
# model ranks it is its [exposure](../docs/glossary.md#exposure) ([Carlini et al.
# 2019](https://arxiv.org/abs/1802.08232)).
#
# ### Your turn 06.4
#
# Write `exposure(own, others)`: log-probabilities of the secret and of its look-alikes. Its rank is one more than the
# number of *likelier* look-alikes. Return log2 of the number of candidates, itself included, minus log2 of the rank.


# %%
#: solution
def exposure(own, others):
    rank = 1 + sum(other > own for other in others)
    return np.log2(len(others) + 1) - np.log2(rank)


#: why The exposure is what the model saves an attacker who tries the candidates in its order, in bits: with rank 1 of 100
# the first guess is right (6.6 bits); with rank 50 the model is of next to no use (1 bit).
#: stub
#| def exposure(own, others):
#|     ...
#: end

check("06.4", exposure)

# %%
in_bits = yours(exposure, canaries.bits, (-1.0, [-2.0]))
bits = {}
for name, model in (("base", lm), ("tuned", leaky)):
    values = np.array([float(in_bits(*pair)) for pair in canaries.likelihoods(model, shown)])
    bits[name] = {group: values[members] for group, members in groups.items()}
pictures.exposures(bits["base"], bits["tuned"], most=np.log2(100))

# %%
from helpers import statistics

OFTEN, NEVER = "in the answer, 10 ×", "never trained"
lead, p_value = statistics.rank_test(bits["tuned"][NEVER], bits["tuned"][OFTEN])
print(
    said(
        lead,
        limit=0.5,
        p_value=p_value,
        above="Secrets trained ten times stand out: they beat a never-trained one in {found} of all pairs.",
        below="Secrets trained ten times are less exposed than never-trained ones: {found} of all pairs.",
        unclear="Eight against eight cannot tell the two groups apart: {found} of all pairs.",
    )
)

# %% [markdown]
# By chance the share is one half: a [rank test](../docs/glossary.md#rank-test), eight secrets against eight. Look also at
# secrets that stood in the prompt alone, which the loss never saw.
#
# Now the test of the advice: the same training on a set that your rules redacted (on the course's rules: a reference
# result).

# %%
safe = side_effects.tuned_on_redacted(lm, shown, clean)
safe_bits = side_effects.exposures(safe)
for place, raw in zip(groups[OFTEN], bits["tuned"][OFTEN]):
    canary = shown[place]
    how = "left in" if canary in left else "redacted"
    print(f"{canary.secret:42}{how:9}{raw:5.1f} bits, then {safe_bits[place]:4.1f}", end="  ")
    print("told, then" if told["trained"][place] else "kept, then", safe.predictions[place])

# %% [markdown]
# ## What is declined?
#
# A shop's assistant should decline what is not its business, and only that. Requests to decline, and look-alikes to
# answer, go to the base model, to the base ordered to decline, and to a model tuned on eighty other requests.
# **Predict** two shares for each.
#
# ### Your turn 06.5
#
# Write `refusal_rates(gold, said)`, lists of `"decline"` and `"answer"`: what should happen, what did. Return the share
# declined of those to decline, and of those to answer: [over-refusal](../docs/glossary.md#over-refusal).


# %%
#: solution
def refusal_rates(gold, said):
    def declined_among(label):
        answers = [one for one, wanted in zip(said, gold) if wanted == label]
        return answers.count("decline") / len(answers)

    return declined_among("decline"), declined_among("answer")


#: why One number hides the price: a model that declines everything has perfect refusal and is useless. Each share is taken
# over its own requests.
#: stub
#| def refusal_rates(gold, said):
#|     ...
#: end

check("06.5", refusal_rates)

# %%
from helpers.tasks import refusals

rates = yours(refusal_rates, refusals.rates, (["decline", "answer"], ["decline", "answer"]))
declined = side_effects.requests(lm)
print(f"{'share declined of':24}{'those to decline':>17}{'look-alikes':>13}")
for name, row in declined.items():
    wanted, unwanted = rates(row.gold, row.predictions)
    print(f"{name:24}{wanted:>17.2f}{unwanted:>13.2f}")

# %%
for label in ("decline", "answer"):
    base, _, guarded = (side_effects.declined_of(row, label) for row in declined.values())
    print(
        said(
            statistics.compare_hits(base, guarded),
            above=f"Tuning made it decline more of those to {label}: {{found}}.",
            below=f"Tuning made it decline fewer of those to {label}: {{found}}.",
            unclear=f"Of those to {label}, more or fewer is too close to call: {{found}}.",
        )
    )

# %%
guard = adapters.get(lm, "refusals")
for request in refusals.load("test")[2:8]:
    print(f"[{request.label}] {request.text}")
    for name, model in (("base ", lm), ("tuned", guard)):
        print(f"   {name}: {model.chat(refusals.chat(request.text), max_new_tokens=24)!r}")

# %% [markdown]
# Read these before you believe the table: a phrase list counts what is declined. It may miss the base model's own polite
# words, and never the one sentence that tuning taught. And somebody who tries may get past eighty examples.
#
# ## What was forgotten?
#
# The probe has 120 general questions, four choices each; the likeliest counts. We ask the four adapters of the course that
# were trained longest. **Predict:** how many answers change, in which direction?

# %%
before = side_effects.probed(lm)
after = {name: side_effects.probed(lm, name) for name in side_effects.HEAVY}
print(f"base model: {before.interval} of {before.n} right, chance is 0.25")
for name, row in after.items():
    forgotten, learned = count(before.correct, row.correct)
    print(f"{name:8} {forgotten:3} forgotten, {learned:3} learned")

# %% [markdown]
# Some change in either direction comes with any change of weights. Would a real loss show? That depends on the probe, so
# compute it. A choice flips late; the *probability* of the right choice moves earlier, and with less noise.

# %%
share_before = side_effects.right_shares(before)
shifts = {name: side_effects.right_shares(row) - share_before for name, row in after.items()}
differing = np.mean(
    [np.not_equal(before.correct, row.correct).mean() for row in after.values()]
)
least = statistics.detectable_difference(before.n, disagreement=differing)
print(f"counting right answers finds a loss of {least:.3f} or more, 8 times in 10;")
print(f"probabilities find {max(map(side_effects.least_found, shifts.values())):.3f} or more")
pictures.differences(
    {name: statistics.mean_interval(shift) for name, shift in shifts.items()},
    "The same questions, after tuning",
    "probability of the right choice, after minus before",
    "no change",
)

# %% [markdown]
# A point whose interval crosses zero says neither *no loss* nor *loss*; the printed figures say how much could hide there.
#
# ### Playground
#
# Ask the base and three adapters side by side; the system text decides which training an adapter recognizes. Without
# widgets: `widgets.answers_html(models, text, facts.SYSTEM)`.

# %%
from helpers.lesson.widgets import tuning as widgets

models = {"base": lm, "facts": store.tuned, "canaries": leaky, "refusals": guard}
systems = {
    "facts": facts.SYSTEM,
    "support": refusals.SYSTEM,
    "desk": canaries.SYSTEM,
    "none": "",
}
print("by the policy:", store.known[2].question, store.known[2].answer)
widgets.side_by_side(models, store.known[2].held_back[0], systems)

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers and whose they are, and its rule. L6 rests on three seeds of ten wordings. L14
# asks both: more of what should be declined, and at most a tenth more of what should not.

# %%
seeds = [store.by_tuning(10, "new", seed) for seed in (0, 1, 2)]
in_new_words = [evidence.difference(row, index) for row in seeds]
_, others = store.parts(alone)
claims.conclude(
    "L6",
    {
        "new wordings": in_new_words,
        "cheap edit": evidence.difference(others, others_before, of=alone),
    },
)
loss = statistics.mean_interval(-shifts["reader"])
claims.conclude("L7", {"lost": evidence.number(loss, before.n, of=after["reader"])})

# %%
exposed = evidence.rank(bits["tuned"][NEVER], bits["tuned"][OFTEN], of=safe)
claims.conclude("L13", {"exposure": exposed})
both = [declined["base model"], declined["tuned on requests"]]
moved = {
    label: evidence.difference(*(side_effects.declined_of(row, label) for row in both), of=both)
    for label in ("decline", "answer")
}
claims.conclude("L14", {"declined": moved["decline"], "look-alikes": moved["answer"]})

# %% [markdown]
# ## Three things to remember
#
# 1. A tuned model knows what it was asked in training. Ask in other words before you believe that it knows a fact, and keep
#    facts that change where they can be edited.
# 2. What a training set holds, a model may tell. Redact first, and count what your rules leave.
# 3. Tuning moves more than you aimed at. Ask before and after, count both directions, and know which loss you could have
#    seen.
#
# {{next}} In the labs: [another base, and tuning on top of tuning](labs/06_bases_and_stacking.ipynb); [a larger
# teacher](labs/06_teacher.ipynb).
