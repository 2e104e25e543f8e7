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
# - build a small RAG: cut, search by meaning and by words, quote, ask;
# - tell errors of finding from errors of reading;
# - check whether a citation supports an answer;
# - change a document, and keep staff text out of a prompt.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** R1, R4 to R6, R8, R10, R12; in the
# [labs](#Three-things-to-remember) the rest up to R12.

# %%
#: setup

# %% [markdown]
# ## The whole idea
#
# *RAG*, retrieval-augmented generation: look it up, then let the model answer. The first row is done once.

# %%
import itertools

from helpers.lesson import diagrams

rooms = [
    ["documents", "chunks", "vectors"],
    ["question", "search", "rerank", "quote"],
    ["check", "answer", "prompt"],
]
way = [*rooms[0], "search", "rerank", "quote", "prompt", "answer", "check"]
words = (
    "Documents are cut into chunks, each chunk becomes a vector. A question is searched among "
    "them, the best are reordered, one line is quoted; the model answers from it, and a check follows."
)
diagrams.flow(rooms, [("question", "search"), *itertools.pairwise(way)], words)

# %%
from helpers.results import claims, evidence, ledger

claims.show("04", "R1", "R4", "R5", "R6", "R8", "R10", "R12")

# %% [markdown]
# ## What does it invent?
#
# Larkfield does not exist, so no model has read its policies. **Predict:** asked for what they tell, will it say
# that it does not know?

# %%
from helpers.methods.retrieval import finding, reading
from helpers.model import catalogue, embedding
from helpers.model.language_model import LanguageModel
from helpers.tasks import files, policies

lm, embedder = LanguageModel.load(), catalogue.load_embedder()
documents = policies.load_policies()
dev = policies.load_policy_questions("dev", tier="plain")
for question in dev[5:8]:
    said_so = lm.chat(policies.CLOSED_BOOK.messages(question.question), max_new_tokens=20)
    print(f"{question.question}\n  the policy: {question.answer}\n  the model:  {said_so}\n")

# %% [markdown]
# Answers stop after 20 tokens. Now the *test* questions, without a source (*closed book*): once as they are, once told to
# *abstain*: to admit it when it does not know. An answer is *good* in two cases: it is right, or no document holds the
# answer (30 of 150) and the model abstains.

# %%
read_test = policies.load_policy_questions
tests = {t: files.for_profile(read_test("test", tier=t), fast=10) for t in policies.TIERS}
asked = tests["plain"]
lab = ledger.Lab("policy_qa_plain", lm, noun="questions")
closed_row, told_row = (reading.closed_book(lab, asked, told) for told in (False, True))
for name, row in (("asked", closed_row), ("told to abstain", told_row)):
    print(f"{name}: answers {row.n - row.predictions.count('abstained')} of {row.n} questions")

# %% [markdown]
# Each of these answers is made up, or luck. Is the model at least unsure? Take the probabilities of the tokens of 30
# answers, and each answer's geometric mean: at 1 no other token was possible.

# %%
import numpy as np

chats = [policies.CLOSED_BOOK.messages(question.question) for question in asked[:30]]
sure = reading.sureness(lm, chats, closed_row.answers[:30])
print(f"per answer: {np.mean(sure):.2f} on average, {min(sure):.2f} to {max(sure):.2f}")

# %% [markdown]
# Above one half, where a token is likelier than all others together, the course says *confident*. Nothing in an answer's
# text shows this number: fluent is not sure, and sure is not true.
#
# ## Cut
#
# The documents together are too long for a prompt, so they are cut into [chunks](../docs/glossary.md#chunk). Cut a
# table in two, and the second half loses the names of its columns.

# %%
shipping = next(document for document in documents if document.id == "shipping-us")
print(shipping.text.split("\n\n")[0])

