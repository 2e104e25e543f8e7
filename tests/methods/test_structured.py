"""JSON is found in chatter, judged by the schema, and cannot be invalid under a constraint."""

import json
import re

import llguidance
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.machine import runtime
from helpers.methods import structured
from helpers.tasks import change_requests, intents

SCHEMA = change_requests.schema()
GOOD = {"title": "Rotate the log keys", "risk": "low", "rationale": "Only the build server reads them."}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NESTED = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 8},
        "count": {"type": "integer", "minimum": 0, "maximum": 99},
        "sure": {"type": "boolean"},
        "parts": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"enum": ["a", "b"]}},
        "inner": {
            "type": "object",
            "properties": {"x": {"const": "y"}},
            "required": ["x"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "count", "sure", "parts", "inner"],
    "additionalProperties": False,
}


@given(st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=4), st.text("abc .!\n`", max_size=20))
def test_an_object_is_found_in_any_chatter(value, chatter):
    assert structured.extract(json.dumps(value)) == (value, False)
    found, extracted = structured.extract(f"x{chatter}```json\n{json.dumps(value, indent=1)}\n```{chatter}")
    assert found == value
    assert extracted


@given(st.text(max_size=100))
def test_no_text_makes_reading_fail(text):
    answer = structured.read(text, SCHEMA)
    assert not answer.valid or isinstance(answer.value, dict)


@pytest.mark.parametrize("text", ["", "no json", "{", '{"a": ', "[1, 2]", "null", "{" * 3000, '{"a": 1}'])
def test_what_is_not_a_valid_answer_says_why(text):
    answer = structured.read(text, SCHEMA)
    assert not answer.valid
    assert answer.problems


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"risk": "severe"}, "'severe' is not one of"),
        ({"title": "x"}, "too short"),
        ({"extra": 1}, "extra"),
        ({"rationale": 7}, "not of type 'string'"),
    ],
)
def test_the_schema_objects_with_a_reason(change, says):
    assert structured.problems(GOOD, SCHEMA) == []
    assert says in " ".join(structured.problems({**GOOD, **change}, SCHEMA))


def test_only_a_whole_answer_counts_where_asked():
    text = f"Here you are: {json.dumps(GOOD)}"
    assert structured.read(text, SCHEMA).valid
    assert not structured.read(text, SCHEMA, extracting=False).valid


def test_a_wrong_schema_is_refused_with_its_place():
    with pytest.raises(structured.SchemaError, match=r"\$\.type"):
        structured.check_schema({"type": "objekt"})
    with pytest.raises(structured.SchemaError, match="wrong at"):
        structured.grammar({"type": 7})


def random_prompts(n):
    rng = np.random.default_rng(0)
    pieces = [
        "",
        " ",
        "\n",
        '{"title": "x"',
        "}}}}",
        '"""',
        "\\",
        "change the valve",
        "переключить",
        "漢字",
        "🙂",
        "<|im_end|>",
    ]
    prompts = [" ".join(rng.choice(pieces, size=rng.integers(1, 12))) for _ in range(n - 3)]
    return ["", "word " * 900, '{"risk": "none"} ' * 40, *prompts]


@pytest.mark.parametrize("max_new_tokens", [1, 7, 60])
def test_constrained_answers_always_validate_also_when_tokens_run_out(small, max_new_tokens):
    """A random model writes nonsense, which is the hardest case: 200 prompts, cut after 1, 7 or 60 tokens."""
    answers = structured.constrained(
        small, random_prompts(200), SCHEMA, max_new_tokens=max_new_tokens, temperature=1.0, progress=False
    )
    assert len(answers) == 200
    assert [answer.problems for answer in answers if not answer.valid] == []
    assert [answer.text for answer in answers if json.loads(answer.text) != answer.value] == []
    if max_new_tokens < 10:
        assert all(answer.closed for answer in answers)


@pytest.mark.parametrize("max_new_tokens", [1, 5, 12, 40])
def test_other_schemas_are_closed_too(small, max_new_tokens):
    prompts = [f"prompt {i}" for i in range(20)]
    options = {"max_new_tokens": max_new_tokens, "temperature": 1.5, "progress": False}
    for schema in (NESTED, {"type": "object", "properties": {"a": {"type": "number"}}, "additionalProperties": False}):
        for answer in structured.constrained(small, prompts, schema, **options):
            assert answer.valid, answer


@pytest.mark.weights
def test_the_real_model_under_constraint(real):
    requests = [item.request for item in change_requests.load("dev")[:6]]
    answers = structured.constrained(real, requests, SCHEMA, max_new_tokens=90, progress=False)
    assert all(answer.valid for answer in answers)
    assert all(answer.text.startswith('{"title": "') for answer in answers)


