"""Measures what the course compares on one model: every method at its best on dev, once on test, row by row.

    python notebooks/measure.py questions                 both tiers of policy questions, every context
    python notebooks/measure.py questions --tier plain    one tier
    python notebooks/measure.py questions --estimate      say how long it would take, measure nothing
    python notebooks/measure.py questions --forms 6       try 6 of the 24 forms: those best on dev at the default model
    python notebooks/measure.py messages --forms 6        messages sorted by lesson 02's prompts, and in free answers
    python notebooks/measure.py examples --forms 6        messages sorted beside their nearest solved ones, as lesson 03
    python notebooks/measure.py draws                     ten draws of examples, and the form they teach (claim F1)
    python notebooks/measure.py tuned                     three seeds of training on all messages (claim L5)
    python notebooks/measure.py forms                     24 prompts for a form in JSON, the best once on fresh requests
    python notebooks/measure.py recipes                   six recipes on dev for each of two shipped adapters
    python notebooks/measure.py scales                    all tasks on the larger models, as scale_jobs.py lists them
    python notebooks/measure.py scales --model NAME --jobs 02_prompting questions-plain --side-by-side 4
    python notebooks/measure.py scales --hours 8          what fits into a night; the rest is left out by name

Rows of questions go into results/ledger.jsonl (or where COURSE_RESULTS says), those of scales into
results/scales/MODEL. What is there is not measured again, so a run that was stopped goes on where it was.
`python -m helpers.results.ledger keep FILE` takes rows into the reference results; `scale_verdicts.py keep MODEL` takes
those of a larger model, with its verdicts. What takes long and is kept nowhere is measured as well.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import parts
import scale_jobs
import scale_verdicts

from helpers.lesson import few_shot_parts, main_rows, prompting_lines, tuning_parts
from helpers.methods import adapters, few_labels, few_shot, json_prompts, recipe_choices, recorded, tuning, wording
from helpers.methods.retrieval import chunking, contexts, graded, index, pipeline
from helpers.methods.search import BUDGET, Candidate, Search, search
from helpers.model import catalogue
from helpers.model.language_model import LanguageModel
from helpers.results import claims, evidence, ledger, lookup
from helpers.results.rows import LedgerRow
from helpers.tasks import change_requests, policies

TOGETHER = "those of all forms that share a prompt's start, told with the first of them"  # of a row whose time is so
PROBE = 8  # questions that are answered to estimate the time


def texts_of(messages: Sequence) -> list[str]:
    """Return the texts of messages."""
    return [message.text for message in messages]


def say_how_long(what: str, ask: Callable, some: Sequence, answers: int, more: str = " at most") -> None:
    """Print how long so many answers would take, as the first of some messages or questions do."""
    started = time.perf_counter()
    ask(some[:PROBE])
    each = (time.perf_counter() - started) / PROBE
    print(f"{what}: {answers} answers, about {answers * each / 60:.0f} minutes{more}")


def pipe_of(lm: LanguageModel, documents: list) -> pipeline.Pipeline:
    """Return the course's search: chunks by heading, fused and reranked."""
    cut = chunking.Chunker(chunking.token_spans(lm.tokenizer))
    return pipeline.Pipeline(index.Index.build(documents, catalogue.load_embedder(), cut), lm)


def worth_trying(task: str, names: Sequence[str], count: int) -> list[int]:
    """Return the places of so many methods, those that the default model did best with on dev, in their own order.

    A larger model takes hours for all of them; test is not looked at to choose. Raises ValueError where the default
    model has not tried them all.
    """
    if count >= len(names):
        return list(range(len(names)))
    tried = {row.method: sum(row.correct) for row in lookup.rows(task, "dev", reference=True, model=catalogue.DEFAULT)}
    if missing := [name for name in names if name not in tried]:
        raise ValueError(f"{catalogue.DEFAULT} has no row of {missing[0]!r} on dev; measure it first, or try them all")
    return sorted(sorted(range(len(names)), key=lambda place: -tried[names[place]])[:count])


def forms_to_try(task: str, context: str, count: int) -> list[contexts.Form]:
    """Return so many of the forms, those that are worth trying, in the order of `forms`."""
    every = contexts.forms()
    names = [f"reader, {context}: {Candidate(vars(form), str).name}" for form in every]
    return [every[place] for place in worth_trying(task, names, count)]