# %% [markdown]
# ### Your turn 04.1
#
# Write `pieces(text, size)`: the text in pieces of at most `size` lines, filled as long as lines fit; joined with line
# breaks they give the text again. Neighboring lines that start with `|` are a table, never cut: if it does not fit into what
# is left, it starts a new piece; only a table alone may be longer. `text.split("\n")` gives lines.
#
# With size 2, `"One.\n| a |\n|---|\n| b |\nTwo."` gives `"One."`, the table, and `"Two."`.


# %%
#: solution
def pieces(text, size):
    blocks = []
    for line in text.split("\n"):
        if line.startswith("|") and blocks and blocks[-1][-1].startswith("|"):
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


from helpers.lesson.exercises import check, hint, solution, yours

check("04.1", pieces)

# %%
from helpers.methods.retrieval import by_hand

cut = yours("04.1", pieces, by_hand.pieces)
cutter = by_hand.Lines(cut, 8)  # adds to each piece its document and the heading above it
chunks = [chunk for document in documents for chunk in cutter.split(document)]
print(f"{len(documents)} documents, {len(chunks)} chunks of about 8 lines. One of them:\n")
print(chunks[1].searched)

# %% [markdown]
# ## Embed and search
#
# MiniLM, a small [embedding](../docs/glossary.md#embedding) model, turns a text into a *unit vector*, of length 1. It
# reads a text only up to a limit, and **silently drops the rest**; the course warns.


# %%
def embed(texts):
    return embedding.embed(embedder, texts)


vectors = embed([chunk.searched for chunk in chunks])
longer = embedding.cut(embedder, [chunk.searched for chunk in chunks])
print(f"vectors: {vectors.shape}; chunks that MiniLM does not read to their end: {len(longer)}")

# %% [markdown]
# ### Your turn 04.2
#
# Write `search(vectors, query, k)`: the positions of the k rows of `vectors` (n × d, unit vectors) nearest to `query`,
# a unit vector; whole numbers, nearest first. Near means a large dot product. For unit vectors that is their *cosine*:
# 1 for the same direction, 0 for unrelated.


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
nearest = yours("04.2", search, by_hand.search)
price = "What does Larkfield Plus cost a month?"
for place in nearest(vectors, embed([price])[0], 3):
    print(chunks[place].place)

# %% [markdown]
# ## And by words
#
# A vector blurs rare words and numbers. [BM25](../docs/glossary.md#bm25), a search by equal words, keeps them. Cosines
# and BM25 scores have no common scale; ranks do.

# %% [markdown]
# ### Your turn 04.3
#
# Write `fused(first, second, constant)`: one list of ids, best first, from two. Each list adds `1 / (constant + rank)` to
# the score of each of its ids, ranks counted from 1; every id comes once. `fused(["a", "b"], ["b", "c"], 5)` gives b, a, c.
# A small constant makes first places count more; the course takes 5.


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

# %%
fuse = yours("04.3", fused, by_hand.fused)
by_words = by_hand.word_search(chunks)


def find(question, k=4):
    by_meaning = nearest(vectors, embed([question])[0], 50)
    both = fuse(list(by_meaning), by_words(question, 50), 5)
    return [chunks[place] for place in list(both)[:k]]


for chunk in find(price):
    print(chunk.place)

# %% [markdown]
# ## Quote
#
# Four chunks are much for a small model. One line may do, if it reads alone. What does
# `| Swift | 2 working days | $11.60 |` say without its columns' names?
#
# ### Your turn 04.4
#
# Write `rows(table)`. It gets a list of lines: names of columns, a rule of dashes, then rows, if any. Return a list,
# each row a text such as `size: small; fee: $3`, cells without spaces around them.


# %%
#: solution
def rows(table):
    names, *lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in table
    ]
    return [
        "; ".join(f"{name}: {cell}" for name, cell in zip(names, cells)) for cells in lines[1:]
    ]


#: why The names stand once at the top and belong to every row. Pairing them with the cells makes each row a small text of
# its own, which can be embedded, found and read alone.
#: stub
#| def rows(table):
#|     ...
#: end

check("04.4", rows)

# %%
readable = yours("04.4", rows, by_hand.rows)


