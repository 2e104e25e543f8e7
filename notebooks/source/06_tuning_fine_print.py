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
# - tell a learned fact from a memorized wording;
# - change a fact in the weights, and count what else changed;
# - redact a training set, and measure what a tuned model gives away;
# - measure refusal and over-refusal;
# - say what a model forgot, and how small a loss would show.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** L6, L7, L13 and L14; in the
# labs L15 to L17.

# %%
#: setup

# %% [markdown]
# Lesson 05 asked what tuning, training a model further on pairs of a prompt and its answer, buys. This one reads the
# fine print. The pairs go into an [adapter](../docs/glossary.md#adapter), a few megabytes beside frozen weights, and
# five questions come out.

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
# What the articles say about them, in our words:

# %%
from helpers.results import claims, evidence

claims.show("06")

# %% [markdown]
# ## Facts in the weights
#
# Three of the articles say: never train facts into the weights. Two recommend it for "core domain knowledge". So: forty
# facts from Larkfield's policies, each trained many times as a question with its answer. `memory` holds the facts, an index
# of the policies (a search over their lines, as in lesson 04), and the tuned models.

# %%
from helpers.methods import learned_facts
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
memory = learned_facts.Facts(lm)
ways_to_ask = {"trained": "as trained", "new": "in new words", "neighbor": "a neighbor"}
for wording, name in ways_to_ask.items():
    question = memory.asked(wording)[0]
    print(f"{name:13}{question.text} -> {question.answer}")

# %% [markdown]
# A *neighbor* is another fact of the same document, never trained. The usual advice against learning by rote is many
# wordings, so there are three tuned models: 1, 3 and 10 wordings a fact, each fact seen about equally often. Beside them
# the index quotes the best line it finds. A quoted line counts if it is the one in which the answer stands; a model's
# answer, if the right value stands in it. **Predict** the share right for each.

# %%
ways_to_know = {
    "base model": memory.by_base,
    "index": memory.by_index,
    "tuned, 1 wording": lambda wording: memory.by_tuning(1, wording),
    "tuned, 3 wordings": lambda wording: memory.by_tuning(3, wording),
    "tuned, 10 wordings": lambda wording: memory.by_tuning(10, wording),
}
found = {
    way: {name: ask(w) for w, name in ways_to_ask.items()} for way, ask in ways_to_know.items()
}

# %%
from helpers.lesson.plots import tuning as pictures

pictures.rows_grouped(found, "Facts, asked in three ways", "share of questions right")

# %% [markdown]
# Hollow marks are *reference results*, measured beforehand. Look at the neighbors: if one fact taught the next, a tuned
# model would know more of them than the base.

# %% [markdown]
# ### Your turn 06.1
#
# How much was the fact, and how much the wording? Write `by_rote(trained, new)`. `trained` says for each fact whether
# it was right as trained; `new` holds for each a list: right or not in each new wording (here two). Return, of the
# facts right as trained, the share wrong in *all* new wordings; 0 if none is right as trained.


# %%
#: solution
def by_rote(trained, new):
    known = [some for right, some in zip(trained, new) if right]
    return sum(not any(some) for some in known) / len(known) if known else 0.0


#: why A fact that comes back in one new wording at least is more than a wording. Only facts right as trained can tell: of
# the others nobody knows whether anything was learned.
#: stub
#| def by_rote(trained, new):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("06.1", by_rote)

# %%
import numpy as np

rote = yours("06.1", by_rote, learned_facts.by_rote)
for way in ("tuned, 1 wording", "tuned, 3 wordings", "tuned, 10 wordings"):
    as_trained, reworded = (found[way][name] for name in ("as trained", "in new words"))
    share = float(np.mean(rote(as_trained.correct, memory.by_fact(reworded))))
    print(f"{way:20}{share:.2f} of {sum(as_trained.correct)} facts by rote")

# %%
from helpers.lesson.said import said
from helpers.results import ledger

one, ten, index = (
    found[way]["in new words"] for way in ("tuned, 1 wording", "tuned, 10 wordings", "index")
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
        above="In new words, the index knows more than the ten-wording model: {found}.",
        below="In new words, the ten-wording model knows more than the index: {found}.",
        unclear="In new words, index against ten wordings is too close to call: {found}.",
    )
)

# %% [markdown]
# One training each; the verdict at the end draws on three, and may be less sure. And the index has the documents.
# The same by model, where measured:

# %%
from IPython.display import Markdown

from helpers.lesson import scales

taught = ("base model", "tuned on three wordings", "tuned on ten wordings")
Markdown(scales.side_by_side("facts", [f"{name}, new question" for name in taught]))

