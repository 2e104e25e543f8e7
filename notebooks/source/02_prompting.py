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
# - keep prompts as data;
# - find out why a change helps;
# - tell what a winner is worth elsewhere;
# - choose between writing and scoring.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** P1, P4, P6, P7, P8; in
# the labs P2, P3, P5.

# %%
#: setup

# %% [markdown]
# ## The idea
#
# A prompt is a text that you change in a minute, and nobody knows which change helps. So write several, measure
# all on *dev*, take one to *test*.

# %%
import itertools

from helpers.lesson import diagrams, plots

steps = ["message", "prompt", "model", "words of\nthe answer", "label"]
looks = ["dev: which\nprompt?", "test: how\ngood is it?"]
diagrams.flow(
    [steps, ["", "", "", *looks]],
    [*itertools.pairwise([*steps, *looks])],
    "A message is put into a prompt; the model weighs words that might answer it; words stand for "
    "a label. Prompts are chosen on dev; the chosen one is measured on test, once.",
)

# %%
from helpers.results import claims

claims.show("02")

# %% [markdown]
# ## A prompt is data
#
# A `Prompt` has a name, a user text with a place for the message, a system text, and a `start`: words with which the answer
# begins. To fill the place, why not `str.format`? Try it on `{text} Answer as {"risk": "low"}.`
#
# ### Your turn 02.1
#
# Write `fill(template, text)`: replace each `{text}` in the template by the message, and leave every other character of both
# as it is.


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


from helpers.lesson.exercises import check, hint, solution, yours

check("02.1", fill)

# %% [markdown]
# Here is `fill` at work: all that reaches the model. The first lines are its default system text.

# %%
from helpers.lesson import own_02
from helpers.model.language_model import LanguageModel
from helpers.model.prompts import Prompt
from helpers.tasks import change_requests, files, intents

lm = LanguageModel.load()
dev = files.for_profile(intents.read("dev"), fast=24)
test = files.for_profile(intents.read("test"), fast=60)
train = intents.read("train")
QUESTION = "{text}\n\nWhat kind of message is this?"
fill = yours("02.1", fill, own_02.fill)
print(lm.render(fill(QUESTION, dev[0].text)))

# %% [markdown]
# ## A ladder of five prompts
#
# Guides recommend a role and a goal, defined labels, constraints and a format, rules for the edges. Each rung adds one of
# these; rung 4 has all that article B names.

# %%
MEANS = {
    "billing": "a charge, an invoice, a payment or the subscription",
    "technical_support": "something they own should work",
    "refund_request": "they want money back",
    "product_inquiry": "they ask before buying",
    "complaint": "they are unhappy, and ask for nothing in particular",
    "other": "anything else",
}
ROLE = (
    "You work in the mail room of Larkfield, "
    "which sells home energy devices and a subscription."
)
GOAL = "You sort customer messages, so that the right team answers."
FORMAT = "Choose exactly one kind, called as in the list, and write nothing else."


# %%
def ladder(words, start=""):
    called = {label: word.strip() for label, word in words.items()}
    listed = "\n".join(f"- {called[label]}: {means}" for label, means in MEANS.items())
    edges = f"""If there are two wishes, take the one they ask you to act on.
An angry question about a bill is {called["billing"]}, since an angry tone does not decide.
Asking about refunds before buying is {called["product_inquiry"]}, since words can mislead."""
    added = {
        "1 bare question": "",
        "2 + role and goal": f"{ROLE} {GOAL}",
        "3 + labels, defined": f"Kinds of messages:\n{listed}",
        "4 + constraints and format": FORMAT,
        "5 + edge rules": edges,
    }
    system = ["\n\n".join([*added.values()][1:n]) for n in range(1, 6)]
    return [Prompt(name, QUESTION, text, start=start) for name, text in zip(added, system)]


# %% [markdown]
# For each message we score six labels as whole answers and take the likeliest. `search` does so for each prompt on
# *dev*. First under the labels' own names. (`NEUTRAL` and `calibrated` serve the next section.) **Predict:** which rung
# gains most?

# %%
from helpers.methods import few_shot, search, wording
from helpers.results import ledger