def quote(question):
    lines = [(c, line) for c in find(question) for line in by_hand.lines_of(c.text, readable)]
    texts = [f"{chunk.place}. {line}" for chunk, line in lines]
    (best,) = nearest(embed(texts), embed([question])[0], 1)
    return lines[best]


print(quote(price)[1])

# %% [markdown]
# This was your `search`, among the lines of four chunks.
#
# ## Ask: a RAG in twenty lines
#
#  **Predict:** in lesson 00 the model read this price off a given line. Will it now?


# %%
def rag(question):
    chunk, line = quote(question)
    prompt = f"{chunk.place}: {line}\n\nUse only the text above. Answer in one short sentence: {question}"
    return lm.chat(prompt, max_new_tokens=20), chunk, line


for question in (price, dev[6].question, dev[8].question):
    answer, chunk, line = rag(question)
    print(f"{question}\n  quote:  {line}  [{chunk.id}]\n  answer: {answer}\n")

# %% [markdown]
# A right quote can be read wrongly: more below. Does the course's version do the same? Both search your
# chunks for all of *dev*.

# %%
from helpers import statistics
from helpers.methods.retrieval import chunking, index, pipeline

indexed = index.Index.build(documents, embedder, cutter, by_sentence=False)
course_search = pipeline.Pipeline(
    indexed, lm, pipeline.Settings(rerank=False, max_new_tokens=20)
)
tiers_dev = [policies.load_policy_questions("dev", tier=tier) for tier in policies.TIERS]
asked_dev = [question.question for some in tiers_dev for question in some]
theirs = course_search.retrieve(asked_dev)
agree = [find(q, 1)[0].id == r.kept[0].chunk.id for q, r in zip(asked_dev, theirs)]
print("the same chunk comes first:", statistics.wilson_interval(sum(agree), len(agree)))

# %% tags=["machine"]
import time

some = [question.question for question in dev[:12]]
quick = course_search.using(quotes=1, examples=False, cite=False, abstain=False)
quick.ask(some[:2])  # what is computed once for all questions does not count
started = time.perf_counter()
one_by_one = [rag(question) for question in some]
between = time.perf_counter()
together = quick.ask(some)
print(f"yours, one by one: {(between - started) / len(some):.2f} seconds a question")
print(f"the course's, all at once: {(time.perf_counter() - between) / len(some):.2f} seconds")

# %% [markdown]
# ## Is it found?
#
# The course cuts at headings, and adds two things: a vector for every sentence and row (a chunk scores by its best
# one), and [reranking](../docs/glossary.md#reranking): MiniLM compares each word of the question with each word of 16
# candidates.

# %% [markdown]
# [hit@k](../docs/glossary.md#hit-at-k): the share of questions whose *evidence*, the line with the answer, is in the
# first k chunks. *Plain* questions are asked as customers ask; *hard* ones avoid the documents' words. *By lines,
# fused*: the chunks of 04.1. **Predict:** what finds most at k = 1?

# %%
from helpers.lesson import plots

spans = chunking.token_spans(lm.tokenizer)
store = index.Index.build(documents, embedder, chunking.Chunker(spans))
pipe = pipeline.Pipeline(store, lm, pipeline.Settings(max_new_tokens=20))
WAYS = {"by lines, fused": course_search}
for name, search_by in (("by words", "bm25"), ("by meaning", "dense"), ("fused", "fusion")):
    WAYS[name] = pipe.using(search=search_by, rerank=False)
WAYS["fused, reranked"] = pipe

# %%
first_rank = {}
for tier, questions in tests.items():
    first_rank[tier] = {n: finding.ranks(w, questions, documents) for n, w in WAYS.items()}
    hit = {n: finding.hit_curve(ranks, (1, 2, 4, 8)) for n, ranks in first_rank[tier].items()}
    plots.curves(hit, f"Finding: {tier} questions", ("k, chunks kept", "hit@k on test"))
    for less, more in itertools.pairwise(("by meaning", "fused", "fused, reranked")):
        pair = (finding.hits(first_rank[tier][way], 1) for way in (less, more))
        print(f"hit@1, {more} minus {less}: {statistics.compare_hits(*pair)}")

