# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What can you do when the model does not know?
#
# **After this lesson you can**
#
# - cut documents into chunks, embed them, and search them by meaning and by words;
# - say for each stage of retrieval what it adds, and where an error comes from: finding or reading;
# - check whether a citation supports its answer, and choose when to give no answer;
# - keep staff documents out of a prompt, and instructions inside documents without effect.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** R1 to R12,
# printed below.

# %%
#: setup

# %% [markdown]
# ## The claims
#
# What five articles and common advice say about [retrieval](../docs/glossary.md#retrieval), in our words. The verdicts
# come at the end, from your numbers and from reference results. A 135M model reads far worse than the models that the
# articles assume;
# [scale](../docs/other_models.md) may change what reading is worth, and changes nothing about searching.

# %%
from helpers.results import claims, evidence

claims.show("04")

# %% [markdown]
# Heavy measurements come from the course's *reference results*, marked where they are printed or in the verdict. Set
# the switch to `True` and everything is measured here.

# %%
RERUN = False

# %% [markdown]
# ## Closed book: what does it invent?
#
# Larkfield does not exist, so the model cannot have read its policies. **Predict:** asked about them, will it say so?

# %%
from dataclasses import replace
from functools import partial

import numpy as np

from helpers import statistics
from helpers.methods import baselines
from helpers.results import ledger
from helpers.tasks import files, grading
from helpers.lesson import plots
from helpers.machine import runtime
from helpers.model import catalogue
from helpers.tasks import policies
from helpers.model.language_model import LanguageModel
from helpers.methods.retrieval import chunking, graded, index, passages
from helpers.methods.retrieval import pipeline, quotes, ranking, scale

lm, embedder = LanguageModel.load(), catalogue.load_embedder()
lab = ledger.Lab("policy_qa", lm, noun="questions", rerun=RERUN)
documents = policies.load_policies()
dev, test = (policies.load_policy_questions(split) for split in ("dev", "test"))
asked, asked_dev = files.for_profile(test, fast=10), files.for_profile(dev, fast=10)

# %%
WORDS_AT_MOST = 20  # tokens of an answer


def chats_of(prompt):
    return lambda texts: [prompt.messages(text) for text in texts]


def closed_book(questions, prompt=policies.CLOSED_BOOK):
    chats = chats_of(prompt)([q.question for q in questions])
    out = lm.generate(chats, max_new_tokens=WORDS_AT_MOST, progress=False)
    return [graded.Written(*one) for one in zip(out.texts, out.prompt_tokens, out.new_tokens)]


for question, answer in zip(dev[3:6], closed_book(dev[3:6])):
    print(
        f"{question.question}\n  the policy: {question.answer}\n  the model:  {answer.text}\n"
    )

# %% [markdown]
# None of this comes from a policy: the model makes something up, or repeats the question. (Answers stop after a few
# tokens, so some break off.) Now the frozen *test* questions. An answer is *right* if it holds an accepted wording and no
# second value. To *abstain* is to say that one does not know. *Good* counts right answers, and abstaining where no document
# holds the answer. An order to abstain is tried on a part of them, half of it unanswerable.

# %%
can_test, cannot = ([q for q in asked if q.answerable == can] for can in (True, False))
order = passages.ABSTAIN.replace("the passages do not hold", "you do not know")
told = policies.CLOSED_BOOK.edited("1", system=policies.CLOSED_BOOK.system + order)


def by_heart(name, prompt, questions, **more):
    answer = graded.graded(questions, lambda some: closed_book(some, prompt))
    how = {"approach": "prompt", "prompts": chats_of(prompt), **more}
    return lab.measure(
        name, questions, answer, settings={"max_new_tokens": WORDS_AT_MOST}, **how
    )


# %%
closed_row = by_heart("closed book", policies.CLOSED_BOOK, asked)
half = [*cannot, *can_test[: len(cannot)]]
told_row = by_heart("closed book, told to abstain", told, half, heavy=True)
for row in (closed_row, told_row):
    silent = [graded.abstained(row, gold) for gold in ("abstained", "right")]
    print(
        f"{row.method}: abstains on {sum(silent[0])} of {len(silent[0])} unanswerable questions",
        end=" ",
    )
    print(f"and on {sum(silent[1])} of {len(silent[1])} answerable ones")

# %% [markdown]
# Compare the two lines: a model that does not know what it knows has little to obey an order to abstain with. What the
# grader calls right can be luck. The grader itself agrees with grading by hand on most of about two hundred
# answers; [the datasheet](../data/policy_qa/DATASHEET.md) says how often, and where it errs.

