# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # Can one adapter serve two tasks?
#
# **After this lesson you can**
#
# - let one set of tuned weights do two tasks, told apart by the prompt alone;
# - count how often the form of one leaks into the other;
# - say what the second task cost the first.
#
# **Time and memory:** {{measured}}, plus your reading. **Claims tested here:** H3, from article E "When to
# Use Which".

# %%
#: setup

# %% [markdown]
# ## One core, two prompts
#
# "Tune the core, prompt for the task", says article E (H3). The *core* here is the course's *assistant*
# [adapter](../../docs/glossary.md#adapter). It first learned to read passages of
# [Larkfield's](../../docs/glossary.md#larkfield) policies, then from 100 *replies* to customers, in the company's voice, and
# from 40 *notes* for agents: the answer in a few words, and the number of its passage. All were on *hard* questions, in other
# words than the policy's.

# %% [markdown]
# One set of weights; only the prompt says which of the two is wanted. Ask the same question both ways. **Predict:** will you
# be able to tell which is which?

# %%
from helpers.methods import adapters, assistant, reader, reader_examples, recipe_choices
from helpers.model.language_model import LanguageModel
from helpers.tasks import files, policies

lm = LanguageModel.load()
core = adapters.get(lm, "assistant")
documents = policies.load_policies()
search = reader_examples.search_of(lm, documents)
steps = assistant.load_next_steps("test")

# %%
one = policies.load_policy_questions("dev", tier="plain")[:1]
found = reader_examples.find(search, one)
as_note = reader.write_prompts(lm, one, found)[0]
as_reply = assistant.write_prompts(lm, one, found, steps[:1])[0]
for form, prompt in (("note", as_note), ("reply", as_reply)):
    print(f"asked for a {form}: {prompt.messages[0]['content'][:80]} …")
    print(f"→ {core.chat(prompt.messages, max_new_tokens=80)}\n")

# %% [markdown]
# A text in the form of the other task is a *leak*. Look at the first text above, where a note was asked for: did a note come,
# or a reply? To count leaks you need a test of form.

# %% [markdown]
# ### Your turn 07.8
#
# Write `form_of(text)`; it returns the first of these words that fits. White space around the text does not
# count.
#
# - `"reply"`: the text begins with `voice.OPENING`.
# - `"note"`: it is `passages.ABSTENTION`; or it is one line of at most 20 words, as `split()` counts them, and ends with a
#   citation, such as `[2]` or `[1, 3]`, with or without a period after it. `passages.CITED` is a regular expression for a
#   citation.
# - `"neither"`: all else.

# %%
import re

from helpers.methods import combining as own
from helpers.lesson.exercises import check, hint, solution, yours
from helpers.methods.retrieval import passages
from helpers.tasks import voice


#: solution
def form_of(text):
    text = text.strip()
    if text.startswith(voice.OPENING):
        return "reply"
    ends = text == passages.ABSTENTION or re.search(passages.CITED + r"\.?$", text)
    return "note" if ends and "\n" not in text and len(text.split()) <= 20 else "neither"


#: why A leak is a text in the other task's form, so each form needs a test that the other cannot pass: how a reply opens,
# how a note ends. What passes neither test is broken, which is another fault than a leak.
#: stub
#| def form_of(text):
#|     ...
#: end

check("07.8", form_of)

# %% [markdown]
# How the core is trained, its *recipe*, was chosen on dev: every question of dev was asked both ways, and what counts is
# said below. The first edition had fixed it by hand after reading replies on its test. So it was held against five others.

# %%
print(recipe_choices.ships("assistant"))

# %% [markdown]
# **Predict:** would more training than that have helped, or less?

# %%
from IPython.display import Markdown

Markdown(recipe_choices.table("assistant", lm.name))

# %% [markdown]
# On the course's rows the course's own came out best, so it stayed. The count leaves out the form of a note, so leaks, which come below, had no say in it. The reader that
# the core began from is not lesson 07's; its recipe was not searched.
#
# Now fresh questions that no choice was made on: 120 for notes, 60 for replies. A note is good if its answer is right;
# where no document answers, if it abstains. Its form is not counted, so a reply in its place may be good. A reply is
# good if its fact, its form and the day's rule (lesson 07: the next step that it must name) all are. A note may have 32
# tokens, a reply 80.

# %%
from helpers.results import ledger