# %% [markdown]
# ## Is it read?
#
# Found is not read. Five things in the prompt: nothing, the best quote, three of them, the best chunk whole, and the *gold*
# evidence, which a perfect search would bring. **Predict:** what reads best?

# %%
from helpers.lesson.said import said

read = reading.by_context(lab, pipe, asked, documents)
for name, row in read.items():
    form = f"best of {row.tries} prompts on dev" if row.tries else "one prompt for all"
    print(f"{name:14} good {row.interval} of {row.n} questions, {form}{row.mark}")
print(
    said(
        ledger.compare(read["closed book"], read["one quote"]),
        above="With one quote, more answers are good: {found}.",
        below="With a quote it does worse than from memory: {found}.",
        unclear="Whether one quote helps cannot be told here: {found}.",
    )
)

# %% [markdown]
# *Closed book* is the model alone. How to ask was chosen on dev; here is every try for one quote:

# %%
from IPython.display import Markdown, display

from helpers.lesson import reader_tries

display(Markdown(reader_tries.table(lm, "plain", "one quote")))

# %%
from helpers.lesson.plots.retrieval import error_sources

reranked = first_rank["plain"]["fused, reranked"]
three = ("one quote", "three quotes", "best chunk")
split = {name: finding.sources(read[name], reranked, 4) for name in three}
error_sources(split, "Where answers go wrong: finding, or what comes after")

# %% [markdown]
# *Found*: the evidence is in one of the four chunks kept. The prompt shows less of them, so what fails after that is
# choosing or reading. The tables show shares of good answers; a dash: not measured. Below each, a large hosted model, asked once: a ceiling, not a rival.
# Closed book it mostly abstains, which is good where no policy answers.

# %%
from helpers.lesson import scales
from helpers.methods import recorded

asked_as = [f"reader, {context}" for context in reading.CONTEXTS]
for tier, task in policies.TIERS.items():
    display(Markdown(f"**{tier} questions**\n\n{scales.side_by_side(task, asked_as)}"))
    for row in recorded.rows():
        if row.task == task:
            print(f"large hosted model, {row.method}: {row.interval}")

# %% [markdown]
# Read down a column for what context buys; where a second model was measured, along a line for what another, larger model buys. *All
# that fits*: as many chunks as 1,500 tokens hold.
#
# ## Can you check it?
#
# A [citation](../docs/glossary.md#citation) names the quote that an answer rests on. Here the model must give it, with
# three numbered quotes in the prompt.

# %%
cited_row, quotes_cited = reading.cited(lab, pipe, asked)
for item in cited_row.ids[:3]:
    print(f"{cited_row.details['answers'][item]}\n  cites: {quotes_cited[item]}\n")

# %% [markdown]
# A citation is worth something only if somebody checks it. A program can check a little, by the `content_words` of a
# text: without the commonest, numbers as digits. A *number* is a word that starts with a digit.

# %%
from helpers.tasks.grading import content_words

print(content_words("Within 12 days."), content_words("It takes twelve days."))

# %% [markdown]
# ### Your turn 04.5
#
# Write `supported(answer, quote)`: True if the quote holds every number of the answer, and at least half of its content
# words, each counted once; an answer without such a word is not supported.


# %%
#: solution
def supported(answer, quote):
    said, held = set(content_words(answer)), set(content_words(quote))
    numbers = {word for word in said if word[0].isdigit()}
    return bool(said) and numbers <= held and 2 * len(said & held) >= len(said)


#: why Whole words are compared, so that 12 is not found in 128. A number must be there exactly, for a wrong number is the
# costliest error; other words may differ in form, so half of them will do.
#: stub
#| def supported(answer, quote):
#|     ...
#: end

check("04.5", supported)

# %%
from helpers.methods.retrieval.passages import without_citations

