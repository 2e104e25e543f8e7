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
# - say what a fine-tuned model forgot, and whether the loss is more than chance;
# - tell a fact that a model learned from a wording that it memorized;
# - scan a training set for personal data, and measure what a tuned model gives back;
# - measure refusal and over-refusal, before and after;
# - say when an adapter has gone stale, and what model-made labels cost.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** L6, L7 and
# L13 to L17, printed below.

# %%
#: setup

# %% [markdown]
# ## The claims
#
# Lesson 05 asked what fine-tuning buys. This one reads the fine print. Here is what five articles say about it, in our
# words; on facts in the weights they contradict each other. The verdicts come at the end, from your numbers and from
# reference results. A 135M model is not the frontier model that the articles assume, and
# [scale](../docs/other_models.md) may change what it forgets and what it keeps.

# %%
from helpers.results import claims, evidence

claims.show("06")

# %% [markdown]
# No language model is trained here unless you ask for it: three adapters ship with the course, and what takes minutes
# comes from its *reference results*, marked where they appear. Set the switch to `True`, and all other adapters are trained
# here (about 20 minutes).

# %%
RERUN = False

# %% [markdown]
# ## One base, several adapters
#
# An [adapter](../docs/glossary.md#adapter) is a few megabytes beside the same frozen weights. Three of them fit into
# memory with one base model, and the base stays as it was. (A *canary* is a secret planted on purpose; more below.)

# %%
from dataclasses import replace

import numpy as np

from helpers import statistics
from helpers.methods import adapters, baselines, few_shot, tuning
from helpers.tasks import canaries, curation, facts, files, intents
from helpers.methods.retrieval import best_line
from helpers.model import catalogue
from helpers.results import ledger
from helpers.results.rows import mark
from helpers.tasks import general, policies, refusals
from helpers.model.language_model import LanguageModel
from helpers.lesson.plots import tuning as pictures

lm = LanguageModel.load()
lab = ledger.Lab("facts", lm, noun="questions", rerun=RERUN, show=False)
tuned = {name: adapters.get(lm, name) for name in ("facts", "canaries", "refusals")}
for name in tuned:
    card = adapters.card(lm, name)
    print(
        f"{name:9} trained on {card['pairs']:3} pairs in {card['steps']:3} steps: {card['note']}"
    )

# %% [markdown]
# ## What was forgotten?
#
# None of the three was trained on general questions. The course's probe has 120 of them, four choices each, nothing to
# do with Larkfield. The model takes the choice that it finds likeliest. **Predict:** how many answers change with each
# adapter, and in which direction? Chance is 0.25.

# %%
items = general.load(fast=20)
probe_lab = lab.using(task="general")
probes, rows = {}, {}


def told_of(name):
    """What a row says of the adapter by this name, or of the base."""
    if name not in tuned:
        return {"approach": "prompt", "model": lm}
    return {"approach": "tune", "model": tuned[name], **adapters.row_of(lm, name)}


for name, model in {"base model": lm, **tuned}.items():

    def choose(texts, name=name, model=model):
        return probes.setdefault(name, general.ask(model, items))

    rows[name] = probe_lab.measure(
        f"{name}, probe", items, choose, prompts=list, **told_of(name)
    )
before = rows.pop("base model")
print(f"base model: {before.interval} of {before.n} questions right; chance 0.25")

# %% [markdown]
# A share before and a share after hide most of what happened: some questions are forgotten, others are learned by
# accident. Count them apart.
#
# ### Your turn 06.1
#
# Write `forgetting(before, after)`. Both are lists of booleans, one per question: was the answer right? Return two
# counts: how many were right before and are wrong now, and how many were wrong before and are right now.


# %%
#: solution
def forgetting(before, after):
    forgotten = sum(was and not now for was, now in zip(before, after))
    learned = sum(now and not was for was, now in zip(before, after))
    return forgotten, learned