def test_retry_and_repair_touch_only_what_is_invalid_and_add_up_costs(small):
    prompts = ["one", "two"]
    valid = structured.read(json.dumps(GOOD), SCHEMA, new_tokens=5)
    invalid = structured.read("nothing", SCHEMA, new_tokens=3)
    for repaired in (
        structured.retry(small, prompts, [valid, invalid], SCHEMA, tries=2, max_new_tokens=4, progress=False),
        structured.repair(small, prompts, [valid, invalid], SCHEMA, tries=2, max_new_tokens=4, progress=False),
    ):
        assert repaired[0] == valid
        assert repaired[1].calls == 3
        assert repaired[1].new_tokens == 3 + 8
    assert "no JSON object found" in structured.repair_request(invalid)


def test_a_complaint_says_what_stands_around_the_object_and_what_is_wrong_in_it():
    good = json.dumps(GOOD)
    for text, words in ((f"```json\n{good}\n```", "a code fence"), (f"Sure! {good}", "other words")):
        answer = structured.read(text, SCHEMA, extracting=False)
        assert not answer.valid and answer.value is None
        assert answer.problems == (f"{words} around the JSON object, which must stand alone",)
        assert "no JSON object" not in structured.repair_request(answer)
    both = structured.read("Sure! {}", SCHEMA, extracting=False)
    assert len(both.problems) > 1
    assert structured.read("Sure! {}", SCHEMA).problems == both.problems[1:]


def test_the_mask_does_not_change_an_answer_that_was_valid_anyway(small):
    """Under a schema that allows every object, the answer opens with a brace and is valid."""
    answers = structured.constrained(small, ["a"], {"type": "object"}, max_new_tokens=10, progress=False)
    assert answers[0].text.startswith("{")
    assert answers[0].valid


@given(st.text(max_size=80))
def test_a_label_is_found_only_where_it_stands_alone(text):
    found = structured.find_label(text, ["billing", "other"])
    words = set(re.findall(r"\w+", text.lower().replace("_", " ")))
    assert found == (None if len(words & {"billing", "other"}) != 1 else (words & {"billing", "other"}).pop())


def test_the_lessons_label_trie_agrees_with_the_library(real):
    """At every step on the way to a label, llguidance accepts what the trie allows, and no label is left out."""
    code = json.loads((runtime.ROOT / "helpers" / "lesson" / "checks" / "solutions.json").read_text())["02.5"]["code"]
    exec(code, space := {})
    end = real.tokenizer.eos_token_id
    labels = [*intents.LABELS, "billing_other"]
    sequences = [real.encode(label) for label in labels]
    grammar = llguidance.LLMatcher.grammar_from_regex("|".join(labels))
    for ids in sequences:
        matcher = llguidance.LLMatcher(structured._token_table(real.tokenizer, real.model.config.vocab_size), grammar)
        for step in range(len(ids) + 1):
            for token in space["allowed"](sequences, ids[:step], end):
                assert matcher.is_accepting() if token == end else matcher.validate_tokens([token]) == 1
            strangers = {other[0] for other in sequences} - space["allowed"](sequences, ids[:step], end)
            assert step == 0 or not any(matcher.validate_tokens([token]) for token in strangers)
            if step < len(ids):
                matcher.consume_tokens([ids[step]])


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("text", ['{{"count": {}}}', 'Sure: {{"count": {}}}'])
def test_what_only_python_takes_for_json_is_none(text, word):
    assert structured.extract(text.format(word)) == (None, False)
    assert not structured.read(text.format(word), {"type": "object"}).valid


@pytest.mark.parametrize("kind", ["array", "string", ["array", "null"]])
def test_a_schema_that_is_no_objects_is_refused_before_the_model_is_asked(kind):
    with pytest.raises(structured.SchemaError, match="asks for type .* at .*put it into one"):
        structured.constrained(None, ["List three."], {"type": kind})


@pytest.mark.parametrize("schema", [True, False])
def test_a_schema_without_keys_is_refused_before_the_model_is_asked(schema):
    with pytest.raises(structured.SchemaError, match=f"plain {schema} and names no keys: write an object"):
        structured.constrained(None, ["List three."], schema)


@pytest.mark.parametrize(
    "schema", [{"properties": {"x": {"const": 1}}, "required": ["x"]}, {"type": ["object", "null"]}]
)
def test_a_schema_that_leaves_the_type_open_is_answered_with_an_object(small, schema):
    answers = structured.constrained(small, ["One."], schema, max_new_tokens=8)
    assert isinstance(answers[0].value, dict) and not answers[0].problems


@pytest.mark.parametrize(("text", "fits"), [('{"a1": 3}', True), ('{"a1": "x"}', False), ('{"b": 3}', False)])
def test_names_given_by_a_pattern_are_constrained(small, text, fits):
    schema = {"type": "object", "patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False}
    table = structured._token_table(small.tokenizer, small.model.config.vocab_size)
    matcher = llguidance.LLMatcher(table, structured.grammar(schema))
    ids = small.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert (matcher.validate_tokens(ids) == len(ids)) == fits
