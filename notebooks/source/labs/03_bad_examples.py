# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What do bad examples do to a prompt?
#
# **After this lesson you can**
#
# - show a bad answer beside a good one, and measure what that brings;
# - say what wrong labels among the examples do;
# - see what a label without an example costs, and what its example costs the others.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** F3, F8.

# %%
#: setup

# %% [markdown]
# The task is lesson 01's: sort messages to [Larkfield](../../docs/glossary.md#larkfield) under six labels. The prompt is lesson
# 03's: a few solved messages, then the new one, each followed by "What kind of message is this?" The answer begins with "This
# is", and [everyday words](../../docs/glossary.md#label-words) follow, such as "a refund request": the likeliest win.

# %%
import numpy as np

from helpers import statistics
from helpers.lesson import plots
from helpers.lesson.said import said
from helpers.methods import baselines, few_labels, few_shot, prompt_cost, wording
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger
from helpers.tasks import curation, files, intents

RERUN = False
LABELS = intents.LABELS
lm = LanguageModel.load()
lab = ledger.Lab("intents", lm, labels=LABELS, noun="messages", rerun=RERUN)

# %%
train, dev, test = (intents.read(split) for split in ("train", "dev", "test"))
dev, test = files.for_profile(dev, fast=12), files.for_profile(test, fast=24)
pool = prompt_cost.short(train, lm.count_tokens)
neutral = few_shot.random_words([m.text for m in train], 8)
words = {label: f" {spoken}" for label, spoken in intents.WORDS.items()}
prompt = few_shot.FewShotPrompt(
    words, template="{text}\n\nWhat kind of message is this?", start="This is"
)
quiet = {"heavy": True, "show": False}

# %% [markdown]
# ## Good and bad, side by side
#
# "Show good and bad examples" (F3). A bad example is an answer that was wrong, and was corrected: the message, a wrong
# answer, "Wrong.", the right one (the template repeats its question). The form of an answer stays the same, so that
# both prompts are scored alike. The same eight messages, with four corrected answers among them, and without. Here is
# one of the four, before a message of test:


# %%
def with_corrections(eight, seed):
    rng = np.random.default_rng(seed)
    others = [rng.choice([label for label in LABELS if label != e.label]) for e in eight[:4]]
    bad = [turn for e, wrong in zip(eight, others) for turn in few_labels.corrected(e, wrong)]
    return [*bad, *eight[4:]]


eights = [few_labels.draw(pool, 8, seed) for seed in range(5)]
print(lm.render(prompt.messages(with_corrections(eights[0], 0)[:2], test[0].text)))

# %% [markdown]
# **Predict:** does it help to see what is wrong? Five draws (other eight messages each time) on test. Both times the
# prompt's own leaning towards some labels is taken away ([calibration](../../docs/glossary.md#calibration)).

# %%
good = few_labels.draws(lab, prompt, "few-shot, 8 calibrated", pool, 8, 5, test, neutral)
bad = [
    few_labels.shown(
        lab,
        prompt,
        f"few-shot, 8 with corrections, draw {seed + 1}",
        with_corrections(eight, seed),
        test,
        neutral,
        seed=seed,
        labels_used=8,
        **quiet,
    )
    for seed, eight in enumerate(eights)
]

# %%
change = few_labels.gain(good, bad)
for name, rows in {"eight examples": good, "four of them corrected": bad}.items():
    print(f"{name}, five draws: accuracy {few_labels.accuracy(rows)}{rows[0].mark}")
print(
    said(
        change,
        above="Corrected bad answers help: {found}.",
        below="Corrected bad answers hurt: {found}.",
        equal="Corrected bad answers change accuracy by less than matters: {found}.",
        unclear="Whether corrected bad answers help or hurt is too close to call: {found}.",
    )
)

# %% [markdown]
# ## Wrong labels
#
# Nobody shows wrong labels on purpose; every real pool has some. Now a share of the *pool* is wrong. **Predict:** who
# suffers more, eight fixed examples (five draws), the eight nearest, or a vote of these? The prompts are taken as scored,
# not calibrated, so that both stand on the same footing.

# %%
embedder = catalogue.load_embedder()
vectors, asked = (embedding.embed(embedder, [m.text for m in part]) for part in (pool, dev))
near = few_shot.nearest_examples(vectors, asked, 8)
fixed = [few_shot.balanced_examples(pool, 8, seed) for seed in range(5)]
lines = {"8 fixed, five draws": {}, "8 nearest": {}, "vote of the nearest": {}}
gold = [m.label for m in dev]

# %%
for share in (0, 0.25, 0.5):
    noisy = curation.with_wrong_labels(pool, share, LABELS, seed=1)
    wrong = [sum(noisy[i].label != pool[i].label for i in eight) for eight in fixed]
    name = f"{share:.0%} of the pool wrong"
    print(f"{name}; wrong among the eight fixed examples, draw by draw:", *wrong)
    rows, near_row = few_labels.from_places(lab, prompt, noisy, fixed, near, name, dev)
    voted = baselines.nearest_neighbors(vectors, [m.label for m in noisy], asked, 8)
    by_vote = statistics.accuracy_interval(gold, voted)
    for line, accuracy in zip(
        lines.values(), (few_labels.accuracy(rows), near_row.interval, by_vote)
    ):
        line[f"{share:.0%}"] = [accuracy]