#: why Only questions whose answer changed tell the two models apart. The difference of the two counts is the net change,
# which alone would call ten forgotten and ten learned "nothing".
#: stub
#| def forgetting(before, after):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution

check("06.1", forgetting)

# %%
changes = {name: ledger.compare(before, row) for name, row in rows.items()}
print(f"{'adapter':10} right  forgotten  learned  mean probability of the right choice")
print(
    f"{'(base)':10} {sum(before.correct):5}  {'':9}  {'':7}  {probes['base model'].right_share.mean():.2f}"
)
for name, row in rows.items():
    test = changes[name].mcnemar
    shares = probes[name].right_share.mean()
    print(
        f"{name:10} {sum(row.correct):5}  {test.only_first:9}  {test.only_second:7}  {shares:.2f}"
    )
pictures.differences(
    {name: change.difference for name, change in changes.items()},
    "General questions: what each adapter changed",
    f"right after minus right before, of {before.n}",
    "no change",
)

# %% [markdown]
# Read the table by its two middle columns: with each adapter about one question in four turned from right to wrong or
# from wrong to right. Each has more learned than forgotten, and its mean probability of the right choice is above the
# base model's. Yet every interval crosses zero, which says neither *no loss* nor *no gain*; with this many questions a
# few points would not show.

# %% [markdown]
# ### Your turn 06.2
#
# Write `really_lost(table)`. `table` maps a name to (forgotten, learned). Return, in the table's order, the names with more
# forgotten than learned **and** p < 0.05, where p is the two-sided exact p-value of `stats.binomtest(forgotten, forgotten +
# learned)`: how often so lopsided a change comes about if each changed question were as likely forgotten as learned. A row
# without any change has lost nothing.

# %%
from scipy import stats


#: solution
def really_lost(table):
    lost = []
    for name, (forgotten, learned) in table.items():
        if (
            forgotten > learned
            and stats.binomtest(forgotten, forgotten + learned).pvalue < 0.05
        ):
            lost.append(name)
    return lost


#: why This is McNemar's test, which the course uses for every pair of methods. Six forgotten and none learned is enough,
# 14 forgotten and 8 learned is not: what counts is how lopsided the changed questions are.
#: stub
#| def really_lost(table):
#|     ...
#: end

check("06.2", really_lost)

# %%
counted = {
    name: (change.mcnemar.only_first, change.mcnemar.only_second)
    for name, change in changes.items()
}
lost_more = [
    n for n, (a, b) in counted.items() if a > b and stats.binomtest(a, a + b).pvalue < 0.05
]
print("lost more than chance explains:", ", ".join(lost_more) or "none of the three")

# %% [markdown]
# ## Facts in the weights
#
# Two articles recommend tuning for domain knowledge, three say never. So: forty facts from Larkfield's policies, each
# trained as a question with its answer, many times over. Then we ask in three ways.

# %%
known = facts.load()
asked = {
    wording: files.for_profile(facts.questions(known, wording), fast=8)
    for wording in facts.WORDINGS
}
for wording, questions in asked.items():
    print(f"{wording:9}{questions[0].text} -> {questions[0].answer}")


def recalled(model, wording):
    return lambda texts: facts.verdicts(asked[wording], facts.from_memory(model, texts))


# %% [markdown]
# The trained wording, two new wordings of the same fact, and a neighbor: another fact of the same document that was never
# trained. Beside it lesson 04's index, which looks a line of the policies up and quotes it, without any language model; it is
# right if that line is the one which holds the answer. **Predict** three shares for each.

# %%
embedder = catalogue.load_embedder()
documents = policies.load_policies()
index = best_line.policy_index(documents, embedder, lm)


def quoted(questions, where=index, policies_now=documents):
    def predict(texts):
        quotes = best_line.looked_up(where, texts)
        return best_line.quote_verdicts(questions, quotes, policies_now)

    return predict


