# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# {{badges}}
#
# # What is this model, and how does the course work?
#
# **After this lesson you can**
#
# - say what your machine offers and what the course chose for it;
# - see the text and the tokens that a model receives;
# - explain where an answer comes from: next-token probabilities, and a temperature;
# - use `check`, `hint` and `solution`.
#
# **Time and memory:** {{measured}}, plus your reading. A GPU is used if there is one. **Claims tested here:** none yet.

# %%
#: setup

# %% [markdown]
# ## Your machine
#
# Before any measuring, look at what you measure with. Each line names a choice and its reason. If a line says FAIL, it
# also says what to do. (*dtype* is the format in which numbers are held.) The output stored here comes from one machine;
# run the cell to see yours.

# %% tags=["machine"]
from helpers.machine import runtime

for what, fine, detail in runtime.report():
    print("OK  " if fine else "FAIL", what.ljust(22), detail)

# %% [markdown]
# ## Meet the model
#
# The course runs on **SmolLM2-135M-Instruct**, a real, open language model, here from a copy that was stored with 4
# bits a number (it computes with more), and is slightly weaker for it. The models behind well-known chat services have hundreds to thousands of times as
# many [parameters](../docs/glossary.md#parameter). A small one has two virtues: it runs on your machine, and its
# mistakes are easy to see.

# %%
from helpers.model.language_model import LanguageModel

lm = LanguageModel.load()
millions = sum(p.numel() for p in lm.model.parameters()) / 1e6
print(
    f"{lm.name}: {millions:.0f} million parameters, {len(lm.tokenizer):,} tokens to choose from"
)
print(lm.chat("What is the capital of France?"))

# %% [markdown]
# That is a fact from its training text. All our examples are about **Larkfield**, a company invented for this course,
# which makes home-energy devices and sells a subscription, Larkfield Plus.
#
# **Predict:** what will the model say when asked for a price that it cannot know?

# %%
print(lm.chat("What does Larkfield Plus cost a month?", max_new_tokens=60))

# %% [markdown]
# Whatever it printed, it is not knowledge: this company is invented, and its price list says $7.99. A fluent answer is
# no sign of a true one.
#
# ## What the model receives
#
# A model reads [tokens](../docs/glossary.md#token), not letters: frequent words are one token, rare ones are cut into
# pieces. `inspect` shows exactly what goes in.

# %%
seen = lm.inspect("Is my thermostat paid for?")
print(seen.text)
print(len(seen.token_ids), "tokens, the last ten:", seen.tokens[-10:])

# %% [markdown]
# You typed one sentence; the model received a small script. The [chat template](../docs/glossary.md#chat-template) wraps
# each message in markers, adds a **system message that you did not write**, and ends where the assistant is to speak.
# If you give a system message, yours takes its place. Spelled out, a chat is a list of messages, each with a *role*
# (`system`, `user` or `assistant`) and a *content*:

# %%
chat = [{"role": "user", "content": "Is my thermostat paid for?"}]
print("the same as the sentence alone:", lm.render(chat) == seen.text)
print(lm.render(chat, system="You answer in one word."))

# %% [markdown]
# ### Your turn 00.1
#
# Tokens are what you wait for and, in paid services, pay for. Write `template_tokens(lm, text)`: how many tokens does
# the chat template add to a plain user message `text`, when you give no system message? `lm.count_tokens` takes a plain
# text, or a list of messages such as `chat`.


# %%
#: solution
def template_tokens(lm, text):
    return lm.count_tokens([{"role": "user", "content": text}]) - lm.count_tokens(text)


#: why count_tokens takes a plain text as it stands and messages as the model receives them; the difference is what
# the template added. It is the same for nearly every text, so a long prompt hides it and a short one does not.
#: stub
#| def template_tokens(lm, text):
#|     ...
#: end


from helpers.lesson.exercises import check, hint, solution, yours

check("00.1", template_tokens)