lab = ledger.Lab("intents", lm, labels=intents.LABELS, noun="messages", show=False)
NEUTRAL = few_shot.random_words([message.text for message in train], 8)
NAMES = intents.NAMES
by_name = wording.tries(lm, ladder(NAMES), NAMES, "names", NEUTRAL)
as_scored, calibrated = by_name[::2], by_name[1::2]  # two ways of each prompt
first = search.search(lab, "best prompt", as_scored, dev, approach="prompt")
five = wording.by_prompt(first)
plots.methods(five, "Five prompts on dev, labels under their own names", as_given=True)

# %% [markdown]
# Chance is one in six. Hollow points: [reference results](../docs/glossary.md#reference-result), measured beforehand by the
# course. Look at what it *answers*: the three commonest labels under each prompt.

# %%
import collections

for row in five:
    print(f"{row.method:28}", dict(collections.Counter(row.predictions).most_common(3)))

# %% [markdown]
# ## A suspect: the labels themselves
#
# Does one label get most of the messages? Perhaps it has a probability of its own, whatever the message says. Give the
# model texts that say nothing (words in random order), and see which label it prefers.

# %%
own_weight = wording.read(lm, ladder(NAMES)[0], NAMES, [dev[0].text], NEUTRAL).own_weight
print("share of each label when the text says nothing:")
for label, share in own_weight.items():
    print(f"  {label:18} {share:.2f}")

# %% [markdown]
# Scores are logarithms, so the label's own can be subtracted from each:
# [calibration](../docs/glossary.md#calibration). **Predict:** will the ladder work then?

# %%
from helpers.lesson import prompting_lines, prompting_parts

fair = search.search(lab, "best prompt", calibrated, dev, approach="prompt")
pairs = {before.method: (before, after) for before, after in zip(five, fair.rows)}
print("accuracy on dev, calibrated minus as scored:")
print(prompting_lines.differences(pairs))

# %% [markdown]
# A leaning can be real and still not be the whole trouble: count the lines that say *better*.
#
# ## Another suspect: what the labels are called
#
# Nobody says "this is technical_support". Let the answer begin with "This is", and go on as a person would: [label
# words](../docs/glossary.md#label-words). Five rungs and two vocabularies, each as scored and calibrated, are twenty tries.
# (The line at 0.8: about what lesson 01's plain baseline reaches.) **Predict:** which matters
# more, instructions or words?

# %%
WORDS = {label: f" {words}" for label, words in intents.WORDS.items()}
print(*WORDS.values(), sep="\n")
by_word = wording.tries(lm, ladder(WORDS, "This is"), WORDS, "everyday words", NEUTRAL)
twenty = [*by_name, *by_word]
tried = search.search(lab, "best prompt", twenty, dev, approach="prompt")
axes = ("rung of the ladder", "accuracy on dev")
levels = {"chance": 1 / 6, "all that is needed": 0.8}
stored = prompting_parts.reference_points(tried)
plots.curves(wording.by_rung(tried), "Instructions and words", axes, levels, stored)

# %% [markdown]
# Each change's effect on dev; then that of calibration, under everyday words:

# %%
from IPython.display import Markdown, display

display(Markdown(prompting_lines.gains(tried)))
print(prompting_lines.calibration(tried, "everyday words"))

# %% [markdown]
# Which change says *better*, and better than what? Over a rung that calibration had sunk (see the picture), a gain is
# easily had.
#
# The best of twenty tries flatters itself, like the best of the dice in lesson 01. By how much?

# %% [markdown]
# ### Your turn 02.2
#
# `hits` has a row for each try and a column for each message; `halves` is a list of masks, `True` for half of the messages.
# Write `search_honestly(hits, halves)`: for each mask, take the try that is best on the masked half (the first among
# equals), and its accuracy on the *other* half; return the mean. Both may come as plain lists, so begin with `np.asarray`
# (a mask needs `dtype=bool`).

# %%
import numpy as np


#: solution
def search_honestly(hits, halves):
    hits, found = np.asarray(hits, dtype=float), []
    for half in np.asarray(halves, dtype=bool):
        best = hits[:, half].mean(axis=1).argmax()
        found.append(hits[best, ~half].mean())
    return float(np.mean(found))


