# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Which parts of a search earn their place?
#
# **After this lesson you can**
#
# - choose a size for chunks that your embedder really reads;
# - switch off one stage at a time, and say what it was worth;
# - say what a growing collection does to a search, up to the size measured here;
# - tune an embedder in a loop that you can see.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** R2, R3, R7.

# %%
#: setup

# %%
from helpers import statistics
from helpers.lesson import plots
from helpers.methods.retrieval import by_hand, chunking, finding, index, pipeline, reading
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger
from helpers.tasks import files, policies

# %%
claims.show("04", "R2", "R3", "R7")
lm, embedder = LanguageModel.load(), catalogue.load_embedder()
documents = policies.load_policies()
spans = chunking.token_spans(lm.tokenizer)

# %% [markdown]
# The questions of lesson 04 that have an answer: *plain* ones, as customers ask, and *hard* ones, which avoid the documents'
# words. [hit@4](../../docs/glossary.md#hit-at-k): is the line with the answer in one of the first four chunks? So many of
# each:

# %%
asked = {}
for tier in policies.TIERS:
    some = [q for q in policies.load_policy_questions("test", tier=tier) if q.answerable]
    asked[tier] = files.for_profile(some, fast=10)
everyone = [question for some in asked.values() for question in some]
print({tier: len(some) for tier, some in asked.items()})

# %% [markdown]
# ## How large is a chunk that is read?
#
# One article says 500 to 1,000 tokens. [MiniLM](../../docs/glossary.md#minilm), the model that makes a vector of each text for
# the search by meaning, reads 256 word pieces of a text and drops the rest. **Predict:** of chunks of 500 tokens, how many
# does it read to their end?

