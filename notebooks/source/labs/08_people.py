# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Which answer would people rather get?
#
# **After this lesson you can**
#
# - let two people judge two methods' answers blind, and say how far they agree;
# - count wins by method and not by side;
# - correct what an automatic judge says by the errors that it is known to make.
#
# **Time and memory:** {{measured}}, plus your reading and rating. **Claims tested here:** D7: let people judge with
# preferences and a rubric from 1 to 5.

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# Lesson 08 counts right answers. Here are two ways to judge what a list of right words cannot: people, blind; and a quick
# judge whose errors were measured elsewhere.

# %%
from helpers.lesson import diagrams

judges, counts = ["people, blind", "a quick judge"], ["wins, agreement", "share, corrected"]
arrows = [("two methods' answers", judge) for judge in judges]
arrows += zip(judges, counts)
words = (
    "The same answers go to people, who count as wins and agreement, and to a judge, corrected."
)
diagrams.flow([["two methods' answers"], judges, counts], arrows, words)

# %% [markdown]
# ## Two methods, the same questions
#
# A grader that looks for the right words cannot say which of two answers a customer would rather get. People can. Here
# are two methods of reading the policies, each with its answers to the same questions: rows of lesson 04, yours or else
# the course's.

# %% [markdown]
# Most of these are wrong, and nobody would send either of two wrong ones. So a pair is shown only if its answers differ and
# the grader finds at least one of them good; *neither* stays a choice. The pairs are drawn with a fixed seed, so everybody
# rates the same ones, and wins speak of these questions alone.

# %%
from helpers.lesson import main_rows, rated_methods
from helpers.results import claims, quick_judge, ratings
from helpers.tasks import policies

first, second = main_rows.to_rate()
tier = {task: name for name, task in policies.TIERS.items()}[first.task]
questions = policies.load_policy_questions("test", tier=tier)
pairs = ratings.pairs_of(first, second, questions)
print(rated_methods.in_words(first, second))
print(f"{len(pairs)} pairs; the first is about")
print(pairs[0].question)

# %% [markdown]
# ## Rate them
#
# You do not see which method stands on which side. Each rating is kept the moment you save it, and you can go
# on after a restart. Then type another name, and let a friend rate the same pairs without seeing yours.

# %%
from helpers.lesson.widgets import decide as faces

faces.rate(pairs, "me")

# %% [markdown]
# ## Counting wins
#
# ### Your turn 08.5
#
# Ratings arrive blind: dicts with `left` and `right`, the hidden names of the two methods, and `choice`, one of
# `"left"`, `"right"`, `"neither"`. Write `win_share(ratings, method)`: among the ratings with a preference, the share that
# prefers `method`. If no rating has a preference there is no share: return `None`.


# %%
#: solution
def win_share(ratings, method):
    preferred = [
        rating[rating["choice"]] for rating in ratings if rating["choice"] != "neither"
    ]
    return preferred.count(method) / len(preferred) if preferred else None


#: why The side is looked up in the rating itself, so a method gets its wins from both sides. Counting "left" would measure
# where an answer stood.
#: stub
#| def win_share(ratings, method):
#|     ...
#: end

from helpers.lesson.exercises import check, hint, solution, yours

check("08.5", win_share)

# %% [markdown]
# While nobody has rated, there is a stand-in to count: ratings of pairs of *training texts*, plain and in
# Larkfield's voice, **not by people** but by one language model in two roles
# ([datasheet](../../data/ratings/DATASHEET.md)). They show the arithmetic, and nothing about people. **Predict:** both
# roles mostly prefer the same reply: is [kappa](../../docs/glossary.md#kappa) high?

# %%
wins = yours("08.5", win_share, ratings.win_share)
roles = {}
for rating in ratings.shipped():
    roles.setdefault(rating.rater, []).append(rating)
plain, voiced = ratings.load_pairs()[0].names
for rater, given in roles.items():
    share = wins([ratings.as_blind(one) for one in given], voiced)
    print(f"{rater}: the reply in the voice:", ratings.in_words(share, given))
choices, scores = map(ratings.rounded, ratings.agreement(*roles.values()))
print(f"kappa of preferences {choices}; of scores from 1 to 5, weighted, {scores}")

# %% [markdown]
# Kappa is the agreement that is left beyond chance. Where nearly everything goes to one side, chance alone agrees
# often, so kappa can be low while most preferences agree; weighted, a 4 against a 5 counts as nearly agreed. Now the
# people, if there are two.

# %%
people = {}
for rating in ratings.kept():
    if rating.pair in {pair.id for pair in pairs}:
        people.setdefault(rating.rater, []).append(rating)
people = {rater: given for rater, given in people.items() if len(given) >= 12}
for rater, given in people.items():
    share = wins([ratings.as_blind(one) for one in given], second.method)
    print(f"{rater}: {second.method!r}: {ratings.in_words(share, given)}, {len(given)} rated")
print(f"{len(people)} people have rated at least 12 pairs; to say how far they agree takes two")

# %% [markdown]
# ## A judge that errs, corrected
#
# People are slow. An automatic judge is quick and wrong in places; but if you know *how often* it is wrong, you can
# subtract that. Our judge is crude on purpose: it calls an answer right if the vectors that MiniLM makes of it and of the
# right answer lie near each other (lesson 01), at a cosine of `cut` or more.

# %% [markdown]
# How often does it err? One language model graded answers to questions that have one, item by item; we hold the judge
# against its grades, and the course's careful grader too, which looks for the right words. Abstaining is counted apart: it
# is not right either. Few of these answers are right, so a judge that calls all wrong errs seldom: hold that against the
# last line. **Predict:** which of the two errs less?