# %% [markdown]
# ## And when the fact changes?
#
# Policies change. Fifteen of the forty facts get a new value. The index reads the new documents; the tuned model (one
# wording) hears nothing of it. **Predict:** how many of the changed facts does each get right now?

# %%
for name, row in (("index", memory.index_after_edit()), ("tuned", memory.tuned_after_edit())):
    print(f"{name}: {sum(row.correct)} of {row.n} right after the edit")
old, example = memory.old_values()
print(f"the tuned model gives the old value {old} times; asked for a changed fact, it says:")
print(f"   {example}")

# %% [markdown]
# The weights stayed as they were, so this had to be; look rather at how sure the answer sounds. Train again, then, the
# cheap way: go on from the adapter, with the new pairs alone. **Predict:** how many unchanged facts are still right?
#
# ### Your turn 06.2
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

check("06.2", forgetting)

# %%
from helpers.methods import side_effects

count = yours("06.2", forgetting, side_effects.forgetting)
_, others_before = memory.parts(memory.before_patch())
alone = memory.patched(memory.changed.items())
new_values, others = memory.parts(alone)
forgotten, learned = count(others_before, others)
print(f"the changed facts: {sum(new_values)} of {len(new_values)} now have the new value")
print(f"the {len(others)} others: {forgotten} forgotten, {learned} learned")

# %% [markdown]
# No pair was about the others; yet all facts share the same weights.
#
# ### Your turn 06.3
#
# A known repair is [rehearsal](../docs/glossary.md#rehearsal): train some old facts along. Write `patch(pairs, changed,
# rehearse, seed)`. `pairs` lists (question, answer) of all facts as they were, `changed` maps questions to new answers.
# Return a list of (question, answer), in any order: every changed question with its new answer, and `rehearse` of the
# others, drawn without replacement; `seed` decides which.

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

check("06.3", patch)

# %% [markdown]
# Now with 10 and all 25 of the others rehearsed, asked as trained. If your ten differ from the course's, this cell trains
# on yours, for about a minute.

# %%
from helpers.tasks import facts

write = yours("06.3", patch, facts.patch)
for rehearse in (10, 25):
    learned = write(memory.pairs, memory.changed, rehearse, 0)
    values_now, rest_now = memory.parts(memory.patched(learned))
    print(f"{rehearse:2} rehearsed: {sum(values_now)} of {len(values_now)} new values")
    for which in ("rehearsed", "not rehearsed"):
        was, without, now = (
            memory.of_others(learned, which, hits) for hits in (others_before, others, rest_now)
        )
        if now:
            lost, lost_without = count(was, now)[0], count(was, without)[0]
            print(
                f"   {which}: {lost} of {len(now)} forgotten; without rehearsal {lost_without}"
            )

# %% [markdown]
# Did rehearsing ten save the others, too? Fifteen are few to tell. And rehearsal has a price: you keep all old pairs, train again for each
# change, and ask everything again to learn what else moved. The index needed an edited line.
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
# ### Your turn 06.4
#
# To *redact* a secret is to put its kind in its place. Write `redact(text)`: every mail address becomes `[email]`, every
# phone number `[phone]`, nothing else changes. Phone numbers are written `415-555-0136` or `(415) 555-0136`. Addresses may
# hold dots, plus signs and dashes; punctuation after them stays, as do dates, sums, and longer numbers such as
# `1-415-555-0136`: `(?<!…)` and `(?!…)` say what must not stand before and behind.

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

check("06.4", redact)

# %%
clean = yours("06.4", redact, canaries.redact_contacts)
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
# Rules find what has a shape they know: a smaller leak, not a clean set.
#
# Now a model tuned on everything. Each secret stood in the answer, the prompt, or both, up to ten times; some were never
# trained. We ask three times: with the trained words (without the secret); with new words; with new words and the answer
# begun, up to the two digits that set the secret apart. **Predict:** how often must it be trained to be told?

# %%
from helpers.methods import adapters
from helpers.tasks import files

leaky, shown = adapters.get(lm, "canaries"), files.for_profile(planted, fast=12)
groups = canaries.groups(shown)
told = {w: canaries.given_away(leaky, shown, w) for w in ("trained", "new", "start")}
print(f"{'secrets told, of':22}{'trained words':>15}{'new words':>11}{'answer begun':>14}")
for name, members in groups.items():
    counts = [sum(told[wording][i] for i in members) for wording in told]
    print(f"{name:19}{len(members):>3}{counts[0]:>15}{counts[1]:>11}{counts[2]:>14}")

