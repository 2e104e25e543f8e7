"""Prompts for a form in JSON: 24 that differ, judged by the whole form, chosen on dev by the model that is asked."""

from types import SimpleNamespace

from helpers.methods import json_prompts, search
from helpers.model import catalogue
from helpers.results import ledger, lookup
from helpers.tasks import change_requests

FORM = '"title": "Move it", "risk": "low", "rationale": "Nobody outside the team would notice."}'


def test_every_prompt_differs_and_there_are_as_many_as_any_method_may_try():
    settings = json_prompts.every()
    prompts = {json_prompts.prompt_of(**one).sha256 for one in settings}
    assert len(prompts) == len(settings) == search.BUDGET
    first = json_prompts.prompt_of(**settings[0])
    assert not first.system and not first.start and json_prompts.STRICT not in first.user


def test_a_form_is_right_whatever_its_risk_and_with_the_letter_that_it_was_begun_with():
    made = SimpleNamespace(texts=[FORM, "{" + FORM, f"{FORM} Done."], new_tokens=[30, 31, 32])
    lm = SimpleNamespace(generate=lambda chats, *_, **__: made, count_tokens=len)
    prompt = json_prompts.prompt_of("keys", json_prompts.WHERE[0], "{")
    found = json_prompts.answers(lm, prompt, change_requests.load("dev")[:3])
    assert [answer.right for answer in found] == [True, False, False]
    assert found[0].text == "{" + FORM and found[0].new_tokens == 30


def test_dev_chose_for_the_default_model_and_its_row_is_the_one_that_was_tested():
    settings, tries = json_prompts.choice(catalogue.DEFAULT)
    assert tries == search.BUDGET
    kept = lookup.find("changes", json_prompts.METHOD, split="fresh")
    assert kept.settings == settings and kept.tries == tries and kept.looks == 0


def test_what_another_model_chose_is_taken_with_a_word_and_counts_as_no_search(capsys):
    assert json_prompts.choice("a stranger") == (json_prompts.choice(catalogue.DEFAULT)[0], 0)
    made = SimpleNamespace(texts=[FORM], new_tokens=[30])
    about = {"model": "a stranger", "parameters": 7, "dtype": "float32", "device": "cpu"}
    lm = SimpleNamespace(generate=lambda *_, **__: made, count_tokens=len, about=about)
    lab = ledger.Lab("changes", lm, split="fresh", show=False)
    row = json_prompts.untuned(lab, change_requests.load("fresh")[:1])
    assert (row.tries, row.labels_used) == (0, 0)
    assert "No prompt was searched on dev with a stranger" in capsys.readouterr().out


def test_the_table_shows_every_try_and_what_the_best_is_worth():
    table = json_prompts.table(catalogue.DEFAULT)
    numbers = [int(cell) for line in table.splitlines()[2:] if "|" in line for cell in line.split("|")[2:-1]]
    assert len(numbers) == search.BUDGET
    assert f"best of {search.BUDGET}: {max(numbers) / 60:.3f} where it was chosen" in table
    assert "None was tried." in json_prompts.table("a stranger")