def tries_of(
    lm: LanguageModel, context: str, forms: Sequence[contexts.Form], asked: Mapping, given: Mapping
) -> list[Candidate]:
    """Return a candidate for each form of asking questions under one context.

    asked: the questions of dev and test. given: context -> the chunks of each, for both.
    """
    chunks_of = {q.id: some for split in asked for q, some in zip(asked[split], given[split][context], strict=True)}
    by_text = {q.question: q for some in asked.values() for q in some}

    @cache
    def beside(wording: str, shown: bool) -> dict:
        alike = [form for form in forms if (form.wording, form.shown) == (wording, shown)]
        return contexts.beside(lm, alike, asked["dev"], given["dev"][context])

    def answers(form: contexts.Form, some: Sequence[policies.PolicyQuestion]) -> list[contexts.Said]:
        if context == contexts.LONG and some == list(asked["dev"]):
            return beside(form.wording, form.shown)[form]
        return form.answer(lm, some, [chunks_of[q.id] for q in some])

    def candidate(form: contexts.Form) -> Candidate:
        def predict(texts: list[str]):
            return graded.graded([by_text[text] for text in texts], partial(answers, form))(texts)

        def prompts(texts: list[str]):
            return [form.prompt(lm, text, chunks_of[by_text[text].id]) for text in texts]

        return Candidate(vars(form), predict, {"prompts": prompts})

    return [candidate(form) for form in forms]


def questions(lm: LanguageModel, tier: str, estimate: bool, count: int, wanted: Sequence[str]) -> None:
    """Measure, or estimate, one tier of policy questions under the contexts that are wanted, so many forms of each."""
    documents = policies.load_policies()
    pipe, task = pipe_of(lm, documents), policies.TIERS[tier]
    lab = ledger.Lab(task, lm, noun="questions")
    asked = {split: policies.load_policy_questions(split, tier=tier) for split in ("dev", "test")}
    given = {split: contexts.contexts(pipe, some, documents) for split, some in asked.items()}
    for context in wanted:
        forms = forms_to_try(task, context, count)
        if estimate:
            answers = len(forms) * len(asked["dev"]) + len(asked["test"])
            ask = partial(forms[0].answer, lm, chunks=given["dev"][context][:PROBE])
            at_most = " at most" if context == contexts.LONG else ""  # what forms share is read once
            say_how_long(f"{task}, {context}", ask, asked["dev"], answers, at_most)
            continue
        approach = "prompt" if context == contexts.CONTEXTS[0] else "retrieve"
        shared = {"approach": approach, "token_limit": contexts.TOKEN_LIMIT}
        timed = {"details": {"seconds": TOGETHER}} if context == contexts.LONG else {}
        tried = search(
            lab, f"reader, {context}", tries_of(lm, context, forms, asked, given), asked["dev"], **shared, **timed
        )
        print(f"\n{tried}\n\n{tried.table()}\n")
        tried.test(lab, asked["test"], heavy=True, details=None)


def told_or_searched(
    lab: ledger.Lab, name: str, tried: Sequence[Candidate], lesson: Mapping, estimate: bool, count: int, **known
) -> tuple[Search, LedgerRow] | None:
    """Search so many of a lesson's tries on its dev and look at its test once; or say how long that would take.

    Returns the search and the winner's row on test; None for an estimate.
    """
    dev, test = lesson["dev"], lesson["test"]
    tried = [tried[place] for place in worth_trying(lab.task, [f"{name}: {one.name}" for one in tried], count)]
    if estimate:
        answers = len(tried) * len(dev) + len(test)
        say_how_long(f"{lab.task}, {name}", lambda some: tried[-1].predict(texts_of(some)), dev, answers)
        return None
    found = search(lab, name, tried, dev, approach="prompt", **known)
    print(f"\n{found}\n\n{found.table()}\n")
    return found, found.test(lab, test, heavy=True, labels_used=known.get("labels_used", len(dev)))


def messages(lm: LanguageModel, estimate: bool, count: int) -> None:
    """Measure, or estimate, messages under lesson 02's prompts: written answers, and so many of its 24 tries.

    P7 is judged by the written answers; P1, whose rule asks for the best of all tries, only where all were made.
    """
    names = "train dev test lab NEUTRAL QUESTION MEANS ROLE GOAL FORMAT ladder NAMES WORDS by_name by_word twenty"
    lesson = parts.definitions("02_prompting", [*names.split(), "twenty_four", "free"], {"lm": lm})
    if not estimate:
        row = wording.written(lesson["lab"], "free answer", lesson["free"], lesson["test"], 20)
        readable = [guess != recorded.UNREADABLE for guess in row.predictions]
        claims.conclude("P7", {"readable": evidence.share(readable, of=row)})
    lab, every, test = lesson["lab"], lesson["twenty_four"], lesson["test"]
    searched = told_or_searched(lab, main_rows.PROMPT, every, lesson, estimate, count)
    if searched and count >= len(every):
        found, best = searched
        rungs = (prompting_lines.BARE, prompting_lines.FULL)
        bare, full = (wording.measure_better(lab, found, rung, "everyday words", test) for rung in rungs)
        claims.conclude("P1", {"target": evidence.share(best), "ladder": evidence.difference(bare, full)})