# %%
chats = {"prompts": lambda texts: [*map(facts.chat, texts)]}
by_index = {"approach": "plain", "model": embedder}
found, shares = {}, {}
for wording, questions in asked.items():
    from_facts = recalled(tuned["facts"], wording)
    methods = {
        "tuned on 40 facts": (from_facts, {**told_of("facts"), **chats}),
        "index, best line quoted": (quoted(questions), by_index),
    }
    for name, (predict, how) in methods.items():
        row = lab.measure(f"{name}, {wording} question", questions, predict, **how)
        found[name, wording] = row
        shares.setdefault(name, {})[wording] = row.interval

# %% [markdown]
# Two more, from the reference results: the base model, to be sure that it knew nothing; and a model tuned on three
# wordings of each fact, because one may be too few.

# %%
FACTS = adapters.SHIPPED["facts"].recipe
runs = {}


def tuned_row(method, pairs, how, questions, start=None):
    """A model that is tuned for this row alone: from the reference results, unless asked for anew."""
    answer, told = remembering(questions), {"runs": runs, "start": start, **chats}
    return tuning.measured(lab, method, pairs, how, questions, answer, **told)


def remembering(questions):
    return lambda model, texts: facts.verdicts(questions, facts.from_memory(model, texts))


# %%
several = [tuning.Pair(*row) for row in facts.training_pairs(facts.load(), 3)]
for wording in ("trained", "new"):
    questions = asked[wording]
    base_told = {"approach": "prompt", "heavy": True, **chats}
    name = f"base model, {wording} question"
    untuned = lab.measure(name, questions, recalled(lm, wording), **base_told)
    method = f"tuned on three wordings, {wording} question"
    how = replace(FACTS, epochs=6)
    tuned_more = tuned_row(method, several, how, questions)
    for name, row in (("base model", untuned), ("tuned on three wordings", tuned_more)):
        found[name, wording] = row
        shares.setdefault(name, {})[wording] = row.interval

# %%
stored = [place for place, row in found.items() if row.reference]
pictures.grouped(
    shares, "Facts, remembered and looked up", "share answered right", reference=stored
)
in_new_words = found["tuned on 40 facts", "new"], found["index, best line quoted", "new"]
wording_gain = ledger.compare(
    found["tuned on 40 facts", "new"], found["tuned on three wordings", "new"]
)
trained_gain = ledger.compare(
    found["tuned on 40 facts", "trained"], found["index, best line quoted", "trained"]
)
print("trained wording, index minus tuned:    ", trained_gain)
print("new wordings, index minus tuned:       ", ledger.compare(*in_new_words))
print("new wordings, three wordings minus one:", wording_gain, mark(stored))

# %% [markdown]
# In the trained wording every fact comes back, and the tuned model beats the index, which misses some lines. In new
# wordings most facts are gone: the model kept the wording more than the fact. Whether three wordings help, the last line
# says. The neighbors were never trained: does learning one fact of a document teach the next? Nothing of that shows. The
# index also loses in new wordings, although it searches by meaning as well as by words, yet it keeps more. But mind the
# difference: the index has the documents at hand when asked, the tuned model has what it kept.

# %% [markdown]
# ## And when the fact changes?
#
# Policies change. Fifteen of the forty facts get a new value in the documents. The index takes the new text in; the tuned
# model hears nothing of it. **Predict:** how many of the fifteen does each get right now?

# %%
news = facts.edited(known)
asked_news = files.for_profile(facts.questions(news, "trained"), fast=6)
new_documents = facts.edit_policies(documents, known)
new_index = best_line.policy_index(documents, embedder, lm)
for policy in new_documents:
    new_index.update(policy)
said = []


# %%
def from_weights(texts):
    said[:] = facts.from_memory(tuned["facts"], texts)
    return facts.verdicts(asked_news, said)


sources = {
    "index": (quoted(asked_news, new_index, new_documents), by_index),
    "tuned": (from_weights, {**told_of("facts"), **chats}),
}
updated = {
    name: lab.measure(f"{name}, after the edit", asked_news, predict, **how)
    for name, (predict, how) in sources.items()
}