# %%
from helpers.model import catalogue, embedding
from helpers.tasks import files, grading

embedder = catalogue.load_embedder()
question_of = {
    q.id: q for split in ("train", "dev") for q in policies.load_policy_questions(split)
}
graded = files.read_jsonl(files.DATA / "policy_qa" / "graded_answers.jsonl")
graded = [row for row in graded if question_of[row["question"]].answerable and row["answer"]]


def near(answers, golds, cut=0.5):
    one, two = embedding.embed(embedder, answers), embedding.embed(embedder, golds)
    return (one * two).sum(axis=1) >= cut


# %%
golds = [question_of[row["question"]].answer for row in graded]
said_right = near([row["answer"] for row in graded], golds)
by_words = [grading.grade(question_of[row["question"]], row["answer"]) for row in graded]
grades = [row["grade"] for row in graded]
truly = [grade == "right" for grade in grades]
print(f"the quick judge\n{quick_judge.calls(said_right, grades)}")
careful = [given.verdict == "right" for given in by_words]
print(f"the careful grader\n{quick_judge.calls(careful, grades)}")

# %% [markdown]
# ### Your turn 08.6
#
# Even if nothing is right, the judge calls 1 − `wrong_as_wrong` of the answers right; if all are, it calls `right_as_right`
# of them so. Between the two its share rises evenly. Write `corrected(share, right_as_right, wrong_as_wrong)`: the share
# that is truly right when the judge calls `share` right, cut to 0 and 1. Its two rates sum to more than 1.


# %%
#: solution
def corrected(share, right_as_right, wrong_as_wrong):
    skill = right_as_right + wrong_as_wrong - 1
    return min(1.0, max(0.0, (share + wrong_as_wrong - 1) / skill))


#: why What the judge calls right begins at its false alarms, 1 − wrong_as_wrong, and rises by `skill` until all answers are
# right. Subtract where it begins, divide by how far it rises. Noise can carry the result outside 0 and 1, so cut.
#: stub
#| def corrected(share, right_as_right, wrong_as_wrong):
#|     ...
#: end

check("08.6", corrected)

# %% [markdown]
# Now let the judge loose on a row's answers, and correct it by your function. The interval covers the answers and both
# rates. Beside it, what the careful grader says. **Predict:** does the raw judge flatter or belittle?

# %%
mend = yours("08.6", corrected, quick_judge.corrected)
asked = [q for q in questions if q.answerable and q.id in set(first.ids)]


def called_right(row, cut=0.5):
    answer_of = row.details["answers"]
    return near([answer_of[q.id] or "–" for q in asked], [q.answer for q in asked], cut)


# %%
counts = {}
for row in (first, second):
    called, hit_of = called_right(row), dict(zip(row.ids, row.correct))
    counts[row.method] = judged, good = sum(called), sum(hit_of[q.id] for q in asked)
    print(f"{row.method}: of {len(asked)}, the judge calls {judged} right, the grader {good}")
    print("   corrected share:", quick_judge.told(called, said_right, truly, mend))
for place, who in enumerate(("judge", "grader")):
    print(f"the {who} prefers {max(counts, key=lambda method: counts[method][place])!r}")

# %% [markdown]
# On the course's rows the judge prefers the one method, the grader the other: this judge flatters the one and belittles the
# other. Correcting cannot mend that, for it takes the same two rates off both, and the order stays. So by such a judge alone do
# not choose between two methods. Grade a few answers of *each* first, and see whether it errs alike on both. The grader's count
# is no truth either, but above it erred less often.

# %% [markdown]
# The corrected figure is only as good as the assumption behind it, that the judge errs on these answers as it did on those
# graded, and these were few. Where the grader's share lies far outside the interval, that has probably failed: correcting
# then moves *away* from the truth. *Cut at 0* means that the judge calls fewer right than it would by mistake alone. That
# may be chance, or the same failure.

# %% [markdown]
# ### Playground
#
# Move the judge's cut. A strict judge lets fewer wrong answers pass, and misses more right ones. **Predict:** does the
# corrected interval of the second method move down?

# %%
CUT = 0.7
strict = near([row["answer"] for row in graded], golds, CUT)
print(f"the strict judge\n{quick_judge.calls(strict, grades)}")
for cut, said in ((0.5, said_right), (CUT, strict)):
    right, wrong = quick_judge.judge_rates(said, truly)
    print(f"cut {cut}: takes off {1 - wrong:.3f}, then divides by {right + wrong - 1:.2f}")
    print("   corrected:", quick_judge.told(called_right(second, cut), said, truly, mend))

# %% [markdown]
# On the course's rows the interval is, to two digits, the same at both cuts, for two changes cancel. The strict judge seldom
# calls a wrong answer right, so less is taken off. But it misses most right ones: what is left is divided by a smaller number,
# and that it calls none right says less. Nothing was gained by being strict.

# %% [markdown]
# ## What we found
#
# D7 is about people judging two methods. Until two people have rated here, it is *not tested*, whatever a model says.
# With so few pairs a kappa near the limit stays *underpowered*.

# %%
from helpers.results import evidence

parts = {}
if len(people) >= 2:
    one, two = list(people.values())[:2]
    both = len({r.pair for r in one} & {r.pair for r in two})
    agreed = zip(("preference", "scores"), ratings.agreement(one, two))
    parts = {name: evidence.number(found, n=both) for name, found in agreed if found}
claims.conclude("D7", parts)

# %% [markdown]
# ## Three things to remember
#
# 1. Blind, two raters, the same pairs; and say what the raters are: people, or a model.
# 2. Count by method, not by side.
# 3. A judge can be corrected only where it errs as it did when you measured it. Check that on a few graded answers of
#    the very method.
#
# {{next}}