# %% [markdown]
# ## Cut
#
# A document is too long for a small prompt, so it is cut into [chunks](../docs/glossary.md#chunk). Cut anywhere, and a
# table loses the row that names its columns.
#
# ### Your turn 04.1
#
# Write `pieces(text, size)`: the text as a list of pieces of at most `size` lines each, lines in order, none lost, filled
# as long as lines fit; joined with line breaks, the pieces give the text again. Lines that start with `|` and stand next to
# each other are a table and stay in one piece; a table that does not fit into the rest of a piece starts a new one, and only
# a piece that holds nothing but a table may be longer than `size`.


# %%
#: solution
def pieces(text, size):
    blocks = []
    for line in text.split("\n"):
        table = line.startswith("|")
        if table and blocks and blocks[-1][-1].startswith("|"):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    filled = [[]]
    for block in blocks:
        if filled[-1] and len(filled[-1]) + len(block) > size:
            filled.append([])
        filled[-1] += block
    return ["\n".join(lines) for lines in filled]


#: why A table is a block that is never divided; every other line is a block of its own. A new piece begins where the
# next block would not fit, so that a long table gets a piece to itself.
#: stub
#| def pieces(text, size):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution

check("04.1", pieces)

# %% [markdown]
# The course cuts by heading, and long sections between paragraphs. MiniLM, a small
# [embedding](../docs/glossary.md#embedding) model, then turns every chunk under its title into a vector that stands for its
# meaning, and each of its sentences and rows too.

# %%
spans = chunking.token_spans(lm.tokenizer)
store = index.Index.build(documents, embedder, chunking.Chunker(spans))
tokens = [len(spans(chunk.text)) for chunk in store.chunks]
vectors = sum(len(entry.owner) for entry in store.entries.values())
print(f"{len(documents)} documents, {len(store)} chunks, {vectors} vectors;", end=" ")
print(f"a chunk has {np.median(tokens):.0f} tokens (median), {max(tokens)} at most")

# %% [markdown]
# ## Search, and look
#
# ### Your turn 04.2
#
# Write `search(vectors, query, k)`: the positions of the k rows of `vectors` (n × d, rows of length one) nearest to
# `query`, a vector of length one; a list of whole numbers, nearest first.


# %%
#: solution
def search(vectors, query, k):
    return np.argsort(-(vectors @ query), kind="stable")[:k].tolist()


#: why For vectors of length one the dot product is the cosine. One matrix product compares the question with all chunks;
# sorting the negated cosines puts the nearest first.
#: stub
#| def search(vectors, query, k):
#|     ...
#: end

check("04.2", search)

# %%
from helpers.lesson.plots.retrieval import chunk_map, error_sources, stages
from helpers.model import embedding

asked_one = next(q for q in dev if q.answerable and q.type == "numeric")
whole = np.stack(
    [e.vectors[e.owner == i][0] for e in store.entries.values() for i in range(len(e.chunks))]
)
place = {chunk.id: i for i, chunk in enumerate(store.chunks)}
hits = store.dense(asked_one.question, 4)
right = ranking.relevant(asked_one, store.chunks, documents)
print(asked_one.question)
chunk_map(
    whole,
    [chunk.document for chunk in store.chunks],
    embedding.embed(embedder, [asked_one.question])[0],
    [place[hit.chunk.id] for hit in hits],
    [place[name] for name in right],
)

# %% [markdown]
# The plane keeps a small part of the distances, so near on the picture need not be near in meaning. Chunks of one document
# mostly lie together; policies that sound alike, such as the rules of two plans, are where a search can err.

# %% [markdown]
# ## How often is it found?
#
# [hit@k](../docs/glossary.md#hit-at-k): the share of questions whose *evidence*, the passage that holds
# the answer, stands in one of the first k chunks.
# [MRR](../docs/glossary.md#mean-reciprocal-rank): the mean of 1 / rank of the first such chunk. Search by words
# ([BM25](../docs/glossary.md#bm25)) can find what search by meaning overlooks, and the other way round. Their scores have no
# common scale; their ranks do.
#
# ### Your turn 04.3
#
# Write `fused(first, second, constant)`: one list of ids, best first, from two. Each list adds
# `1 / (constant + rank)` to the score of each of its ids, ranks counted from 1. Every id comes once, also one that only one
# list has.


# %%
#: solution
def fused(first, second, constant):
    scores = {}
    for ranked in (first, second):
        for rank, name in enumerate(ranked, start=1):
            scores[name] = scores.get(name, 0) + 1 / (constant + rank)
    return sorted(scores, key=scores.get, reverse=True)


#: why Ranks need no common scale. What both lists have high up gets two large shares; the constant says how much the
# very first places count.
#: stub
#| def fused(first, second, constant):
#|     ...
#: end