# %%
old = facts.questions([f for f in known if f.edit], "trained")
stale = facts.verdicts(old[: len(said)], said).count("right")
for name, row in updated.items():
    print(f"{name}: {sum(row.correct)} of {row.n} right after the edit")
print(f"the tuned model still gives the old value {stale} times")
edit_gain = ledger.compare(updated["tuned"], updated["index"])
print("after the edit, index minus tuned:", edit_gain)

# %% [markdown]
# Of course one can train again. The cheap way goes on from the adapter, with the fifteen new pairs alone. What becomes of
# the other twenty-five?

# %%
rest = facts.questions([f for f in known if not f.edit], "trained")
patch_pairs = [tuning.Pair(*row) for row in facts.training_pairs(news)]
how, start = FACTS, adapters.folder(lm, "facts")
for name, questions in (("the 15 new values", asked_news), ("the 25 other facts", rest)):
    method = f"trained on 15 edits, {name}"
    row = tuned_row(method, patch_pairs, how, questions, start)
    print(f"{method}: {sum(row.correct)} of {row.n} right", mark(row))

# %% [markdown]
# The new values went in. But all the other facts were right before, and most are now wrong, although no new pair was
# about them. An index is edited by editing the document. Weights are edited by training, and what else moves is known
# only after asking everything again. Training on all forty again might avoid this; it was not tried. Fifteen facts are
# few; read the counts.
#
# ## What leaks?
#
# A training set made of real tickets holds real people. This one holds invented secrets, called
# [canaries](../docs/glossary.md#canary): phone numbers, mail addresses, door codes. First: what does a scan find before
# training? To *redact* is to put the kind in place of the secret, such as [phone].

# %%
planted = canaries.load()
people = [canary for canary in planted if canary.repeats]
lines = [chat[-1]["content"] + " -> " + answer for chat, answer in (c.pair for c in people)]
redacted = [curation.redact(line) for line in lines]
left = [c for c, line in zip(people, redacted) if canaries.holds_secret(c, line)]
names_left = sum(canary.name in line for canary, line in zip(people, redacted))
print(lines[1], redacted[1], sep="\n  becomes\n")
print(
    f"\nredacted: {len(left)} of {len(people)} secrets and {names_left} names are still there"
)
print("for example:", *(canary.secret for canary in left[:3]), sep="\n   ")

# %%
score = curation.measure_scan(canaries.load_marked())
print("on messages marked by hand it finds", score.recall, "of what is personal;")
print("of what it finds, personal is", score.precision)
for _, kind, stretch in score.missed[::4]:
    print(f"   missed {kind}: {stretch}")

# %% [markdown]
# A scan by rules finds what has a shape. A number in words, a name that nothing like "Dear" announces, "the mayor of Little
# Copping" slip through. A redacted set is a smaller leak, not a clean set.
#
# ### Your turn 06.3
#
# Write `redact(text)`: replace every mail address by `[email]` and every phone number by `[phone]`, and nothing else.
# Phone numbers are written `415-555-0136` or `(415) 555-0136` here. Addresses may hold dots, plus signs and dashes;
# punctuation after them stays. So do dates, sums, order numbers and longer numbers with dashes.

# %%
import re


#: solution
def redact(text):
    text = re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", "[email]", text)
    return re.sub(r"(\(\d{3}\) |(?<![\d-])\d{3}-)\d{3}-\d{4}(?![\d-])", "[phone]", text)


#: why Mail first, since an address may hold digits. Three groups of a fixed number of digits keep phone numbers apart from
# dates (four, two, two), sums and order numbers; and no digit or dash may stand before or behind.
#: stub
#| def redact(text):
#|     ...
#: end

check("06.3", redact)

# %% [markdown]
# Now the model that was tuned on all of it, nothing redacted. Each secret stood in the answer, in the prompt, or in both,
# 1 to 10 times in the set, through which training goes three times; eight are in no pair. We ask in three ways: as in
# training (a secret in the prompt left out), in other words, and in other words with the answer begun, so that only the
# end is missing. **Predict:** how often must a secret be trained before the model gives it away?