# %% [markdown]
# That line is how every exercise ends: `check` looks at what your answer *does*. Stuck? `hint("00.1")` gives one hint
# at a time, `solution("00.1")` shows an answer and its reasoning. Nothing is recorded.

# %%
hint("00.1")

# %% [markdown]
# The next cell runs on *your* function if its check says *correct*, else on the course's own, so the lesson goes on
# either way:

# %%
from helpers.lesson import own_00

template_tokens = yours("00.1", template_tokens, own_00.template_tokens)
for text in ("Hi", "Is my thermostat paid for?"):
    print(
        f"{lm.count_tokens(text)} tokens, {template_tokens(lm, text)} more by the template: {text}"
    )

# %% [markdown]
# Try other texts in the widget. **Predict first:** is `LF-48213` one token? Is `thermostat`? What do spaces do?

# %%
from helpers.lesson import widgets

widgets.token_viewer(lm, "My thermostat, order LF-48213, shows 21.5 degrees.")

# %% [markdown]
# Every digit is a token of its own, so a number costs a token for each digit, and one for the point. A space (shown as ␣) joins the
# word after it but stands alone before a digit, so `" refund"` and `"refund"` are different tokens. A sign that the
# vocabulary lacks, an emoji say, is cut into bytes, which show as �.

# %% [markdown]
# ### Your turn 00.2
#
# Write the messages for a chat in which the system message tells the model to be brief (use that word), the user says
# `Hello`, and the model's own default system message is gone.

# %%
#: solution
messages = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello"},
]
#: why The template puts in its default system message only where the first message is not a system message, so giving
# your own removes it. Look at lm.render(messages) to see that nothing else came in.
#: stub
#| messages = ...
#: end

check("00.2", messages)

# %%
messages = yours("00.2", messages, own_00.MESSAGES)
print(lm.chat(messages, max_new_tokens=40))

# %% [markdown]
# ## One token at a time
#
# The model does one thing: given the tokens so far, it gives every token of its vocabulary a probability of coming next.
# If the last message is the assistant's, the model goes on with it. **Predict:** after "The capital of France is", how
# sure is it?

# %%
from helpers.lesson import plots

start = [
    {"role": "user", "content": "Name a capital."},
    {"role": "assistant", "content": "The capital of France is"},
]
plots.next_tokens(lm.next_token_probabilities(start, top=8), "After 'The capital of France is'")

# %% [markdown]
# Taking the likeliest token, adding it to the text, and asking again is called
# [greedy decoding](../docs/glossary.md#greedy-decoding). A few lines do what `chat` does:

# %%
question = {"role": "user", "content": "Why do people measure their energy use?"}
text = ""
for step in range(12):
    messages = [question, {"role": "assistant", "content": text}] if text else [question]
    token, probability = lm.next_token_probabilities(messages, top=1)[0]
    text += token
    print(f"{probability:.2f}  {plots.visible(token)}")
print("chat says:", lm.chat([question], max_new_tokens=12))

# %% [markdown]
# The surer a step, the nearer to 1; others are close calls between several words. One close call that falls the other way
# changes all that follows.
#
# ## Temperature: why the same question gives different answers
#
# Instead of always taking the top token, one can draw from the probabilities.
# [Temperature](../docs/glossary.md#temperature) reshapes them before the draw: below 1 sharper, above 1 flatter.

# %%
pairs = lm.next_token_probabilities("Suggest a name for a cat.", top=6)
plots.temperatures(pairs, [0.3, 1.0, 2.0])

# %% [markdown]
# The order of the tokens stays, the gaps between them change. The picture shows a handful of all the tokens there are;
# a high temperature also lifts the long tail of the others.
#
# Now draw. Same question, same model, three temperatures, three [seeds](../docs/glossary.md#seed) each.