# %%
kept = list(lines)[:2] if near_row.reference else []
taken = [(name, share) for name in kept for share in lines[name]]
plots.curves(
    lines,
    "Wrong labels in the pool",
    ("share of the pool with a wrong label", f"accuracy on {len(dev)} dev messages"),
    {"one label for all": 1 / len(LABELS)},
    reference=taken,
)

# %% [markdown]
# Who loses most? The nearest and their vote live on the labels around a message, so wrong ones hit them. A flat line is
# no praise by itself: one that hardly looks at its examples has little to lose. See how high it starts. And a line of
# five draws that goes down and up again is no finding. The fixed examples have wrong labels by luck of the draw, as
# counted above.

# %% [markdown]
# ## A label without an example
#
# One article prints a prompt of six classes with five examples: `other` has none (F8). Rebuilt in our words, once as it is
# and once with a sixth: how many `other` are found, and how many more are taken for it?

# %% [markdown]
# ### Your turn 03.8
#
# Write `recall_and_alarms(gold, predicted, label)`: return two numbers from 0 to 1, not rounded, recall first. `gold` and
# `predicted` are equally long lists of labels, one pair a message, and may be empty. *Recall*: of the messages whose gold
# label is `label`, the share predicted as `label`. *False alarms*: of all other messages, the share predicted as `label`.
# A share of no message at all is 0. The next cells count with it.


# %%
#: solution
def recall_and_alarms(gold, predicted, label):
    found = [p == label for g, p in zip(gold, predicted) if g == label]
    false = [p == label for g, p in zip(gold, predicted) if g != label]
    return tuple(sum(hits) / len(hits) if len(hits) else 0.0 for hits in (found, false))


#: why The two shares have different denominators: recall looks at the messages that bear the label, false alarms at all
# others. A prompt that answers `other` every time has the best recall there is, and the worst alarms.
#: stub
#| def recall_and_alarms(gold, predicted, label):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("03.8", recall_and_alarms)

# %% [markdown]
# The sixth example stands first: what stands last may gain by its place alone (see the lab
# [on orders](03_orders.ipynb)).

# %%
from helpers.tasks.files import Message

printed = {
    "billing": "There are two charges for the same month on my card.",
    "technical_support": "The app closes whenever I open the settings.",
    "refund_request": "It arrived broken, please give me my money back.",
    "product_inquiry": "Does the sensor work with a heat pump?",
    "complaint": "Third late delivery in a row. This is poor service.",
}

# %%
system = f"Sort the message: {', '.join(LABELS)}. Return only the category name."
article = few_shot.FewShotPrompt({label: label for label in LABELS}, system)
five = [Message(f"article {label}", text, label) for label, text in printed.items()]
thanks = Message("article other", "Please pass my thanks to the fitter who came.", "other")
without, with_other = (
    few_labels.shown(lab, article, f"article's prompt, {len(few)} examples", few, test, **quiet)
    for few in (five, [thanks, *five])
)

# %%
count = yours("03.8", recall_and_alarms, statistics.recall_and_alarms)
for row in (without, with_other):
    recall, alarms = (float(np.mean(one)) for one in count(row.gold, row.predictions, "other"))
    print(f"{row.method}{row.mark}: accuracy {row.interval},", end=" ")
    print(f"recall of other {recall:.2f}, false alarms {alarms:.2f}")

# %% [markdown]
# Recall alone would judge a prompt that answers `other` to everything as perfect. So the rule of F8 asks for both: more
# of `other` found, and fewer than ten more false alarms in a hundred. What does the sixth example do to each?

# %% [markdown]
# This rests on one sixth example in one place. And look at the accuracy: one label for all would be right once in six.
# Any sixth example might have moved answers.

# %% [markdown]
# ### Playground
#
# Write bad examples of your own: wrong, insulting, off the subject. What does the model make of a clean message then?

# %%
mine = [Message("1", "Where is my refund?", "complaint"), Message("2", "asdf", "billing")]
scores = prompt.score(lm, mine, ["My card was charged twice."], progress=False)
print("probabilities:", dict(zip(LABELS, scores.probabilities[0].round(2).tolist())))

# %% [markdown]
# ## What we found
#
# For each verdict its numbers, whose they are, and its rule. *Above 0, by at least 0.03* asks for both: the whole interval
# above 0, and an estimate of at least 0.03.

# %%
claims.conclude("F3", {"corrections": evidence.number(change, len(test), of=[*good, *bad])})
is_other = [label == "other" for label in without.gold]
both = [without, with_other]
alarms, recalls = zip(*(wording.told_apart(row, "other", is_other) for row in both))
claims.conclude(
    "F8",
    {
        "recall of other": evidence.difference(*recalls, of=both),
        "false alarms": evidence.difference(*alarms, of=both),
    },
)

# %% [markdown]
# ## Three things to remember
#
# 1. Showing a corrected mistake may do nothing: measure it.
# 2. Whoever copies the examples copies their mistakes: count wrong labels before you show the nearest.
# 3. Recall without false alarms is half the story.
#
# {{next}}