check("04.3", fused)

# %% [markdown]
# The last step, *reranking*, compares every token of the question with every token of a candidate (late interaction,
# [Khattab and Zaharia 2020](https://arxiv.org/abs/2004.12832)). **Predict:** which way finds most at k = 1, which at 8?

# %%
pipe = pipeline.Pipeline(store, lm, pipeline.Settings(cite=True, max_new_tokens=WORDS_AT_MOST))
WAYS = {
    "by words": {"search": "bm25", "rerank": False},
    "by meaning": {"search": "dense", "rerank": False},
    "both, fused": {"rerank": False},
    "fused, reranked": {},
}
can = [q for q in asked_dev if q.answerable]
gold = [ranking.relevant(q, store.chunks, documents) for q in can]
found, curve = {}, {}
for name, changes in WAYS.items():
    found[name] = pipe.using(**changes).retrieve([q.question for q in can])
    ranked = [[hit.chunk.id for hit in one.reranked] for one in found[name]]
    curve[name] = {k: [ranking.hit_at_k(ranked, gold, k)] for k in (1, 2, 4, 8, 16)}
    print(f"{name}: MRR {ranking.mrr(ranked, gold):.2f}")
plots.curves(
    curve,
    "How often the evidence is found, by four ways to search",
    ("k, chunks kept", f"hit@k on {len(can)} answerable dev questions"),
)

# %% [markdown]
# The ways differ most at small k; with many chunks kept, nearly every way finds the evidence. A reader that can take few
# chunks needs the better order.
#
# ### Your turn 04.4
#
# How many chunks should go on to the reader? Write `smallest_k(ranks, target)`: the smallest k whose hit@k is at least
# `target`, or 0 if none is. `ranks` holds for each question the rank of the first right chunk, 0 if none was found. It is
# chosen on *dev*; test questions are for reporting.


# %%
#: solution
def smallest_k(ranks, target):
    for k in range(1, max(ranks) + 1):
        if sum(0 < rank <= k for rank in ranks) / len(ranks) >= target:
            return k
    return 0


#: why hit@k grows with k, so the first k that reaches the target is the smallest. A 0 means never found and must not
# count as a rank below k.
#: stub
#| def smallest_k(ranks, target):
#|     ...
#: end

check("04.4", smallest_k)

# %%
enough = {
    name: min((k for k, (hit,) in points.items() if hit >= 0.9), default=None)
    for name, points in curve.items()
}
print("the smallest k in the picture that finds 0.9 of the evidence on dev:", enough)

# %% [markdown]
# ## Stage by stage
#
# The course keeps four chunks. Now the frozen test questions, with the four ways to search from above: is the evidence among
# the four? *Rewriting* lets the model turn the question into a search line first; it is tried on *dev*.

# %%
gold_of = {
    q.question: ranking.relevant(q, store.chunks, documents)
    for q in [*test, *dev]
    if q.answerable
}
to_find, to_find_dev = (
    [files.Message(q.id, q.question, "found") for q in part] for part in (can_test, can)
)


def finder(using):
    def find(texts):
        kept = [{hit.chunk.id for hit in one.kept} for one in using.retrieve(texts)]
        return ["found" if gold_of[text] & ids else "missed" for text, ids in zip(texts, kept)]

    return find


# %%
search_lab = lab.using(task="policy_search", show=False)
searched = {
    name: search_lab.measure(
        name,
        to_find,
        finder(pipe.using(**changes)),
        approach="plain",
        model=embedder,
        settings=changes,
    )
    for name, changes in WAYS.items()
}
rewriting = pipeline.Pipeline(store, lm, pipe.settings, pipeline.rewriter(lm, policies.REWRITE))
best_search = searched["fused, reranked"]
for name, row in searched.items():
    gain = "" if row is best_search else ledger.compare(row, best_search).difference
    print(f"{name}: hit@4 {row.interval}" + (f"; reranked minus this {gain}" if gain else ""))
# %%
find_dev = partial(search_lab.measure, items=to_find_dev, split="dev", heavy=True)
as_asked = find_dev("question as asked", predict=finder(pipe), approach="plain", model=embedder)
rewritten = find_dev(
    "question rewritten",
    predict=finder(rewriting),
    approach="retrieve",
    prompts=chats_of(policies.REWRITE),
)
print("on dev, rewritten minus as asked:", ledger.compare(as_asked, rewritten).difference)

