"""Every widget of the course in one notebook, each in a cell that is named for it; see test_browser.py.

What the widgets are given comes from the lessons' own data and, where it can, from the lessons' own definitions.
"""

import nbformat

START = """\
import parts
from helpers.lesson import widgets
from helpers.lesson.widgets import combine, decide, retrieval, tuning
from helpers.methods import few_shot, reader_examples
from helpers.model.language_model import LanguageModel
from helpers.tasks import intents, policies

lm = LanguageModel.load()
dev, train = intents.read("dev")[:40], intents.read("train")
documents = policies.load_policies()"""
MONEY = "together TARGET REQUESTS TRUE_OF ruled PRICES needed people rivals cases"
CELLS = {
    "token_viewer": 'widgets.token_viewer(lm, "My thermostat, order LF-48213, shows 21.5 degrees.")',
    "next_token_explorer": 'widgets.next_token_explorer(lm, "My thermostat is")',
    "keyword_playground": 'widgets.keyword_playground(intents.load(), dev, {"billing": ["charge", "bill"]})',
    "prompt_playground": 'widgets.prompt_playground(lm, dev[0].text, "You sort messages.", list(intents.LABELS))',
    "few_shot_explorer": """\
import numpy as np
pool = train[:60]
words = {label: f" {word}" for label, word in intents.WORDS.items()}
prompt = few_shot.FewShotPrompt(words, template="{text}\\n\\nWhat kind of message is this?", start="This is")
choose = few_shot.selections(pool, np.eye(60), np.eye(60)[:6])
widgets.few_shot_explorer(lm, prompt, choose, dev[:6])""",
    "inspector": """\
import measure
pipe = measure.pipe_of(lm, documents)
retrieval.inspector(pipe.using(quotes=3, examples=False), "What does Larkfield Plus cost?")""",
    "parameter_explorer": "tuning.parameter_explorer(lm)",
    "side_by_side": 'tuning.side_by_side({"base": lm, "again": lm}, "Hi!", {"none": "", "brief": "Be brief."})',
    "assistant_explorer": """\
asked = policies.load_policy_questions("dev", tier="plain")[:4]
search = reader_examples.search_of(lm, documents)
find = lambda question: reader_examples.find(search, [question])[0]
combine.assistant_explorer({"the model alone": lm}, asked, find, "End with one next step.")""",
    "break_even": f"""\
known = {{"cached": {{}}, "yours": lambda exercise, answer, own: own, "break_even": None}}
money = parts.definitions("08_decide", "{MONEY}".split(), known)
decide.break_even(money["cases"]["as given"])""",
    "decide": 'decide.decide(money["ruled"].cases)',
    "rate": """\
rated = parts.definitions("labs/08_people", ["first", "second", "tier", "questions", "pairs"], {})
decide.rate(rated["pairs"], "me")""",
}


def notebook() -> nbformat.NotebookNode:
    """Return the notebook, without outputs; run it in the folder of the lessons."""
    codes = [START, *(f"# {name}\n{code}" for name, code in CELLS.items())]
    cells = [nbformat.v4.new_code_cell(code) for code in codes]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