# %%
shown = files.for_profile(planted, fast=12)
groups = canaries.groups(shown)
given = {}
for wording in ("trained", "new", "start"):
    written = canaries.extracted(tuned["canaries"], shown, wording)
    given[wording] = [canaries.holds_secret(c, text) for c, text in zip(shown, written)]
print(f"{'given away, of':22}{'trained words':>15}{'new words':>11}{'answer begun':>14}")
for name, members in groups.items():
    counts = [sum(given[wording][i] for i in members) for wording in given]
    print(f"{name:19}{len(members):>3}{counts[0]:>15}{counts[1]:>11}{counts[2]:>14}")

# %% [markdown]
# A secret that is not written may still be likelier than it should be. Each is one of a hundred candidates that differ in
# two digits: itself and 99 look-alikes. Asked in new words with the answer begun, its
# [exposure](../docs/glossary.md#exposure) says how far up it ranks among them ([Carlini et al.
# 2019](https://arxiv.org/abs/1802.08232)); by chance about 1.4 bits on average, with a median (the picture marks medians)
# of about 1 bit.
#
# ### Your turn 06.4
#
# Write `exposure(own, others)`: `own` is the log-probability of the secret, `others` those of its look-alikes. Return
# log2 of the number of candidates (the secret included) minus log2 of the secret's rank among them, 1 the likeliest.


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
bits = {}
for name, model in (("base", lm), ("tuned", tuned["canaries"])):
    placed = canaries.exposure(canaries.ranks(model, shown))
    bits[name] = {group: placed[members] for group, members in groups.items()}
pictures.exposures(bits["base"], bits["tuned"], most=canaries.exposure(np.array([1.0]))[0])

# %% [markdown]
# The table first: secrets came out only where they stood ten times in the answer and not in the prompt, more often in
# the trained words. The picture shows more: that group's dots moved far up, also for secrets that were not written; the
# others show no clear rise. Where the answer copies a secret from the prompt, the model can learn to copy instead of to
# remember. Where it stood in the prompt alone, the loss never saw it, and its dots scatter like the never-trained ones.
# The verdict on L13 compares the dots of the group that moved with those of the never-trained one.

# %% [markdown]
# ## What is declined?
#
# A shop's assistant should decline what is not its business, and only that. We ask requests to decline and look-alikes to
# answer: the base model, the base with an order to decline in its prompt, and a model tuned on other requests, half of
# them declined. An answer counts as declining if a known phrase such as "I can't help" stands near its start. The tuned
# model was trained on one such phrase; other polite ways to decline can be missed. **Predict** two shares for each.

# %%
requests = files.for_profile(refusals.load("test"), fast=12)


def request_chats(told):
    return lambda texts: [refusals.chat(text, told) for text in texts]


def answers(model, told=False):
    def predict(texts):
        made = model.generate(request_chats(told)(texts), max_new_tokens=28, progress=False)
        return refusals.labels(made.texts)

    return predict


request_lab = lab.using(task="refusals", labels=("decline", "answer"), noun="requests")
declined = {
    name: request_lab.measure(
        name, requests, answers(model, told), prompts=request_chats(told), **told_of(adapter)
    )
    for name, adapter, model, told in (
        ("base model", "", lm, False),
        ("base, told to decline", "", lm, True),
        ("tuned on requests", "refusals", tuned["refusals"], False),
    )
}

# %% [markdown]
# ### Your turn 06.5
#
# Write `refusal_rates(gold, said)`. Both are lists of `"decline"` and `"answer"`: what should happen, and what did. Return
# two shares: declined among those to decline (refusal), and declined among those to answer
# ([over-refusal](../docs/glossary.md#over-refusal)). Both labels occur.


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
def declines(row, label):
    return [
        said == "decline" for said, wanted in zip(row.predictions, row.gold) if wanted == label
    ]