#: why The half that chooses never judges, so luck on it cannot help. Averaging over many halves takes away the luck of one
# split. The figure is a little too low, since each choice saw only half of the messages.
#: stub
#| def search_honestly(hits, halves):
#|     ...
#: end

check("02.2", search_honestly)

# %% [markdown]
# ### Your turn 02.3
#
# Now yours: `my_prompt`, a `Prompt` with a place `{text}` (at most 1,500 letters, no messages quoted), and `my_words`,
# what the answer may say for each label (60 letters at most), at least three of the six your own. After a `start` they
# begin with a space, as in `" a bill"`. `on_dev(my_prompt, my_words)` tells their gain over the bare question under
# names. The check uses 108 messages that this notebook does not hold, and wants the whole interval above zero.


# %%
from helpers import statistics

start_row = first.rows[0]  # the bare question, under names


def on_dev(prompt, words):
    guesses = wording.read(lm, prompt, words, [m.text for m in dev], NEUTRAL).plain.predictions
    return statistics.compare([m.label for m in dev], start_row.predictions, guesses)


# %%
#: solution
my_prompt = Prompt("my prompt", user="{text}\n\nWhat kind of message is this?", start="This is")
my_words = {
    "billing": " a question about a bill",
    "technical_support": " a bug report",
    "refund_request": " a request for a refund",
    "product_inquiry": " a product inquiry",
    "complaint": " a review",
    "other": " another kind of message",
}
#: why "A bug report" or "a review" are phrases that the model has met after "This is"; internal names like technical_support
# are not. A long phrase starts with a handicap, since the log-probabilities of its tokens add up: try shorter words for a
# label that is never chosen. These are the best of 4,096 tables tried on dev, so trust the check's figure, not that on dev.
#: stub
#| my_prompt = ...
#| my_words = ...
#: end

check("02.3", my_prompt, my_words)

# %% [markdown]
# The course adds prompt 6, which begins with *A customer wrote:*, and a table of *other words*: 24 tries. The best one's
# text, and how the answer may go on:

# %%
twenty_four = [
    *twenty,
    *wording.tries(lm, [own_02.PROMPT], WORDS, "everyday words", NEUTRAL),
    *wording.tries(lm, [own_02.PROMPT], own_02.WORDS, "other words", NEUTRAL),
]
found = search.search(lab, "best prompt", twenty_four, dev, approach="prompt")
print(found.best.name, "\n")
print(lm.render(found.best.more["prompts"](["(the message)"])[0]))
print(*found.best.settings["words"], sep="\n")

# %% [markdown]
# Beside it *answer to 02.3*, as scored and calibrated: yours if its check says *correct*; else the course's, which won
# among 4,096 tables of words on dev.

# %%
my_prompt, my_words = yours("02.3", (my_prompt, my_words), (own_02.MINE, own_02.MY_WORDS))
both_ways = wording.ways(lm, my_prompt, my_words, "your words", NEUTRAL)
told = {"split": "dev", "heavy": False}
your_rows = wording.measure_both(lab, "answer to 02.3", both_ways, dev, **told)
best = found.rows[found.winner.place]
others = ledger.renamed({"best of the course's 24": best, "bare question, names": start_row})
plots.methods([*others, *your_rows], "On dev, where prompts are chosen")

# %% [markdown]
# What is the best of 24 worth *elsewhere*, where it was not chosen? `search_honestly` says; so does a bootstrap, choosing on
# about two thirds of the messages. **Predict:** how much of the winner's figure is luck?

# %%
search_honestly = yours("02.2", search_honestly, wording.worth_elsewhere)
hits = [row.correct for row in found.rows]
elsewhere = np.mean(search_honestly(hits, wording.halves(len(dev))))
seen, lead = found.winner.seen, found.winner.seen - start_row.interval.estimate
print(f"{found.best.name}: {seen:.3f} on dev, where it was chosen")
print(f"elsewhere: by halves {elsewhere:.3f}, by bootstrap {found.winner.honest:.3f}")
print(f"of its lead of {lead:.2f} over the bare question, about {seen - elsewhere:.2f} is luck")