NOTES, REPLIES = (
    policies.load_policy_questions(split, tier="plain") for split in policies.FRESH_SPLITS
)
notes, served = files.for_profile(NOTES, fast=12), files.for_profile(REPLIES, fast=8)
days = [steps[i % len(steps)] for i in range(len(served))]
note_prompts = reader.write_prompts(lm, notes, reader_examples.find(search, notes))
reply_prompts = assistant.write_prompts(lm, served, reader_examples.find(search, served), days)
lab = ledger.Lab("policy_qa_plain", lm, split="notes", noun="notes")
told = {"approach": "retrieve + tune", "heavy": True}

# %%
ways = {"shared": (core, "assistant"), "its own": (adapters.get(lm, "reader"), "reader")}
note_rows = {
    name: lab.measure(
        f"note, adapter {name}",
        notes,
        lambda _, model=model: reader.read(model, notes, note_prompts),
        prompts=note_prompts,
        **told,
        **recipe_choices.row_of(lm, adapter),
    )
    for name, (model, adapter) in ways.items()
}

# %%
reply_row = lab.using(task="assistant", split="replies", noun="replies").measure(
    "assistant: whole",
    served,
    lambda _: assistant.answer(core, served, reply_prompts, days),
    prompts=reply_prompts,
    **told,
    **recipe_choices.row_of(lm, "assistant"),
)

# %% [markdown]
# Now sort all texts by their form. **Predict:** which way do more leak, notes that open like replies, or replies
# that end like notes?

# %%
from helpers.lesson import combine_parts

sort = yours("07.8", form_of, own.form_of)
forms = {"note": [sort(text) for text in note_rows["shared"].answers]}
forms["reply"] = [sort(text) for text in reply_row.answers]
combine_parts.forms(forms, "One adapter, two prompts")

# %%
for asked, some, texts in zip(
    forms, forms.values(), (note_rows["shared"].answers, reply_row.answers)
):
    astray = [text for form, text in zip(some, texts) if form != asked]
    print(f"asked for a {asked}: {len(astray)} of {len(texts)} have another form")
    for text in astray[:2]:
        print(f"   {text[:90]!r}")

# %% [markdown]
# On the course's rows nearly all leaks go one way, from the reply into the note. The adapter's last training held more
# replies than notes; whether that is why, we did not test. A text of neither form is broken, not leaked. And a leak need not be
# a good text of the other task: `form_of` looks at how it opens or ends, and what opens like a reply may be cut off at
# the length of a note.

# %% [markdown]
# ## What did the second task cost the first?
#
# The reader that the assistant began from has an adapter of its own. Both wrote notes on the same questions. **Predict:**
# which of the two is more often right?

# %%
from helpers.lesson.said import said

own_row, shared_row = note_rows["its own"], note_rows["shared"]
print(
    said(
        ledger.compare(own_row, shared_row),
        above="Sharing helped the notes: {found}.",
        below="Sharing cost right notes: {found}.",
        unclear="Whether sharing costs right notes is too close to call: {found}.",
        equal="Sharing changes right notes by less than matters: {found}.",
    )
)

# %%
from helpers.methods.reader_choices import hits
from helpers.results.rows import mark

for name, row in note_rows.items():
    right, left = hits(row), hits(row, answerable=False)
    print(
        f"adapter {name} {mark(row)}: {sum(right)} of {len(right)} answered right, "
        f"{sum(left)} of {len(left)} without an answer left open"
    )

# %% [markdown]
# Look at both counts. The shared adapter leaves more open: that gains it right silence where no policy answers, and may
# cost it right answers where one does.
#
# ### Playground
#
# A prompt between the two. Change the system message, and see which form wins.

# %%
system = "Answer the customer from the numbered passages, in a few words, in Larkfield's voice."
chat = [{"role": "system", "content": system}, as_note.messages[-1]]
text = core.chat(chat, max_new_tokens=80)
print(f"{sort(text)}: {text}")

# %% [markdown]
# ## What we found
#
# The verdict asks more of a reply than `form_of` does: all ten rules of the voice. And it allows sharing a loss of up
# to five points in good notes (silence where nothing answers is among them), where the sentence above asked about any
# loss.

# %%
from helpers.results import claims

claims.conclude("H3", combine_parts.of_core(own_row, shared_row, reply_row))

# %% [markdown]
# ## Three things to remember
#
# 1. One adapter can hold two habits; the prompt picks one, and not always the right one. Count how often.
# 2. Count leaks apart from broken texts; they have other remedies.
# 3. Compare with an adapter for one task alone, or you will not see what sharing costs.
#
# {{next}}