# %% [markdown]
# A secret that is not written may still stand out. In new words, the answer begun, it competes with 99 look-alikes that
# differ in two digits; how far up the model ranks it is its [exposure](../docs/glossary.md#exposure) ([Carlini et al.
# 2019](https://arxiv.org/abs/1802.08232)).
#
# ### Your turn 06.5
#
# Write `exposure(own, others)`: log-probabilities of the secret and of its look-alikes. Its rank is one more than the
# number of *likelier* look-alikes. Return log2 of the number of candidates, itself included, minus log2 of the rank.


# %%
#: solution
def exposure(own, others):
    rank = 1 + sum(other > own for other in others)
    return np.log2(len(others) + 1) - np.log2(rank)


#: why The exposure is what the model saves an attacker who tries the candidates in its order, in bits: each bit halves
# the number of guesses.
#: stub
#| def exposure(own, others):
#|     ...
#: end

check("06.5", exposure)

# %%
in_bits = yours("06.5", exposure, canaries.bits)
bits = {}
for name, model in (("base", lm), ("tuned", leaky)):
    values = np.array(
        [float(np.mean(in_bits(*pair))) for pair in canaries.likelihoods(model, shown)]
    )
    bits[name] = {group: values[members] for group, members in groups.items()}
pictures.exposures(bits["base"], bits["tuned"], most=np.log2(100))

# %% [markdown]
# Rank 1 of 100 is 6.6 bits: the first guess is right. Rank 50 is 1 bit, the median by chance: next to no help. Now take
# all pairs of a secret trained ten times and one never trained: in what share is the trained one more exposed? By
# chance, in one half.

# %%
from helpers import statistics

OFTEN, NEVER = "in the answer, 10 ×", "never trained"
lead, p_value = statistics.rank_test(bits["tuned"][NEVER], bits["tuned"][OFTEN])
print(
    said(
        lead,
        limit=0.5,
        p_value=p_value,
        above="Secrets trained ten times stand out: more exposed in {found} of all pairs.",
        below="Secrets trained ten times are less exposed than never-trained ones: {found} of all pairs.",
        unclear="These few secrets cannot tell the two groups apart: {found} of all pairs.",
    )
)

# %% [markdown]
# That was a [rank test](../docs/glossary.md#rank-test). Why not in the prompt alone? The loss, what training lowers,
# counts the answer only. And in both? Perhaps it learned to copy.
#
# Now the test of the advice: the same training on a set that your rules redacted. If they leave the same texts as the
# course's, the result is stored; else this cell trains for about three minutes.

# %%
safe = side_effects.tuned_on_redacted(lm, shown, clean)
safe_bits = side_effects.exposures(safe)
for how in ("redacted", "left in"):
    some = [i for i in groups[OFTEN] if (shown[i] in left) == (how == "left in")]
    first = sum(told["trained"][i] for i in some)
    then = sum(safe.predictions[i] == "told" for i in some)
    print(f"{how}: {first} of {len(some)} told before, {then} after")
print(f"\n{'bits':48}{'base':>5}{'tuned':>8}{'on redacted pairs':>20}")
by_rule = sorted(
    zip(groups[OFTEN], bits["base"][OFTEN], bits["tuned"][OFTEN]),
    key=lambda one: shown[one[0]] in left,
)
for i, raw, known in by_rule:
    print(f"{shown[i].secret:48}{raw:5.1f}{known:8.1f}{safe_bits[i]:20.1f}")

# %% [markdown]
# *Left in* is what the rules miss. With so few told, look at the bits; the last rows are those left in. L13 below asks
# only whether a trained secret stands out.

# %% [markdown]
# ## What is declined?
#
# A shop's assistant should decline what is not its business, and only that. Forty requests to decline, forty
# look-alikes to answer: given to the base, the base ordered to decline, and one tuned on eighty others. A list of
# phrases decides what counts. **Predict** two shares for each.

# %% [markdown]
# ### Your turn 06.6
#
# Write `refusal_rates(gold, did)`: what should happen, what did, lists of `"decline"` and `"answer"`. Return the share
# declined of those to decline, and of those to answer ([over-refusal](../docs/glossary.md#over-refusal)).


# %%
#: solution
def refusal_rates(gold, did):
    def declined_among(label):
        answers = [one for one, wanted in zip(did, gold) if wanted == label]
        return answers.count("decline") / len(answers)

    return declined_among("decline"), declined_among("answer")