# %% [markdown]
# Now *test*, once for each: the winner, the answer to 02.3 as scored and, for claim P1, the bare question and rung 4 under
# everyday words, each calibrated or not, whichever won on dev.

# %%
best_row = found.test(lab, test, labels_used=len(dev), heavy=True)
bare_row, full_row = (
    wording.measure_better(lab, tried, rung, "everyday words", test)
    for rung in (prompting_lines.BARE, prompting_lines.FULL)
)
words_row = wording.measure(lab, "answer to 02.3", both_ways[0], test, heavy=False)
tfidf, tfidf_row = prompting_parts.plain_rival(lab, train, test)

# %%
rungs = ledger.renamed({"rung 1": bare_row, "rung 4": full_row})
plots.methods([best_row, words_row, *rungs, tfidf_row], "On test (rungs: everyday words)")
print("best prompt minus TF-IDF:", ledger.compare(tfidf_row, best_row))
print("answer to 02.3 minus best prompt:", ledger.compare(best_row, words_row))

# %%
plots.best_of_tries(found.rows, elsewhere, best_row, "What the best of 24 is worth")
print(f"the winner: {seen:.3f} on dev, {elsewhere:.3f} expected, on test {best_row.interval}")

# %% [markdown]
# And the answer to 02.3? Compare its figures on test and dev, where the course's was chosen. *Best prompt*
# stays the best of 24; gains [over it](../docs/glossary.md#best-prompt) are later held against the course's answer if dev
# likes that better.
#
# ## Writing or scoring?
#
# So far nobody let the model *write*. Article C says "Return only the category name", with 20 tokens at most (P7). A parser
# must then find the label.

# %% [markdown]
# ### Your turn 02.4
#
# Write `parse_label(text, labels)`: the one label that the text names, or `None` if it names none, or several. Case does not
# matter, a space may stand for an underscore, quotes, stars or periods may stand around. Whole words only: "rebilling" names
# nothing. A label may end in a sign (`C++`), so look at what stands before and after it, not at `\b`.

# %%
import re


#: solution
def parse_label(text, labels):
    plain = text.lower().replace("_", " ")
    named = [
        label
        for label in labels
        if re.search(rf"(?<!\w){re.escape(label.lower().replace('_', ' '))}(?!\w)", plain)
    ]
    return named[0] if len(named) == 1 else None


#: why Looking at what stands before and after keeps "rebilling" out; one plain form serves both spellings; and two labels
# named are no answer, so guessing the first would hide the model's failure from your numbers.
#: stub
#| def parse_label(text, labels):
#|     ...
#: end

check("02.4", parse_label)

# %%
from helpers.methods import structured

parse_label = yours("02.4", parse_label, structured.find_label)
free = Prompt(
    "free",
    "Message: {text}\n\nWhich category is this message: " + ", ".join(intents.LABELS) + "? "
    "Return only the category name.",
)
texts = [message.text for message in test]
written = lm.generate([free.messages(text) for text in texts[:30]], max_new_tokens=20).texts
parsed = [parse_label(text, intents.LABELS) for text in written]
for label in dict.fromkeys(parsed):  # the first answer of each kind
    print(repr(written[parsed.index(label)]), "->", label)
print("readable:", sum(label is not None for label in parsed), "of", len(parsed))

# %% [markdown]
# Now all of test, read by the course's parser. **Predict:** what share of the readable ones is right?

# %%
free_row = wording.written(lab, "free answer", free, test, 20)
readable = prompting_parts.readable(free_row)
of_readable = statistics.wilson_interval(sum(free_row.correct), max(sum(readable), 1))
print("readable:              ", statistics.wilson_interval(sum(readable), len(readable)))
print("right, of the readable:", of_readable)
print("right, of all:         ", free_row.interval)

# %% [markdown]
# Where a service sells no probabilities, parse strictly, and count what you cannot read.

# %% [markdown]
# ## Role and reasoning
#
# Article B likes a role, and step-by-step reasoning before the answer (P8). Each is added to rung 1 under everyday words,
# as scored; the role replaces the default system text. To reason, the model writes up to 120 tokens; then the words after
# "So this is" are scored. **Predict:** what will it reason about?