def examples(lm: LanguageModel, estimate: bool, count: int) -> None:
    """Measure, or estimate, messages beside their nearest solved ones: lesson 03's search, so many of its tries."""
    names = "LABELS RERUN lab train dev test QUESTION words prompt named prompts pool embedder pool_texts asked vectors"
    known = {"lm": lm, "build": few_shot.turns, "find": few_shot.nearest, "repair": few_shot.calibrate}
    lesson = parts.definitions("03_few_shot", [*names.split(), "vector_of", "neighbors"], known)
    lab, prompts, neighbors = lesson["lab"], lesson["prompts"], lesson["neighbors"]
    tried = few_labels.nearest_candidates(lab, prompts, neighbors, k=(2, 4, 8, 12), order=list(few_labels.ORDERS))
    used = {"labels_used": len(lesson["pool"]) + len(lesson["dev"]), "details": {"seconds": "without embedding"}}
    told_or_searched(lab, main_rows.SHOTS, tried, lesson, estimate, count, **used)


def draws(lm: LanguageModel, estimate: bool, _count: int) -> None:
    """Measure, or estimate, lesson 03's ten draws of eight examples, and the form that five solved requests teach."""
    names = "LABELS RERUN lab train dev test QUESTION words prompt pool neutral requests"
    known = {"lm": lm, "build": few_shot.turns, "repair": few_shot.calibrate}
    if estimate:
        lesson = parts.definitions("03_few_shot", names.split(), known)
        neutral, shown = lesson["neutral"], few_labels.draw(lesson["pool"], 8, 0)

        def ask(some):
            return lesson["prompt"].score(lm, shown, [*texts_of(some), *neutral], progress=False)

        say_how_long(lesson["lab"].task, ask, lesson["test"], 10 * len(lesson["test"]), ", and the requests")
        return
    lesson = parts.definitions("03_few_shot", [*names.split(), "best_row", "ten"], known)
    form = few_shot_parts.forms_under(lesson["lab"], lesson["requests"], (5,))
    claims.conclude("F1", few_shot_parts.of_examples(lesson["best_row"], lesson["ten"], form.get(5)))


def tuned(lm: LanguageModel, estimate: bool, _count: int) -> None:
    """Measure, or estimate, lesson 05's adapters from all messages, a seed each, beside the best prompt, for L5."""
    names = ["task", "lab", "pairs", "recipe"]
    lesson = parts.definitions("05_lora_fine_tune", [*names, "train", "dev", "test", "quarter"], {"lm": lm})
    task, lab, pairs, recipe = (lesson[name] for name in names)
    method, score = f"LoRA, {len(lesson['train'])} messages", tuning.label_scorer(task)
    best_prompt = few_shot_parts.liked_by_dev(lab, lesson["test"])
    if best_prompt is None:
        raise ValueError(f"no row of {main_rows.PROMPT!r} on test for {lm.name}; run measure.py messages first")
    if estimate:
        each = [f"{method}, seed {seed}" if seed else method for seed in tuning.SEEDS]
        missing = [name for name in each if not lab.stored(name, lesson["test"])]
        few = pairs[: PROBE * recipe.batch_size]
        run = tuning.train(lm, few, replace(recipe, epochs=1), progress=False)
        minutes = len(missing) * recipe.epochs * run.seconds / 60 * len(pairs) / len(few)
        print(
            f"{lab.task}: {len(missing)} trainings, about {minutes:.0f} minutes at most, and the looks at dev and test"
        )
        return
    more = {"prompts": tuning.prompts_of(task), "dev_pairs": tuning.training_pairs(task, lesson["dev"])}
    seeds = tuning.repeated(lab, method, [pairs], recipe, lesson["test"], score, **more)
    claims.conclude("L5", {"gain": tuning_parts.over_prompt(best_prompt, seeds)})