# %%
sized, told = {}, []
for size in (125, 250, 500, 1000):
    cutter = chunking.Chunker(spans, "tokens", size, overlap=size // 5)
    sized[size] = index.Index.build(documents, embedder, cutter)
    texts = [chunk.searched for chunk in sized[size].chunks]
    longer = len(embedding.cut(embedder, texts))
    told.append(f"{size:5} tokens: {len(texts):4} chunks, {longer} not read to the end")
print("", *told, sep="\n")

# %% [markdown]
# Above the table the embedder itself warns of texts that it cuts; it will again below. (A *token* there is one of its own
# word pieces; our sizes count those of the language model.) A large chunk is not lost, though:
# here every *sentence* has a vector too, and a chunk scores by its best one. So all sizes are read whole, and can be
# compared. At 1,000 a chunk is a whole document.

# %% [markdown]
# They are, in two ways: the first four chunks, however long (*equal k*), and as many chunks as 1,000 tokens of prompt hold
# (*equal budget*).

# %%
found = {"first four chunks": {}, "first 1,000 tokens": {}}
for size, store in sized.items():
    pipe = pipeline.Pipeline(store, lm, pipeline.Settings(retrieve=40, rerank=False))
    first = finding.ranks(pipe, everyone, documents)
    found["first four chunks"][size] = finding.hits(first, 4)
    found["first 1,000 tokens"][size] = finding.in_budget(
        pipe, everyone, documents, spans, 1000
    )
curves = {
    name: {
        size: [statistics.wilson_interval(sum(hits), len(hits))] for size, hits in some.items()
    }
    for name, some in found.items()
}
plots.curves(curves, "Chunk sizes, read whole", ("tokens of a chunk", "share found"))

# %% [markdown]
# Mind the axis, which does not begin at 0. With equal k a larger chunk brings more text, and pays for it in the prompt; under
# one budget the sizes compete. But found is not read. The last race is on right answers to plain questions: the same 1,000
# tokens, of small chunks or of large ones. First the two differences in the share found, then the answers.

# %%
lab = ledger.Lab("policy_qa_plain", lm, noun="questions")
answers = {}
for size in (125, 500):
    pipe = pipeline.Pipeline(sized[size], lm, pipeline.Settings(retrieve=40, rerank=False))
    answers[size] = reading.filled(lab, pipe, asked["plain"], spans, size, budget=1000)
for name, hits in found.items():
    print(f"{name}, 500 minus 125:", statistics.compare_hits(hits[125], hits[500]))
for size, row in answers.items():
    print(f"right answers from chunks of {size}: {row.interval} of {row.n}{row.mark}")
print("right answers, 500 minus 125:", ledger.compare(answers[125], answers[500]))

# %% [markdown]
# On the course's rows few answers are right from either size. With fewer words to read and another prompt the same model
# gets more right, as a cell below shows. So this race says little of sizes.

# %% [markdown]
# Had we used only one vector a chunk, chunks of 500 would have been judged by their first half. How much do the vectors of
# sentences bring? Chunks of 125 are read to their end, so their line shows what such vectors bring in any case; only what 500
# gains beyond that can be due to the cut.

# %%
from helpers.lesson.said import said

by_vectors = {}
for size in (125, 500):
    cutter = chunking.Chunker(spans, "tokens", size, overlap=size // 5)
    blurred = index.Index.build(documents, embedder, cutter, by_sentence=False)
    by_meaning = pipeline.Settings(search="dense", retrieve=40, rerank=False)
    whole = pipeline.Pipeline(blurred, lm, by_meaning)
    parts = pipeline.Pipeline(sized[size], lm, by_meaning)
    by_vectors[size] = [
        finding.hits(finding.ranks(pipe, everyone, documents), 1) for pipe in (whole, parts)
    ]
    gain = statistics.compare_hits(*by_vectors[size])
    print(f"{size} tokens, hit@1, with sentences minus without:", gain)
(without, sentences), (without_500, sentences_500) = by_vectors.values()
more = statistics.interaction(without, without_500, sentences, sentences_500)
above = "At 500 sentences bring more than at 125: {found}."
below = "At 500 sentences bring less than at 125: {found}."
unclear = "Whether sentences bring more at 500 than at 125 is too close to call: {found}."
print(said(more, above=above, below=below, unclear=unclear))

# %% [markdown]
# Sentences bring much at both sizes. If they bring more at 500, it may be the cut, or that one vector blurs a long chunk
# more. (The measure is the first place alone, by meaning alone.)

# %% [markdown]
# ## One stage changed at a time
#
# Four stages stand around the search by meaning. *Rewriting*: the model puts the question in other words first. *Words*:
# search by words, too ([BM25](../../docs/glossary.md#bm25)). [*Reranking*](../../docs/glossary.md#reranking): put the best
# candidates in a better order. *Validating*: check the answer. Does each earn its place? Hard questions should leave it room
# to help. How much, the first line below says: a stage that is added can only find what was missed so far.

# %%
store = index.Index.build(documents, embedder, chunking.Chunker(spans))
full = pipeline.Pipeline(store, lm, pipeline.Settings(max_new_tokens=20))
rewriter = pipeline.rewriter(lm, policies.REWRITE)
STAGES = {
    "all, as asked": full,
    "without words": full.using(search="dense"),
    "without meaning": full.using(search="bm25"),
    "without reranking": full.using(rerank=False),
    "with rewriting": pipeline.Pipeline(store, lm, full.settings, rewriter),
}
ranks = {name: finding.ranks(pipe, asked["hard"], documents) for name, pipe in STAGES.items()}

# %%
from helpers.lesson.plots.tuning import differences

against = {name: finding.hits(some, 4) for name, some in ranks.items()}
base = against.pop("all, as asked")
changes = {name: statistics.compare_hits(base, hits) for name, hits in against.items()}
print(f"all, as asked: {sum(base)} of {len(base)} found, {len(base) - sum(base)} missed")
for name, change in changes.items():
    print(f"{name}: {change}")
gaps = {name: change.difference for name, change in changes.items()}
differences(
    gaps, "Hard questions, one stage changed", "hit@4, changed minus as asked", "no change"
)

# %% [markdown]
# Left of the line, a change found less, to the right more. A filled point says that its interval leaves out zero; "better" or
# "worse" is said only where lesson 01's exact test ([McNemar's](../../docs/glossary.md#mcnemar-test)) agrees. An added
# stage can win only what was missed, and one that is taken away lose only what it had found. With these questions not one
# is shown to earn its place, nor to be useless; reranking is asked once more below, on plain questions too.

# %% [markdown]
# Lesson 04 counted first places alone, and reranked nothing; among four there is less left to win. The rewriting
# is searched for together with the question, so that a poor one costs little. With follow-ups ("and how long is that?"),
# which this set lacks, it has more to do.

# %% [markdown]
# ### Your turn 04.8
#
# How many chunks should go on? Write `smallest_k(ranks, target)`: the smallest k whose hit@k is at least `target`, or 0
# if none is. `ranks` holds for each question the rank of the first right chunk, 0 if none was found. The next cell
# prints with it the k that each target needs. `[1, 3, 0, 2]` with a target of 0.75 gives 3.


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


from helpers.lesson.exercises import check, hint, solution, yours

check("04.8", smallest_k)

# %%
enough = yours("04.8", smallest_k, by_hand.smallest_k)
for tier in policies.TIERS:
    chosen_on = [q for q in policies.load_policy_questions("dev", tier=tier) if q.answerable]
    first = list(finding.ranks(full, chosen_on, documents).values())
    few, more = (enough(first, target) for target in (0.9, 0.98))
    print(f"{tier}, chosen on dev: hit@k of 0.90 needs k = {few}, 0.98 needs k = {more}")

# %% [markdown]
# The last stage, *validate*: trust an answer more if a quote that it cites holds all numbers and half of the words of the
# answer (exercise 04.5 of the lesson). The citation itself, [1], is no number of the answer, and is taken off first. On
# plain questions, are such answers more often right than the others?

# %%
from helpers.methods.retrieval import passages

plain = files.for_profile(policies.load_policy_questions("test", tier="plain"), fast=10)
cited_row, quoted = reading.cited(lab, full, plain)
right, answerable = set(reading.right(cited_row)), {question.id for question in asked["plain"]}
backed = {True: [], False: []}
for item, text in zip(cited_row.ids, cited_row.answers):
    if item in answerable:
        answer = passages.without_citations(text)
        supported = any(by_hand.supported(answer, quote) for quote in quoted[item])
        backed[supported].append(item in right)
for supported, hits in backed.items():
    name = "supported by a quote it cites" if supported else "not supported"
    print(f"{name}: {sum(hits)} of {len(hits)} answers right{cited_row.mark}")

# %% [markdown]
# On the course's rows they are not: of the answers that a quote supports, no larger share is right. A quote can say what the
# answer says, and not what was asked. (But these are few: the verdict says whether they can settle it.)

# %% [markdown]
# ## In a large collection
#
# Our policies are few. Add real text: documentation and comments of the software that this course runs on, and of
# Python, cut to passages of 60 words and drawn at random. Searched by meaning alone, with one vector a chunk.
# **Predict:** of hit@4, how much is left with 1,000 passages more?

# %% [markdown]
# Embedding 100,000 passages takes an hour on two cores. So what is found comes from the course's rows; a size without a row
# is named and left out. The times are of this machine, now: as many vectors, made at random, since a search that compares
# all takes as long whatever they say. *p95*: 95 of 100 questions take less, their own embedding included.

# %% tags=["machine"]
import numpy as np
from helpers.methods.retrieval import grown

cutter = chunking.Chunker(spans)
grown_rows, p95 = {}, {}
for more in (0, 1_000, 10_000, 100_000):
    row = grown.at_hand(embedder, documents, asked["plain"], cutter, more, live=0)
    took = grown.seconds(embedder, documents, asked["plain"], cutter, more)
    p95[more] = float(np.quantile(took, 0.95))
    if row:
        grown_rows[more] = row
        print(f"{more:,} more: hit@4 {row.interval}{row.mark}")
    print(f"{more:,} more: p95 {1000 * p95[more]:.0f} milliseconds here")

# %%
largest = max(grown_rows)
if len(grown_rows) > 2:
    sizes = {f"{more:,}": [row.interval] for more, row in grown_rows.items()}
    kept = [("by meaning", f"{more:,}") for more, row in grown_rows.items() if row.reference]
    names = ("passages added", "hit@4")
    plots.curves({"by meaning": sizes}, "As the collection grows", names, reference=kept)
print(
    f"hit@4, {largest:,} more minus none:", ledger.compare(grown_rows[0], grown_rows[largest])
)
for package, (version, count) in grown_rows[largest].details.get("packages", {}).items():
    print(f"  of these passages, {count:,} from {package} {version}")

# %% [markdown]
# These passages speak of software, so they should be easy to tell from policies; what they displace all the same, the
# first line says. As many policies of other companies would be harder; no such text is at hand here. The list says what
# they are of; on other machines it may be other software.

# %% [markdown]
# How much of a query's time goes into embedding the question? Compare p95 with none added. R7 allows 50 milliseconds, and a
# loss of 0.1 at most. What holds up to the largest size measured says nothing of a larger one.

# %% [markdown]
# ## Tune the embedder
#
# MiniLM never saw Larkfield. Show it training questions, plain and hard, each with the chunk that answers it: pull the two
# together, and push the other chunks of the batch away. Each question is scored with all chunks of its batch, and the loss
# is small when its own scores highest. (The loop embeds twice, only to save memory.)

# %% [markdown]
# First, questions on a fact that a test question asks about are left out, be it in other words.

# %%
import inspect

from helpers.methods.retrieval import tuned_embedder

train = [q for t in policies.TIERS for q in policies.load_policy_questions("train", tier=t)]
apart = tuned_embedder.apart(train, everyone, documents)
print(f"{len(apart)} of {len(train)} training questions are left. The loop that learns them:\n")
print(inspect.getsource(tuned_embedder.tune))

# %%
learned = tuned_embedder.pairs(files.for_profile(apart, fast=40), store.chunks, documents)
dense = {"search": "dense", "rerank": False}
before = finding.hits(finding.ranks(full.using(**dense), everyone, documents), 4)
after = {}
for seed in (1, 2, 3):
    tuned = tuned_embedder.tune(embedder, learned, seed=seed)
    again = index.Index.build(documents, tuned, chunking.Chunker(spans))
    pipe = pipeline.Pipeline(again, lm, full.settings).using(**dense)
    after[seed] = finding.hits(finding.ranks(pipe, everyone, documents), 4)
    print(f"seed {seed}, tuned minus not:", statistics.compare_hits(before, after[seed]))
reranked = finding.hits(finding.ranks(full.using(search="dense"), everyone, documents), 4)
print("reranked minus not:", statistics.compare_hits(before, reranked))

# %% [markdown]
# All these are differences in hit@4, by meaning alone, on plain and hard test questions. The seeds share
# these questions, and only a line that ends in *better* shows a gain. The last line is for comparison: reranking in the place of
# tuning, on the same questions, gains too, and needs no training.

# %% [markdown]
# ### Playground
#
# Change the question, and see what each way of searching puts first.

# %%
question = "Can I send a plug back after I opened it?"
for name, pipe in STAGES.items():
    (one,) = pipe.retrieve([question])
    print(f"{name:18} {one.kept[0].chunk.place if one.kept else 'nothing'}")

# %% [markdown]
# ## What we found
#
# For each verdict its numbers, whose they are, and its rule. *Above 0, by at least 0.03* asks for both: the whole interval
# above 0, and an estimate of at least 0.03. [*Underpowered*](../../docs/glossary.md#underpowered): too few items for
# the rule to come out either way; the verdict says with how many it could. *Not tested*: a part was not measured.

# %%
within = {name: evidence.difference(hits[125], hits[500]) for name, hits in found.items()}
claims.conclude(
    "R2",
    {
        "equal k": within["first four chunks"],
        "equal budget": within["first 1,000 tokens"],
        "answers": evidence.difference(answers[125], answers[500]),
    },
)

# %%
validated = (
    evidence.independent(backed[False], backed[True], of=cited_row)
    if all(backed.values())
    else []
)
claims.conclude(
    "R3",
    {
        "words": evidence.difference(against["without words"], base),
        "reranking": evidence.difference(against["without reranking"], base),
        "rewriting": evidence.difference(base, against["with rewriting"], model=lm.name),
        "validating": validated,
    },
)

# %% tags=["machine"]
whole = {}
if largest == 100_000:
    many = grown_rows[largest]
    whole["found"] = evidence.difference(grown_rows[0], many)
    whole["p95"] = evidence.number(p95[largest])
claims.conclude("R7", whole)

# %% [markdown]
# ## Three things to remember
#
# 1. Give every sentence a vector, too: by meaning alone it found more, even where nothing was cut. And know how much your
#    embedder reads.
# 2. Judge a stage by switching it off, on questions where it can matter.
# 3. Choose k, sizes and stages on dev. The comparisons on test are for the verdicts.
#
# {{next}}