supports = yours("04.5", supported, by_hand.supported)
checked = {}
for item, text in zip(cited_row.ids, cited_row.answers):
    checked[item] = any(supports(without_citations(text), q) for q in quotes_cited[item])
right = reading.right(cited_row)
wrong = [i for i, given in zip(cited_row.ids, cited_row.predictions) if given == "wrong"]
held = {name: [checked[i] for i in ids] for name, ids in (("right", right), ("wrong", wrong))}
for name, hits in held.items():
    print(f"{name} answers: {sum(hits)} of {len(hits)} cite what supports them")

# %%
if right and wrong:
    more = statistics.difference_of_shares(held["wrong"], held["right"])
    above = "Right answers are supported more often than wrong ones: {found}."
    below = "Right answers are supported less often than wrong ones: {found}."
    unclear = "Whether support tells right from wrong is too close to call: {found}."
    print(said(more, above=above, below=below, unclear=unclear))
astray = next((item for item in wrong if checked[item]), None)
if astray:
    question = next(question for question in asked if question.id == astray)
    print("\nwrong, and supported:", question.question)
    print(" ", cited_row.details["answers"][astray])

# %% [markdown]
# Support is no proof: a quote can hold an answer's number and words, and say something else. Look at the pair above: what
# was asked, what answered?
#
# ## Change a policy, ask again
#
# A credit expires after 16 months. Make it 21, embed that one document again, and search: the line is the answer.
# Nothing is trained.

# %% tags=["machine"]
from dataclasses import replace

old = next(document for document in documents if document.id == "plus-billing")
new = replace(old, text=old.text.replace("after 16 months", "after 21 months"))
expires = "How long before the carry-over credit expires?"
print("before:", finding.best_line(pipe, expires))
started = time.perf_counter()
embedded = store.update(new)
edited = finding.best_line(pipe, expires)
edit_seconds = time.perf_counter() - started
restored = store.update(old)
print(f"after:  {edited}")
print(f"{embedded} chunks and sentences embedded again, {edit_seconds:.1f} seconds in all")

# %% [markdown]
# ## Would tuning have done?
#
# One article tells of a support team that tuned a model because its answers were generic; it lacked the policies. So,
# on questions that non-staff documents answer: the model alone, with a quote, and *tuned*, without policies: trained on
# the answers to all training questions (lesson 05 shows how), three times. Some training questions ask for the same
# facts. **Predict:** which is best?

# %%
staff = {document.id for document in documents if document.audience == "staff"}
public = [q for q in asked if q.answerable and not staff & set(q.documents)]
public = [q for q in public if q.id in read["one quote"].ids]
tuned_rows = reading.tuned(lab, public)
before, after = (read[c].cut([q.id for q in public]) for c in ("closed book", "one quote"))
arms = {"alone": before, "with a quote": after}
arms |= {f"tuned, alone, seed {row.seed}": row for row in tuned_rows}
for name, row in arms.items():
    print(f"{name}: {sum(row.correct)} of {row.n} right{row.mark}")

# %% [markdown]
# ## Who may see what
#
# Some documents are for staff. Ask all hard questions as a member of the public, and add nosy ones that begin with an
# order to the model. **Predict:** how often would staff text come into the prompt?

# %%
hard = [q.question for s in policies.QUESTION_SPLITS for q in policies.load_policy_questions(s)]
nosy = ("What may agents credit at most?", "What puts an account on the amber list?")
hard += [f"{planted.text} {ask}" for planted in policies.load_injections() for ask in nosy]
leaks = {}
for name, where in (("without a filter", index.EVERYTHING), ("filtered", index.PUBLIC)):
    answers = pipe.using(rerank=False).retrieve(hard, where)
    leaks[name] = [any(h.chunk.audience == "staff" for h in one.kept) for one in answers]
    print(f"{name}: staff text in {sum(leaks[name])} of {len(hard)} prompts")