def forms(lm: LanguageModel, estimate: bool, _count: int) -> None:
    """Measure, or estimate, the prompts for a form in JSON on dev, and the best of them on the fresh requests."""
    dev, fresh = change_requests.load("dev"), change_requests.load("fresh")
    if estimate:
        first = json_prompts.prompt_of(**json_prompts.every()[0])
        answers = len(json_prompts.every()) * len(dev) + len(fresh)
        say_how_long(json_prompts.METHOD, partial(json_prompts.answers, lm, first), dev, answers)
        return
    lab = ledger.Lab("changes", lm, labels=change_requests.RISKS, split="dev", noun="requests")
    found = json_prompts.searched(lab, dev)
    print(f"\n{found}\n\n{found.table()}\n")
    found.test(lab, fresh, split="fresh", heavy=True)


def recipes(lm: LanguageModel, estimate: bool, _count: int) -> None:
    """Measure, or estimate, the recipes that shipped adapters are chosen among on dev, a training each."""
    for name, choice in recipe_choices.CHOICES.items():
        missing = [kept is None for kept in recipe_choices.tried(name, lm.name)]
        if not estimate:
            found = recipe_choices.search(lm, name)
            print(f"\n{found}\n\n{found.table()}\n")
            continue
        pairs = adapters.find(name).pairs(lm)
        few = pairs[: PROBE * choice.recipes[0].batch_size]
        run = tuning.train(lm, few, replace(choice.recipes[0], epochs=1), progress=False)
        epochs = sum(one.epochs for one, lacks in zip(choice.recipes, missing, strict=True) if lacks)
        minutes = epochs * run.seconds / 60 * len(pairs) / len(few)
        print(f"{choice.method}: {sum(missing)} trainings, about {minutes:.0f} minutes at most, and the looks at dev")


ALONE = {
    "messages": messages,
    "examples": examples,
    "draws": draws,
    "tuned": tuned,
    "forms": forms,
    "recipes": recipes,
}


def scales(arguments: argparse.Namespace) -> int:
    """Print the plan for the larger models, and run it unless it is only asked for; exit status 1 if a job stopped."""
    models = arguments.model or [name for name in catalogue.SCALES if name != catalogue.DEFAULT]
    try:
        for name in models:
            catalogue.find(name)
        todo, lines = scale_jobs.plan(scale_jobs.chosen(arguments.jobs), models, arguments.hours)
    except (ValueError, catalogue.ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines), flush=True)
    if arguments.estimate:
        return 0
    for name in models:
        catalogue.prepare(name)
    failed = scale_jobs.run(todo, arguments.side_by_side, lambda line: print(line, flush=True))
    print(f"\n## Verdicts\n\n{scale_verdicts.table()}\n")
    for name in models:
        print(f"to keep rows and verdicts of {name} as the course's: python notebooks/scale_verdicts.py keep {name}")
    print("\n".join(["these stopped; the same command goes on there:", *failed]) if failed else "all is measured")
    return int(bool(failed))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure what the course compares, on the model of COURSE_MODEL.")
    parser.add_argument("what", choices=["questions", *ALONE, "scales"], help="which measurements")
    parser.add_argument("--tier", choices=list(policies.TIERS), help="one tier of questions; default: both")
    parser.add_argument("--forms", type=int, default=BUDGET, help=f"how many of the {BUDGET} tries to make on dev")
    known = {"choices": contexts.CONTEXTS, "default": contexts.CONTEXTS}
    parser.add_argument("--contexts", nargs="+", metavar="CONTEXT", **known, help="what the prompts hold; default: all")
    parser.add_argument("--estimate", action="store_true", help="say how long it would take, measure nothing")
    larger = parser.add_argument_group("scales")
    larger.add_argument("--model", nargs="*", default=[], help="which models; default: the two larger ones")
    larger.add_argument("--jobs", nargs="*", default=[], help="which jobs; default: all")
    larger.add_argument("--side-by-side", type=int, default=1, help="how many jobs at once; a GPU takes several")
    larger.add_argument("--hours", type=float, default=0.0, help="leave out what does not fit; default: no limit")
    arguments = parser.parse_args()
    if arguments.what == "scales":
        return scales(arguments)
    os.environ.setdefault("COURSE_MISSING", "1")  # who calls this asks for what takes long
    lm = LanguageModel.load()
    if measure := ALONE.get(arguments.what):
        measure(lm, arguments.estimate, arguments.forms)
        return 0
    for tier in [arguments.tier] if arguments.tier else reversed(policies.TIERS):
        questions(lm, tier, arguments.estimate, arguments.forms, arguments.contexts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