# %% [markdown]
# Read the differences, not the heights: an interval that holds zero says that these questions cannot tell which is
# better. Rewriting has to earn its place too: look at the sign of its difference. A small model may lose the very word
# that the search needs.
#
# ### Chunk size
#
# With large chunks there are fewer to choose from, but they fill the prompt sooner. A fairer race fixes the prompt:
# which size brings the evidence into the first 1,000 tokens? If a note counts texts longer than the embedder reads,
# their ends can be found by words only.

# %%
BUDGET, sized = 1000, {}


def in_budget(question, cut, searcher):
    ids, left = set(), BUDGET
    for hit in searcher.search(question.question, 40):
        left -= len(spans(hit.chunk.text))
        if left < 0:
            break
        ids.add(hit.chunk.id)
    return bool(ids & ranking.relevant(question, searcher.chunks, documents))


for size in (125, 250, 500):
    cut = chunking.Chunker(spans, "tokens", size, overlap=size // 5)
    small = index.Index.build(documents, embedder, cut, by_sentence=False)
    sized[size] = [in_budget(q, cut, small) for q in can_test]
# %%
shares = {
    f"{size} tokens": {
        "evidence within the budget": statistics.wilson_interval(sum(hits), len(hits))
    }
    for size, hits in sized.items()
}
stages(
    shares,
    f"Chunk sizes under one budget of {BUDGET:,} tokens",
    f"share of {len(can_test)} test questions",
)
size_gain = statistics.compare_hits(sized[125], sized[500]).difference
print("500 tokens minus 125:", size_gain)

# %% [markdown]
# ## The reader
#
# Found is not read. First the plain baseline, without a language model: answer with the *best quote*, the sentence or row
# of the kept chunks that late interaction ranks first, after each way to search. Then the model:
# writing freely from the three best quotes, and from the best one alone with its answer *started* for it ("According to
# the policy,").


# %%
def best_quote(questions, cut=0.0, using=pipe):
    chosen = []
    for one in using.using(quotes=1).retrieve([q.question for q in questions]):
        (quote,) = using.using(quotes=1).quoted(one)
        text = f"{quote.chunk.text} [1]" if one.best_cosine >= cut else passages.ABSTENTION
        chosen.append(text)
    return chosen


def reader(**changes):
    return pipe.using(**{"quotes": 3, "examples": False, "defend": False, **changes})


# %%
def quoted_row(name, questions, using=pipe, cut=0.0, **more):
    answer = graded.graded(questions, lambda some: best_quote(some, cut, using))
    how = {"approach": "plain", "model": embedder, "settings": {"cut": cut}, **more}
    return lab.measure(f"best quote, {name}", questions, answer, **how)


def read_row(name, questions, using, **more):
    answer = graded.graded(questions, lambda some: using.ask([q.question for q in some]))
    how = {"approach": "retrieve", "prompts": using.prompts, "heavy": True, **more}
    how["settings"] = {"max_new_tokens": WORDS_AT_MOST, "copy": using.settings.copy}
    return lab.measure(name, questions, answer, **how)


quote_rows = {n: quoted_row(n, asked, pipe.using(**some)) for n, some in WAYS.items()}
quote_row = quote_rows["fused, reranked"]
free_row = read_row("retrieval, free answer", asked, reader())
# %%
STARTED = {"cite": False, "abstain": False, "start": "According to the policy,"}
begun = reader(quotes=1, **STARTED)
started_row = read_row("retrieval, one quote, started answer", asked, begun)
read_rows = (quote_row, free_row, started_row)
for row in read_rows:
    print(f"{row.method} minus closed book: {ledger.compare(closed_row, row).difference}")
print("started answer minus free answer:", ledger.compare(free_row, started_row).difference)
print("started answer minus best quote: ", ledger.compare(quote_row, started_row).difference)

# %%
for q in can_test[:4]:
    print(f"{q.question}\n  the policy: {q.answer}")
    for row in read_rows:
        print(f"  {row.method}: {row.details['answers'][q.id]}")

# %% [markdown]
# From three quotes, writing freely, the model is seldom right. One quote and a started answer help it: less to get lost in,
# and no room for a form of its own. The plain quote still does better than both; the last line before these examples
# compares it with the started answer.
#
# **Predict:** when an answer is wrong, was the passage not found, or did the error come later? *Found* means that a chunk
# with evidence is among the four kept; only answerable questions are counted.

# %%
hit = [row == "found" for row in best_search.predictions]
error_sources(
    {row.method: (hit, graded.answerable(row)) for row in read_rows},
    "Where answers go wrong: finding or reading",
)

# %% [markdown]
# The right chunk is nearly always among the four. Most errors come after that: in picking the quote, in reading it, or in a
# sum that no single sentence holds. Could a shorter leash help? Now the model may write nothing but a
# stretch of a passage, word for word ([constrained decoding](../docs/glossary.md#constrained-decoding), as in lesson 02).
# It gets what search brought up; or the right quote by hand, among three others, first or last.


# %%
def given(questions, others, last=False):
    ready = []
    for one, q in zip(pipe.retrieve([q.question for q in questions]), questions):
        mine = quotes.evidence_quote(q, store.chunks, documents)
        near = pipe.using(quotes=9).quoted(one)
        rest = [hit for hit in near if hit.chunk.id != mine.id][:others]
        kept = [*rest, ranking.Hit(mine, 1.0)] if last else [ranking.Hit(mine, 1.0), *rest]
        ready.append(replace(one, kept=tuple(kept)))
    return ready


def given_row(name, questions, ready, **changes):
    using = pipe.using(examples=False, defend=False, **changes)
    how = {"approach": "retrieve", "heavy": True, "split": "dev"}
    how["prompts"] = [using.write(one) for one in ready]
    how["settings"] = {"max_new_tokens": WORDS_AT_MOST, "copy": using.settings.copy}
    answer = graded.graded(questions, lambda _: using.answer(ready))
    return lab.measure(f"right quote {name}", questions, answer, **how)


# %%
few = can[:24]
GIVEN = {"first of four": given(few, 3), "last of four": given(few, 3, last=True)}
dealt = {
    name: given_row(f"{name}, copying", few, ready, copy=True) for name, ready in GIVEN.items()
}
copy_row = read_row("retrieval, copying", few, reader(copy=True), split="dev")
quote_dev = quoted_row("fused, reranked", few, split="dev")
copy_gain = ledger.compare(quote_dev, copy_row).difference
print("copying minus best quote:", copy_gain)
print(
    "first minus last of four:",
    ledger.compare(dealt["last of four"], dealt["first of four"]).difference,
)

# %% [markdown]
# The leash does not rescue the reader: even with the right quote at hand, the model often copies the wrong stretch. These
# are a few dev questions, so do not compare their heights with the test questions above. Where first and last agree on
# every question the interval still has a width, since so few cannot say that order never matters.
#
# ## Citations
#
# A [citation](../docs/glossary.md#citation) is a claim that can be checked. It *holds* if the cited passage exists and has
# every number and most words of the answer. A copied answer's citation holds nearly by construction, since we know where it
# was copied from; a free answer must name its passage itself.

# %%
cited = []
for row in (copy_row, free_row):
    right_ids = [
        i
        for i, ok, gold_one in zip(row.ids, row.correct, row.gold)
        if ok and gold_one == "right"
    ]
    holds = [i in row.details["traceable"] for i in right_ids]
    if holds:
        cited.append(evidence.share(holds, of=row, note=row.method))
    all_hold = sum(i in row.details["traceable"] for i in row.ids)
    print(
        f"{row.method}: {sum(holds)} of {len(holds)} right answers have a citation that holds",
        end="; ",
    )
    print(f"of all {row.n} answers, {all_hold} have one")

# %% [markdown]
# Most answers with a citation that holds are still wrong: the passage says so, but it is not what was asked. Few answers are
# right at all, so their shares rest on a handful. A citation makes an answer checkable, not correct.
#
# ## When to say nothing
#
# ### Your turn 04.5
#
# Some questions have no answer in any document. A question is decided right if it has an answer and is answered, or has none
# and is left open. Write `best_cut(scores, answerable)`: a number such that answering where `score >= cut` decides as many
# right as any cut can; a cut above all scores, which never answers, is allowed. `scores` holds each question's highest cosine
# (1 is nearest) with any chunk, `answerable` a truth value for each.


# %%
#: solution
def best_cut(scores, answerable):
    def right(cut):
        return sum((score >= cut) == can for score, can in zip(scores, answerable))

    return max([*scores, max(scores) + 1], key=right)


#: why Between two scores nothing changes, so only the scores themselves and one value above all need a try. Count the
# decisions that each gets right, and take the best.
#: stub
#| def best_cut(scores, answerable):
#|     ...
#: end

check("04.5", best_cut)


# %%
def decided(cut, seen):
    return sum((score >= cut) == can for score, can in seen)


both = [
    (one.best_cosine, q.answerable)
    for one, q in zip(pipe.retrieve([q.question for q in dev]), dev)
]
cut = max((score for score, _ in both), key=lambda c: decided(c, both))
never, with_cut = decided(-1, both), decided(cut, both)
print(
    f"dev: always answering decides {never} of {len(both)} right, the cut at {cut:.2f} decides {with_cut}"
)
# %%
cut_row = quoted_row("with a cut", asked, cut=cut, labels_used=len(dev))
for row in (quote_row, cut_row):
    silent = [graded.abstained(row, kind) for kind in ("abstained", "right")]
    print(
        f"{row.method}: abstains on {sum(silent[0])} of {len(silent[0])} unanswerable,", end=" "
    )
    print(f"{sum(silent[1])} of {len(silent[1])} answerable questions")
print("with the cut minus without:", ledger.compare(quote_row, cut_row).difference)

# %% [markdown]
# The cut is chosen on dev and reported on test. Questions without an answer sound like the others, so their cosines lie
# among the others. Compare the two dev counts: a cut that decides hardly more than always answering, or no more, is not
# worth its place.
#
# ## Change a policy, ask again
#
# A credit expires after 16 months. Make it 21, index the one document again, and ask.

# %% tags=["machine"]
import time

question = "How long before the carry-over credit expires?"
old = next(d for d in documents if d.id == "plus-billing")
new = replace(old, text=old.text.replace("expires after 16 months", "expires after 21 months"))
started = time.perf_counter()
embedded = store.update(new)
edited = best_quote([replace(dev[0], question=question)])[0]
edit_seconds = time.perf_counter() - started
store.update(old)
print(f"before: {best_quote([replace(dev[0], question=question)])[0]}\nafter:  {edited}")
print(
    f"{embedded} of {vectors} texts embedded again, {edit_seconds:.1f} seconds until the new answer"
)

# %% [markdown]
# One article tells of a support team whose model gave generic answers, and who tuned it; what it lacked, the article says,
# were the policies. We rebuild the part that can be tested here: public questions that ask for a number, first to the
# model without policies, then to the same model with a quote; last, the quote alone is the answer. No tuned model takes
# part yet.

# %%
staff = {d.id for d in documents if d.audience == "staff"}
numbers = [q.id for q in asked if q.type == "numeric" and not set(q.documents) & staff]
before = closed_row.cut(numbers)
print(f"{len(numbers)} questions: {sum(before.correct)} right without policies")
team = [row.cut(numbers) for row in (started_row, quote_row)]
for after in team:
    gain = ledger.compare(before, after).difference
    print(f"{after.method}: {sum(after.correct)} right; minus without policies {gain}")

# %% [markdown]
# ## Going further
#
# You may skip the reading, but run the cells: the verdicts on R7 to R9, R11 and R12 need them.
#
# ### Who may see what
#
# Seven documents are for staff. We ask every question of all splits, and the planted instructions of the next part in
# front of two nosy questions, as a member of the public; and look at what reaches the prompt.

# %%
every = [
    q.question
    for split in policies.QUESTION_SPLITS
    for q in policies.load_policy_questions(split)
]
nosy = ("What may agents credit at most?", "What puts an account on the amber list?")
every += [f"{one.text} {ask}" for one in policies.load_injections() for ask in nosy]
plain = pipe.using(rerank=False)
leaks = {
    name: [
        any(hit.chunk.audience == "staff" for hit in one.kept)
        for one in plain.retrieve(every, where)
    ]
    for name, where in (("without a filter", index.EVERYTHING), ("filtered", index.PUBLIC))
}
for name, leaked in leaks.items():
    print(f"{name}: staff text in {sum(leaked)} of {len(leaked)} prompts")

# %% [markdown]
# The filter acts before the search. What never reaches the prompt cannot be talked out of the model.
#
# ### Instructions inside documents
#
# ### Your turn 04.6
#
# A passage can hold chat marks such as `<|im_start|>` and hidden HTML comments, to pose as your own prompt. Write
# `blocked(text)`: the text without comments (`<!-- … -->`, also an unclosed one) and without `<|` and `|>`; of
# `<|a|>`, both `a` and `<a>` may be left. Everything else stays. Taking one mark out can bring two halves of another
# together, so look again until nothing changes.


# %%
#: solution
def blocked(text):
    import re

    before = None
    while before != text:
        before = text
        text = re.sub(r"<!--.*?(-->|\Z)", "", text, flags=re.S)
        text = re.sub(r"<\|+|\|+>", lambda mark: mark[0].replace("|", ""), text)
    return text


#: why Without its bars a chat mark is plain text to the tokenizer. Removing one thing can join two halves of another, so
# the steps repeat until nothing changes.
#: stub
#| def blocked(text):
#|     ...
#: end

check("04.6", blocked)

# %% [markdown]
# Marks can be blocked; words cannot. Each planted instruction stands at the end of the right quote. Does the model obey
# without a defense, and with one (marks blocked, and told that passages are quotations)?

# %%
planted = files.for_profile(
    [files.Message(i.id, i.text, "ignored") for i in policies.load_injections()], fast=3
)
word_of = {i.text: i.obeyed_if for i in policies.load_injections()}


def attacked(using, texts):
    victims = [q for q in dev if q.answerable][: len(texts)]
    ready = []
    for one, q, text in zip(using.retrieve([q.question for q in victims]), victims, texts):
        mine = quotes.evidence_quote(q, store.chunks, documents)
        bad = replace(mine, text=f"{mine.text}\n{text}")
        ready.append(replace(one, kept=(ranking.Hit(bad, 1.0),)))
    return ready


def obeys(using, texts):
    answers = using.answer(attacked(using, texts))
    told = zip(texts, answers)
    return ["obeyed" if word_of[text] in one.text else "ignored" for text, one in told]


# %%
attacks = {}
injection_lab = lab.using(task="injections", labels=("ignored", "obeyed"), show=False)
for name, defend in (("no defense", False), ("defended", True)):
    using = pipe.using(examples=False, rerank=False, abstain=False, defend=defend)
    attacks[name] = row = injection_lab.measure(
        f"planted, {name}",
        planted,
        partial(obeys, using),
        approach="retrieve",
        prompts=lambda texts, using=using: [*map(using.write, attacked(using, texts))],
        settings={"max_new_tokens": WORDS_AT_MOST},
        heavy=True,
    )
    print(f"{name}: obeys {row.predictions.count('obeyed')} of {row.n}")

# %% [markdown]
# A model this small follows few instructions, planted ones included. That it seldom obeys is weakness, not safety, and one
# obeyed instruction can do harm. So few cases cannot show whether the defense helps; do not carry these counts over to a
# larger model.
#
# ### The customer's own record
#
# No policy says what a customer ordered. Their record does. For each customer with an order
# we ask for its number, without the record, with the whole record of that order in the prompt, and
# with the one fact that is asked for.

# %%
people = [c for c in policies.load_customers() if c.get("last_order")]
people = files.for_profile(
    [files.Message(c["customer_id"], c["customer_id"], "right") for c in people], fast=3
)
order_of = {
    c["customer_id"]: c["last_order"] for c in policies.load_customers() if c.get("last_order")
}


# %%
WRITTEN = {
    "without the record": lambda order: "",
    "with the record": lambda order: (
        "The customer's last order. "
        + "; ".join(f"{k}: {v}" for k, v in order.items())
        + "\n\n"
    ),
    "with the one fact": lambda order: f"Your last order has the number {order['number']}.\n\n",
}


def record_chats(written, names):
    asked_for = "What is the number of my last order?"
    return [f"{written(order_of[name])}{asked_for}" for name in names]


def own_record(written, names):
    chats = record_chats(written, names)
    out = lm.generate(chats, max_new_tokens=WORDS_AT_MOST, progress=False)
    return [
        "right" if grading.holds(text, order_of[name]["number"]) else "wrong"
        for text, name in zip(out.texts, names)
    ]


# %%
record_lab = lab.using(task="customer_records", show=False)
records = {
    name: record_lab.measure(
        name,
        people,
        partial(own_record, written),
        approach="prompt",
        prompts=partial(record_chats, written),
        settings={"max_new_tokens": WORDS_AT_MOST},
        heavy=True,
    )
    for name, written in WRITTEN.items()
}
for name, row in records.items():
    print(f"{name}: right {row.interval} of {row.n}")

# %% [markdown]
# The number stands in the prompt in both of the last two, in the last one alone, and this model still hardly ever takes
# it from there. To have a fact in the prompt is not yet to use it. Change the wording of question and fact in a copy of
# this cell: at this size a few words decide, and lesson 02 is the place to look for them.
#
# ### Format and terms, with perfect context
#
# Give the model the right quote and ask it to end with the passage's number, in brackets. Does it keep the form? And does
# the quote help as much where a question hangs on a term of Larkfield's own?

# %%
perfect = given_row("alone, free answer", few, given(few, 0), abstain=False)
form = [text.rstrip(" .").endswith("[1]") for text in perfect.answers]
split_hits = {True: [], False: []}
for q, ok in zip(few, perfect.correct):
    split_hits[q.jargon].append(bool(ok))
jargon_gap = statistics.difference_of_shares(split_hits[False], split_hits[True])
print(f"answers in the asked form: {statistics.wilson_interval(sum(form), len(form))}")
print(
    f"right: {np.mean(split_hits[True]):.2f} with a term, {np.mean(split_hits[False]):.2f} without; {jargon_gap}"
)

# %% [markdown]
# ### A hundred thousand chunks
#
# Exact search compares the question with every vector. An approximate index looks at a few hundred, and may miss some of
# the nearest ten ([recall@10](../docs/glossary.md#recall-at-k)). The vectors are real ones with noise added; 100,000 come from
# the reference results.

# %% tags=["machine"]
real = np.concatenate([entry.vectors for entry in store.entries.values()])
queries = scale.many_vectors(real, 40 if runtime.profile().value == "fast" else 200, 9)
sizes = {}
for n in (1_000, 10_000):
    for kind in scale.KINDS:
        sizes[kind, n] = vars(scale.measure(kind, scale.many_vectors(real, n), queries))
large = {kind: scale.row(kind, 100_000, real, queries, RERUN) for kind in scale.KINDS}
sizes |= {(kind, 100_000): row.details for kind, row in large.items()}
for (kind, n), told in sizes.items():
    print(
        f"{kind:11} {n:7,} chunks: built in {told['build_seconds']:6.1f} s, {told['megabytes']:5.0f} MB, query p50 "
        f"{1000 * told['p50']:.2f} ms, p95 {1000 * told['p95']:.2f} ms, recall@10 {told['recall']:.3f}"
    )

# %% [markdown]
# ### Playground
#
# Ask a question and see every stage. Without widgets, call `widgets.inspector_html(pipe, "your question")` after the
# import below and show it with `IPython.display.HTML`.

# %%
from helpers.lesson.widgets import retrieval as widgets

widgets.inspector(
    pipe.using(quotes=3, copy=True, examples=False, defend=False), asked_one.question
)

# %% [markdown]
# ## What we found
#
# Each verdict gives its outcome, the numbers behind it and whose they are, and its rule in one line. A rule of several
# parts holds only if every part does. *Underpowered*: too close to call, or unable to come out both ways, with so few
# items; how many would do stands beside. *Not tested*: nothing here measures it.
#
# Mind two: R6 has no tuned model to compare with, and R7 measures speed on copies of real vectors with noise.

# %%
claims.conclude(
    "R1",
    {"gain": [evidence.difference(closed_row, row, note=row.method) for row in read_rows]},
)
claims.conclude("R2", {"evidence": evidence.difference(sized[125], sized[500])})

# %%
stage_rows = {
    "fusing": (searched["by meaning"], searched["both, fused"]),
    "reranking": (searched["both, fused"], best_search),
    "rewriting": (as_asked, rewritten),
    "quoting": (quote_rows["both, fused"], quote_row),
    "abstaining": (quote_row, cut_row),
}
claims.conclude("R3", {name: evidence.difference(*pair) for name, pair in stage_rows.items()})
claims.conclude("R4", {"citation": cited})

# %% tags=["machine"]
claims.conclude(
    "R5",
    {
        "new value": evidence.yes("21 months" in edited and "16 months" not in edited),
        "one document": evidence.yes(embedded < vectors),
        "seconds": evidence.number(edit_seconds),
    },
)

# %%
claims.conclude(
    "R6",
    {"in context": [evidence.difference(before, row, note=row.method) for row in team]},
)

# %% tags=["machine"]
row = large["approximate"]
claims.conclude(
    "R7",
    {
        "p95": evidence.number(row.details["p95"], of=row),
        "recall@10": evidence.number(row.details["recall"], of=row),
    },
)

# %%
claims.conclude(
    "R8",
    {
        "leaks": evidence.difference(leaks["filtered"], leaks["without a filter"]),
        "left": evidence.number(sum(leaks["filtered"])),
    },
)
claims.conclude(
    "R9",
    {
        "form": evidence.share(form, of=perfect),
        "terms": evidence.independent(split_hits[False], split_hits[True], of=perfect),
    },
)

# %%
invented = [not silent for silent in graded.abstained(closed_row)]
claims.conclude("R10", {"invented": evidence.share(invented, of=closed_row)})
row = attacks["no defense"]
obeyed = [guess == "obeyed" for guess in row.predictions]
claims.conclude("R11", {"obeyed": evidence.share(obeyed, of=row)})
without, *with_it = records.values()
claims.conclude(
    "R12",
    {"record": [evidence.difference(without, row, note=row.method) for row in with_it]},
)

# %%
plots.methods(
    ledger.rows("policy_qa", "test", reference=True),
    "Questions on policies: what each method gets right",
    noun="questions",
)

# %% [markdown]
# ## Three things to remember
#
# 1. Measure finding and reading apart. Here the right chunk is nearly always found, and most errors come after that.
# 2. Try the plain baseline first: quoting the best line takes no language model, and this small one did not beat it.
# 3. Put rights into the search, not into the prompt. A citation makes an answer checkable; checking is still up to you.
#
# {{next}}