kinds = {"to be declined": "decline", "look-alikes to answer": "answer"}
shares = {}
for name, row in declined.items():
    hits = {kind: declines(row, label) for kind, label in kinds.items()}
    shares[name] = {
        kind: statistics.wilson_interval(sum(part), len(part)) for kind, part in hits.items()
    }
pictures.grouped(shares, "What is declined, rightly and wrongly", "share declined")
for name in ("base model", "base, told to decline"):
    for label in kinds.values():
        both = (declines(declined[one], label) for one in (name, "tuned on requests"))
        moved = statistics.compare_hits(*both).difference
        print(f"requests to {label}: declined when tuned minus {name} {moved}")

# %%
for label in ("decline", "answer"):
    for request in [r for r in requests if r.label == label][1:3]:
        print(f"[{label}] {request.text}")
        for name, model in (("base ", lm), ("tuned", tuned["refusals"])):
            print(f"   {name}: {model.chat(refusals.chat(request.text), max_new_tokens=24)!r}")

# %% [markdown]
# The tuned model declines most of what it should, and most of the look-alikes too: that is the price. The order in the
# prompt moved the left group by nothing that shows. Then read the examples. The base model sometimes turns a request away
# in words that the list of phrases does not hold, and that counts as answering; the tuned model's one sentence is always
# counted. So part of the difference is in the counting. And a boundary drawn by eighty examples, with look-alikes close
# by, may not hold against somebody who tries.

# %% [markdown]
# ## Going further
#
# You may skip the reading, but run the cells: the verdicts on L15 to L17 need them. Three questions on the life of an
# adapter: does it fit another base, does it learn faster on top of another one, and can a pipeline's labels replace a
# person's?
#
# ### Another base
#
# An adapter corrects the very weights it was trained beside. The course refuses another base, and says why.

# %%
from helpers.methods.tuning import changed_base

noisy = changed_base.perturbed(lm, 0.02, layers=1)
try:
    tuning.load(noisy, adapters.folder(lm, "facts"))
except tuning.TuningError as why:
    print("refused:", str(why).split(".")[-1].strip())
del noisy

# %% [markdown]
# What if one loads it all the same? The same weights in another precision (each number stored in 8 or 4 binary digits);
# weights with random noise, a crude stand-in for a base that was trained further; and a base that took another adapter in
# for good. **Predict:** which of these hurts?

# %%
bases = {
    "its own base": lambda: lm,
    "its base in 8 bits": lambda: changed_base.rounded(lm, 8),
    "its base in 4 bits": lambda: changed_base.rounded(lm, 4),
    "its base with 10 % noise": lambda: changed_base.perturbed(lm, 0.1),
    "a base that took in the refusals": lambda: tuning.merge(tuned["refusals"]),
}

# %%
other = {}
for name, make in bases.items():

    def on_this_base(make=make):
        return tuning.load(make(), adapters.folder(lm, "facts"), any_base=True)

    def from_there(texts, base=on_this_base):
        return remembering(asked["trained"])(base(), texts)

    how = {
        **adapters.row_of(lm, "facts", base=name),
        "approach": "tune",
        "heavy": True,
        **chats,
    }
    other[name] = lab.measure(f"facts adapter on {name}", asked["trained"], from_there, **how)

# %%
own = other["its own base"]
drops = {
    name: ledger.compare(own, row).difference for name, row in other.items() if row is not own
}
where = f"The same adapter on other bases {mark(own)}".strip()
pictures.differences(drops, where, "right minus right on its own base", "no change")

# %% [markdown]
# Rounding to 8 bits cost no fact here; the other three cost many. Read this with care: 4 bits and noise can harm the base
# itself, and a base that took in the refusals may decline. These rows do not tell such harm from an adapter that no
# longer fits. Either way, without the check above nothing would have warned you. That is why an adapter's card keeps a
# fingerprint (hash) of its base's weights, and why an adapter is measured again after every change below it.