# %%
for temperature in (0.0, 0.7, 1.5):
    for seed in (1, 2, 3):
        answer = lm.chat(
            "Suggest a name for a cat.", temperature=temperature, seed=seed, max_new_tokens=16
        )
        print(f"T = {temperature}  seed {seed}: {answer[:70]!r}")

# %% [markdown]
# At temperature 0 the seed does not matter: all three lines agree. As it rises the answers part, and then fall apart.
# So *measure* a model at temperature 0; where you draw, draw several times, and say how far the results lie apart.
#
# ### Your turn 00.3
#
# Write `at_temperature(probabilities, temperature)` yourself, for temperatures above 0: divide the logarithms by the
# temperature, exponentiate, and make the result sum to one. (At 0 nothing is divided: the likeliest token is taken.)

# %%
import numpy as np


#: solution
def at_temperature(probabilities, temperature):
    weights = np.exp(np.log(probabilities) / temperature)
    return weights / weights.sum()


#: why Dividing log-probabilities by the temperature is the same as raising the probabilities to the power 1/T: T below 1
# widens the ratios, T above 1 narrows them. Dividing by the sum makes them probabilities again.
#: stub
#| def at_temperature(probabilities, temperature):
#|     ...
#: end

check("00.3", at_temperature)

# %%
at_temperature = yours("00.3", at_temperature, plots.at_temperature)
for temperature in (0.3, 1.0, 2.0):  # those of the picture
    top = np.array([share for _, share in pairs])
    shares = [float(np.mean(share)) for share in at_temperature(top, temperature)]
    print(f"T = {temperature}: ", *(f"{share:.2f}" for share in shares))

# %% [markdown]
# ### Playground
#
# Change the beginning of an answer and the temperature. Where is the model sure? Can you find a text after which ten
# tokens are about equally likely? (Begin where any name or any number might follow.)

# %%
widgets.next_token_explorer(lm, "My thermostat is")

# %% [markdown]
# ## The question of the course
#
# You need a model that knows Larkfield's prices and answers as Larkfield would. There are four things to try, each
# more costly to set up than the one before:
#
# 1. **Prompt**: say what you want.
# 2. **Examples**: show what you want.
# 3. **Retrieve**: hand it the facts it lacks.
# 4. **Fine-tune**: change its weights.

# %%
question = "What does Larkfield Plus cost a month? Answer in one sentence."
fact = "Price list: Larkfield Plus costs $7.99 a month or $79 a year."
system = "You answer customers of Larkfield."
print("prompt alone: ", lm.chat(question, system=system))
print("with the fact:", lm.chat(f"{fact}\n\n{question}", system=system))

# %% [markdown]
# With the fact in front of it the model can read the answer off; without it, it cannot. But you would not choose a method
# for a company on one answer: **Prompt, retrieve or fine-tune?** is a question for measurements.

# %% [markdown]
# Does the answer depend on the size of the model? Here is what the course measured. Each line is a method that you
# will build, and need not know yet; a dotted one needs no language model. *Closed book* means from memory alone.
# Stars are recorded answers of a large model; one of its kind wrote our data. **Look
# for** what rises with size, and which dotted line a small model reaches.

# %%
from helpers.lesson import four_scales

four_scales.show()

# %% [markdown]
# ## How the lessons work
#
# Each lesson opens with what you will be able to do; from 02 on, it tests claims from five practitioners' articles, which
# it names, and ends with verdicts, yours where your run measured, else marked as the course's. *Your turn* cells come with `check`, `hint` and `solution`. Solved copies of
# all lessons are in [`notebooks/solutions`](solutions). Set `COURSE_PROFILE=fast` for fewer rows and quicker runs.

# %% [markdown]
# ## Three things to remember
#
# 1. A model receives tokens in a template, not your sentence. Look at them when an answer surprises you.
# 2. An answer is chosen token by token: the likeliest each time, or by a draw, which temperature shapes.
# 3. Fluent is not true, and one answer is not a measurement.
#
# {{next}}