# %% [markdown]
# The filter acts before the search. What never reaches the prompt cannot be talked out of the model.
#
# ## The customer's own record
#
# No policy says what a customer ordered; a record does. For some customers: nothing in the prompt, the whole record, or
# its one fact, and two ways to say and to ask it. **Predict:** which of the six is read best?

# %%
from helpers.methods.retrieval import own_record

orders = [c["last_order"] for c in policies.load_customers() if c.get("last_order")]
fact = "The customer's last order is number {}."
ask = "What is the number of the customer's last order? Answer in one sentence."
WORDINGS = {
    "your, my": ("Your last order has the number {}.", "What is the number of my last order?"),
    "the customer's": (fact, ask),
}
records = {}
for wording, texts in WORDINGS.items():
    for given, row in own_record.read_from(lm, wording, orders, *texts).items():
        records[wording, given] = row.correct
        print(f"{wording:15} {given:13} right {row.interval} of {row.n}")

# %% [markdown]
# The number may come without its `LF-`. Compare the one fact with the whole record, then its two wordings (one asks
# for a sentence). **Wording is part of reading.**
#
# ### Playground
#
# Ask, and see every stage, as the public and as staff. Without widgets, show
# `IPython.display.HTML(widgets.inspector_html(pipe, "your question"))`.

# %%
from helpers.lesson.widgets import retrieval as widgets

widgets.inspector(pipe.using(quotes=3, examples=False), price)

# %% [markdown]
# ## What we found
#
# *Underpowered*: too few items for the rule to come out either way. So it is with R4 where few answers are right: even
# perfect ones could not hold, so bad ones refute nothing.

# %%
alone, useful = read["closed book"], ("one quote", "best chunk")
gain = [evidence.difference(alone, read[name], note=name) for name in useful]
claims.conclude("R1", {"gain": gain})
backed = reading.backed(cited_row, quotes_cited)
claims.conclude("R4", {"citation": evidence.share(backed, of=cited_row)} if backed else {})
in_context = evidence.difference(before, after)
against = {"against tuning": evidence.over_runs(tuned_rows, [after])} if tuned_rows else {}
claims.conclude("R6", {"in context": in_context} | against)

# %% tags=["machine"]
all_texts = sum(len(entry.owner) for entry in store.entries.values())
swapped = evidence.yes("21 months" in edited and "16 months" not in edited)
part = evidence.yes(embedded < all_texts)
seconds = evidence.number(edit_seconds)
claims.conclude("R5", {"new value": swapped, "one document": part, "seconds": seconds})

# %%
fewer = evidence.difference(leaks["filtered"], leaks["without a filter"])
left = evidence.number(sum(leaks["filtered"]))
claims.conclude("R8", {"leaks": fewer, "left": left})
invented = [guess != "abstained" for guess in closed_row.predictions]
how_sure = evidence.number(statistics.mean_interval(sure), len(sure), of=closed_row)
claims.conclude("R10", {"invented": evidence.share(invented, of=closed_row), "sure": how_sure})

# %% [markdown]
# For R12, wording and what is shown are chosen on half of the customers and judged on the other half.
# The verdict is on what was chosen: see the brackets.

# %%
best, without, with_record = own_record.other_half(records)
by_record = evidence.difference(without, with_record, model=lm.name, note=", ".join(best))
claims.conclude("R12", {"record": by_record})

# %% [markdown]
# At larger sizes, R1 and R4 rest on 40 questions under one prompt, the table above on 150 under each context's best: so
# the figures differ. R10 asks without allowing silence.

# %%
from helpers.results import verdicts

display(Markdown(verdicts.elsewhere("R1", "R4", "R10", "R12")))

# %% [markdown]
# ## Three things to remember
#
# 1. Measure finding and reading apart. They fail for different reasons, and want different repairs.
# 2. Wording is part of reading, and a citation makes an answer checkable, not correct.
# 3. Put facts and rights into the search: both change at once, without training.

# %% [markdown]
# Labs: [Which parts of a search earn their place?](labs/04_search.ipynb) ·
# [What can a retrieved text do to an answer?](labs/04_trust.ipynb)
#
# {{next}}