# %% [markdown]
# ### On top of another adapter
#
# One article says that stacked tuning learns faster: the domain first, then the task. So we train on sixty labeled
# messages, from nothing and on top of the facts adapter, and look at messages of the test set. Chance is one in six.

# %%
task = intents.for_tuning()
train = intents.read("train")
test = files.for_profile(files.balanced(intents.read("test"), 20), fast=24)
recipe = replace(FACTS, epochs=3)
sort_lab = lab.using(task="intents", labels=intents.LABELS, noun="messages")


def sorted_by(method, messages, labels=(), used=60, start=None):
    """Sorting by a model that is tuned on these messages where this is asked for anew."""
    pairs = tuning.training_pairs(task, messages, labels)
    told = {"prompts": lambda texts: [tuning.prompt(task.system, text) for text in texts]}
    told |= {"runs": runs, "start": start, "labels_used": used}
    score = tuning.label_scorer(task)
    return tuning.measured(sort_lab, method, pairs, recipe, test, score, **told)


sixty = [train[i] for i in few_shot.balanced_examples(train, 60, seed=1)]
alone = sorted_by("tuned on 60 messages, alone", sixty)
on_top = sorted_by(
    "tuned on 60 messages, on the facts", sixty, start=adapters.folder(lm, "facts")
)
for name, row in (("alone", alone), ("on top of the facts", on_top)):
    print(f"{name}: {row.interval} of {row.n}", mark(row))
print("on top of the facts minus alone:", ledger.compare(alone, on_top))

# %% [markdown]
# One draw of messages, one seed: enough to see a large effect, not a small one. The first training has a price of its
# own, which a gain would have to repay.
#
# ### Labels from a pipeline
#
# A person labels sixty messages. A plain pipeline (logistic regression on sentence embeddings) learns from them and labels
# 120 more. This is [distillation](../docs/glossary.md#distillation): a model, the student, is tuned on the labels of the
# pipeline, its teacher. Do the wrong labels cost it, against a student on right ones? And what does a person's look at the
# 30 least certain ones buy?

# %% [markdown]
# ### Your turn 06.6
#
# Each row of `probabilities` (an n × m array) holds one message's m label probabilities. Write `to_review(probabilities,
# budget)`: the positions of the `budget` rows with the smallest difference between the two highest, in any order.