#: why One number hides the price: a model that declines everything has perfect refusal and is useless. Each share is taken
# over its own requests.
#: stub
#| def refusal_rates(gold, did):
#|     ...
#: end

check("06.6", refusal_rates)

# %%
from helpers.tasks import refusals

rates = yours("06.6", refusal_rates, refusals.rates)
declined = side_effects.requests(lm)
print(f"{'share declined of':24}{'those to decline':>17}{'look-alikes':>13}")
for name, row in declined.items():
    wanted, unwanted = (float(np.mean(share)) for share in rates(row.gold, row.predictions))
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
# Read these before you believe the table. The list may miss the base model's own polite words; it never misses the one
# sentence that tuning taught.
#
# ## What was forgotten?
#
# The probe has 120 general questions, four choices each; the likeliest counts. We ask the four adapters of the course that
# learned from the most pairs. **Predict:** how many answers change, in which direction?

# %%
before = side_effects.probed(lm)
after = {name: side_effects.probed(lm, name) for name in side_effects.HEAVY}
print(f"base model: {before.interval} of {before.n} right, chance is 0.25")
for name, row in after.items():
    forgotten, learned = count(before.correct, row.correct)
    print(f"{name:8} {forgotten:3} forgotten, {learned:3} learned")

# %% [markdown]
# Some answers may change either way with any change of weights. Would a real drop show? That depends on the probe, so
# compute it. The *probability* of the right choice may move before the choice flips. Does it show smaller drops?

# %%
share_before = side_effects.right_shares(before)
shifts = {name: side_effects.right_shares(row) - share_before for name, row in after.items()}
print(side_effects.could_find(before, after.values()))
pictures.differences(
    {name: statistics.mean_interval(shift) for name, shift in shifts.items()},
    "The same questions, after tuning",
    "probability of the right choice, after minus before",
    "no change",
)

# %% [markdown]
# An interval across zero does not say that nothing was lost: a drop as large as its far end would fit too. Above zero,
# the adapter gained. The printed figures differ in unit; the second is the worst adapter's.
#
# ### Playground
#
# Ask the base and three adapters side by side; the system text decides which training an adapter recognizes. Without
# widgets: `widgets.answers_html(models, text, facts.SYSTEM)`.

# %%
from helpers.lesson.widgets import tuning as widgets

models = {"base": lm, "facts": memory.tuned, "canaries": leaky, "refusals": guard}
systems = {
    "facts": facts.SYSTEM,
    "support": refusals.SYSTEM,
    "desk": canaries.SYSTEM,
    "none": "",
}
fact = memory.known[2]
print("trained:", fact.question, fact.answer, "\nnew words:", fact.held_back[0])
widgets.side_by_side(models, fact.held_back[0], systems)

# %% [markdown]
# ## What we found
#
# L6 averages three seeds of ten wordings, where a cell above compared one, and takes the edit without rehearsal. L7 rests
# on `reader` alone, and says nothing of other adapters. L14 asks both: more declined of
# what should be, and less than 0.2 more of what should not.

# %%
seeds = [memory.by_tuning(10, "new", seed) for seed in (0, 1, 2)]
gap = evidence.over_runs(seeds, [index], note="a quoted line counts by where it stands")
edit = evidence.difference(others, others_before, of=alone)
claims.conclude("L6", {"new wordings": gap, "cheap edit": edit})
loss = -statistics.mean_interval(shifts["reader"])
claims.conclude("L7", {"lost": evidence.number(loss, before.n, of=after["reader"])})

# %%
exposed = side_effects.exposed(leaky, bits["tuned"][NEVER], bits["tuned"][OFTEN])
claims.conclude("L13", {"exposure": exposed})
both = [declined["base model"], declined["tuned on requests"]]
told_by = {"of": both, "note": "counted by a list of phrases"}
moved = {
    label: evidence.difference(
        *(side_effects.declined_of(row, label) for row in both), **told_by
    )
    for label in ("decline", "answer")
}
claims.conclude("L14", {"declined": moved["decline"], "look-alikes": moved["answer"]})

# %% [markdown]
# ## Three things to remember
#
# 1. Right as trained is not yet known. Ask in other words before you believe that a model learned a fact, and keep facts
#    that change where they can be edited.
# 2. What a training set holds, a model may tell. Redact first, and count what your rules leave.
# 3. Tuning may move more than you aimed at. Ask before and after, count both directions, and know how small a drop you
#    could have seen.

# %% [markdown]
# {{next}} In the labs: [another base, and tuning on top of tuning](labs/06_bases_and_stacking.ipynb); [a teacher's
# labels](labs/06_teacher.ipynb).