# %%
question = Prompt("question", QUESTION, start="This is")
in_role = Prompt("role", QUESTION, ROLE, start="This is")
think = Prompt("think", f"{QUESTION} Think step by step: what do they want?")
_, thoughts = wording.after_thinking(lm, think, WORDS, texts[:2], "this is")
for text, thought in zip(texts, thoughts):
    print("message:", text, "\nthought:", thought, "\n")

# %%
direct, _ = wording.ways(lm, question, WORDS, "everyday words", NEUTRAL)
with_role, _ = wording.ways(lm, in_role, WORDS, "everyday words", NEUTRAL)
direct_row = wording.measure(lab, "direct answer", direct, test)
role_row = wording.measure(lab, "with a role", with_role, test)
thinking_row = wording.thinking(lab, "thinking first", think, WORDS, test, "this is")
changed = {
    "with a role": (direct_row, role_row),
    "reasoning": (direct_row, thinking_row),
    "answer to 02.3": (direct_row, words_row),
}
print("accuracy on test, minus that of the direct answer:")
print(prompting_lines.differences(changed))

# %% [markdown]
# (The question names no labels for a thought to weigh.) Which of the three would you keep?
#
# ## When unsure, say medium
#
# Another task: how risky is a [change request](../data/changes/GUIDE.md), `low`, `medium` or `high`? Some requests are
# unclear: they lack the fact that decides, and `medium` is right. Article B puts this rule into the prompt
# (P4). We calibrate, so that no label's own weight decides. **Predict:** for which requests will the model say `medium`?

# %%
both = [*change_requests.load("test"), *change_requests.load("fresh")]
requests = [
    *files.for_profile([request for request in both if request.ambiguous], fast=12),
    *files.for_profile([request for request in both if not request.ambiguous], fast=24),
]
print(f"{sum(r.ambiguous for r in requests)} of {len(requests)} are unclear, such as:")
print(requests[0].text)

# %%
RULE = " If you are uncertain, set risk to medium and explain what is missing."
ask, begun = "Change request:\n{text}\n\nReturn the risk as JSON.", '{"risk": "'
asked = {"without the rule": ask, "with the rule": ask + RULE}
prompts = {name: Prompt(f"risk, {name}", user, start=begun) for name, user in asked.items()}
risk_rows = prompting_parts.risks_under(lab, prompts, requests)
unclear = [r.ambiguous for r in requests]
medium = {name: wording.told_apart(row, "medium", unclear) for name, row in risk_rows.items()}
print(prompting_lines.told_apart(medium))
print(prompting_lines.rule_at_work(*medium["with the rule"]))
right = np.mean([r.label == "medium" for r in requests if not r.ambiguous])
print(f"of the clear requests, medium is right for {right:.2f}")

# %% [markdown]
# A rule for the unclear that says `medium` about as often of the clear has told nothing apart. (Whether it also *explains*
# was not judged.)
#
# ## The world shifts
#
# Are prompts brittle (P6)? 120 messages of *test* were rewritten in four channels: text message, dictation, non-native
# writer, typos.

# %%
originals, rewritten = intents.read_rewritten()
print(f"{'original':10} {originals[0].text[:80]} …")
for message in rewritten[:4]:
    print(f"{message.shift:10} {message.text[:80]} …")

# %% [markdown]
# ### Your turn 02.7
#
# Write `losses(before, after)`. `before` maps an id to 1 or 0, right or wrong; `after` holds pairs of id and 1 or 0,
# several for each id. Return for each message, in the order of `before`, its 1 or 0 minus the mean of those after. Leave
# out messages that have none after.


# %%
#: solution
def losses(before, after):
    return [
        hit - np.mean([later for other, later in after if other == id])
        for id, hit in before.items()
        if any(other == id for other, _ in after)
    ]


#: why Four channels of one message are not four messages: a message that is hard stays hard in all of them. Averaging
# within a message first leaves 120 independent numbers, and the interval is as wide as it should be.
#: stub
#| def losses(before, after):
#|     ...
#: end