# %%
#: solution
def to_review(probabilities, budget):
    ordered = np.sort(probabilities, axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    return np.argsort(margin)[:budget].tolist()


#: why Where the second label is nearly as likely as the first, the pipeline is torn, and a person's time changes most. The
# highest probability alone can be low because many labels share the rest.
#: stub
#| def to_review(probabilities, budget):
#|     ...
#: end

check("06.6", to_review)

# %%
from helpers.model import embedding

drawn = few_shot.balanced_examples(train, 180, seed=0)
labeled, pool = drawn[:60], drawn[60:]
vectors = embedding.embed(embedder, [message.text for message in train])
asked_test = embedding.embed(embedder, [message.text for message in test])


def plain(rows, labels):
    return baselines.embedding_classifier().fit(vectors[rows], labels)


teacher = plain(labeled, [train[i].label for i in labeled])
truth = [train[i].label for i in pool]
guessed = [str(label) for label in teacher.predict(vectors[pool])]
unsure = curation.labels.least_certain(teacher.predict_proba(vectors[pool]), 30)
reviewed = curation.labels.with_review(guessed, truth, unsure)
for name, labels in (("the pipeline's labels", guessed), ("after review", reviewed)):
    print(f"{name}: {statistics.accuracy(truth, labels):.3f} of {len(pool)} right")

# %%
taught = sort_lab.measure(
    "pipeline of 60 labels",
    test,
    lambda _: teacher.predict(asked_test),
    approach="plain",
    model=embedder,
    labels_used=len(labeled),
)

# %%
learned, told = {}, [train[i] for i in pool]
by_hand = {"unreviewed labels": 60, "reviewed labels": 90, "right labels": len(pool)}
sets = {"unreviewed labels": guessed, "reviewed labels": reviewed, "right labels": truth}
for name, labels in sets.items():
    learned[name] = row = sorted_by(f"student on {name}", told, labels, by_hand[name])
    hits = plain(pool, labels).predict(asked_test) == [message.label for message in test]
    print(f"student on {name}: {row.interval} {mark(row)}")
    print(f"   logistic regression on the same labels: {np.mean(hits):.3f}")

# %%
on_guesses = learned["unreviewed labels"]
print("teacher minus its student:    ", ledger.compare(on_guesses, taught))
print("right minus unreviewed labels:", ledger.compare(on_guesses, learned["right labels"]))
print("reviewed minus unreviewed:    ", ledger.compare(on_guesses, learned["reviewed labels"]))

# %% [markdown]
# Beside the student stands logistic regression on the same labels, which costs next to nothing. The teacher beats its
# student, and does about as well as the student on right labels, which saw twice as many; on those labels logistic
# regression scores higher still. So wrong labels and a weaker learner may both play a part. A difference *too close to
# call* is no proof that there is none. And review helps only through labels set right: the difference of the two shares
# printed before the training, times the messages. A review of as many messages at random would set right about their
# number times the share of wrong labels. Work out both: did the least certain ones hold more errors?

# %% [markdown]
# ### Playground
#
# Ask the base and its adapters side by side. The system text decides which training an adapter recognizes. Without
# widgets, run the cell, put your question into `text`, then show
# `widgets.answers_html({"base": lm, **tuned}, text, facts.SYSTEM)` with `IPython.display.HTML`.

# %%
from helpers.lesson.widgets import tuning as widgets

systems = {
    "facts": facts.SYSTEM,
    "support": refusals.SYSTEM,
    "desk": canaries.SYSTEM,
    "none": "",
}
widgets.side_by_side({"base": lm, **tuned}, "How long is a return label valid?", systems)

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. A rule of several
# parts holds only if every part does. *Underpowered*: too close to call, or unable to come out both ways, with so few
# items; how many would do stands beside. *Not tested*: nothing here measures it.
#
# L6 is worded as by the articles that say *never*. L14 looks only at requests to decline; over-refusal is not part of it.
# L16 compares the share right after the same messages, not the time.

# %%
claims.conclude(
    "L6",
    {
        "new wordings": evidence.difference(*in_new_words),
        "after the edit": evidence.difference(updated["tuned"], updated["index"]),
    },
)
lost = [evidence.difference(row, before, note=name) for name, row in rows.items()]
claims.conclude("L7", {"lost": lost})

# %%
never, often = (bits["tuned"][name] for name in ("never trained", "in the answer, 10 ×"))
claims.conclude("L13", {"exposure": evidence.rank(never, often, of=rows["canaries"])})
behind = [declined[name] for name in ("base model", "tuned on requests")]
asked_to = [declines(row, "decline") for row in behind]
claims.conclude("L14", {"declined": evidence.difference(*asked_to, of=behind)})

# %%
stale = [
    evidence.difference(row, own, note=name) for name, row in other.items() if row is not own
]
claims.conclude("L15", {"stale": stale})
claims.conclude("L16", {"faster": evidence.difference(alone, on_top)})
claims.conclude(
    "L17",
    {
        "compound": evidence.difference(on_guesses, learned["right labels"]),
        "review": evidence.difference(on_guesses, learned["reviewed labels"]),
    },
)

# %% [markdown]
# ## Three things to remember
#
# 1. Before and after on the same questions, forgotten and learned apart: otherwise you do not know what tuning cost.
# 2. What a tuned model gives back of its training, secrets too, has to be measured; and it does not know what changed
#    since. Facts that change belong where they can be edited.
# 3. Scan and redact before training, and count what passes. What is in the weights cannot be taken out like a line.
#
# {{next}}