check("02.7", losses)

# %% [markdown]
# Your function now pairs three methods: the best prompt, the plain baseline, and a *tuned* model: an
# [adapter](../docs/glossary.md#adapter) that has learned from all of *train* (lesson 05 makes it). **Predict:** which loses
# most?

# %%
losses = yours("02.7", losses, wording.losses)
originals = files.for_profile([m for m in originals if m.id in best_row.ids], 6)
rewritten = intents.rewritten_of(originals, rewritten)
later = {"split": "rewritten"}
best_later = wording.measure(lab, "best prompt", found.best, rewritten, **later)
plain = {"approach": "plain", "labels_used": len(train)}
tfidf_later = lab.measure(tfidf_row.method, rewritten, tfidf.predict, **later, **plain)
tuned_row = wording.by_adapter(lab, intents.for_tuning(), test)
tuned_later = wording.by_adapter(lab, intents.for_tuning(), rewritten, **later)


# %%
pairs = [(best_row, best_later), (tfidf_row, tfidf_later), (tuned_row, tuned_later)]
lost = [wording.mean_loss(before, after, losses) for before, after in pairs]
of_each = {before.method: (before, loss) for (before, _), loss in zip(pairs, lost)}
print(prompting_lines.lost(of_each, [message.id for message in originals]))

# %% [markdown]
# A loss below zero is a gain, for which we know no reason. Where little is right, little can be lost: *not brittle* is no
# praise there. P6 speaks of the prompt alone; does another line lose?
#
# ### Playground
#
# Edit texts and labels; watch what the model receives, its answer, and the labels' shares. Can you get a share close to 1
# beside a written answer that names another label? (Shares are of *these* labels alone.)

# %%
from helpers.lesson import widgets

widgets.prompt_playground(
    lm, fill(QUESTION, dev[1].text), f"{ROLE} {GOAL}", list(intents.LABELS)
)

# %% [markdown]
# ## What we found
#
# Accuracy on test by size: *135M* is our model (million [parameters](../docs/glossary.md#parameter)); *plain*, no language
# model; a dash, not measured. The larger ones are of another family, made for code. Each has its own *best prompt*;
# *direct answer* is rung 1, not calibrated.
#
# *Large* is a hosted model. It wrote a *free answer* to our prompt, and labeled *from the names* and *by the guide*. Such a
# model also wrote our messages, which may flatter it.

# %%
from helpers.lesson import scales

chosen = [tfidf_row, best_row, words_row, bare_row, full_row]
shown = [*chosen, direct_row, role_row, thinking_row, free_row]
methods = [row.method for row in shown] + ["labeled from the names", "labeled by the guide"]
display(Markdown(scales.side_by_side("intents", methods)))

# %% [markdown]
# Verdicts, each with its rule. *Above 0, by at least 0.03* wants the whole interval above 0, *and* such an estimate.

# %%
ruled = medium["with the rule"], risk_rows["with the rule"]
loss = lost[0], best_row, best_later, len(originals)
claims.conclude("P1", prompting_parts.of_ladder(best_row, bare_row, full_row))
claims.conclude("P4", prompting_parts.of_medium(*ruled))
claims.conclude("P6", prompting_parts.of_loss(*loss))
claims.conclude("P7", prompting_parts.of_readable(free_row))
claims.conclude("P8", prompting_parts.of_additions(direct_row, role_row, thinking_row))

# %% [markdown]
# Which verdicts change with size? Compare *rung 4* with *best prompt* at each: dev's choice need not win on test. P7 asks
# only for *readable* answers; *right* stands above.

# %%
from helpers.results import verdicts

display(Markdown(verdicts.elsewhere("P1", "P4", "P6", "P7", "P8")))

# %% [markdown]
# ## Three things to remember
#
# 1. Before you write more instructions, look at what the model answers, and measure why.
# 2. Cross your changes: each instruction with each set of words.
# 3. The winner of a search flatters itself. Choose on dev, look at test once.
#
# The labs, with 02.5, 02.6 and 02.8: [a format that holds](labs/02_json.ipynb), and
# [small changes](labs/02_changes.ipynb). {{next}}
