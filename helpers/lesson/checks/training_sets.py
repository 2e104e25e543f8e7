"""Training sets with planted faults, for a check that must find them all and accuse no sound row."""

import numpy as np

from helpers.methods.tuning.by_hand import IGNORED

KINDS = ("loss on the prompt", "leaked test row", "wrong end token")
UNMASKED = ("all", "first", "middle", "last")  # which labels of a prompt a planted fault lets through


def faulty_set(seed: int, faulty: bool = True) -> tuple[list[dict], list[str], int]:
    """Rows of a training set with planted faults (text, ids, labels, prompt_tokens), its test texts, its end token.

    Faults come alone and together, in shapes that are drawn for each row and kind; the last row is another one again.
    Sound rows hold what looks like one: a text that only begins as a test text does, or differs in punctuation, a space
    or the order of its words; an end token inside the prompt.
    """
    rng = np.random.default_rng(seed)
    end, rows = int(rng.integers(1, 9)), []
    known = ["Where is my refund?", "It broke"]
    kinds = [(), *((kind,) for kind in KINDS for _ in range(4)), KINDS, KINDS[:2], KINDS[1:], (), ()]
    if not faulty:
        kinds = [()] * 6
    drawn = {kind: [*rng.permutation(4), *rng.integers(0, 4, len(kinds))] for kind in KINDS}  # each shape once at least
    for i, at in enumerate(rng.permutation(len(kinds))):
        found = kinds[at]
        shape = {kind: int(drawn[kind].pop(0)) for kind in found}
        prompt = [end, *(int(t) for t in rng.integers(10, 300, int(rng.integers(4, 9))))]
        own = [int(t) for t in rng.integers(10, 300, int(rng.integers(1, 5)))]
        ids, wanted = [*prompt, *own, end], [IGNORED] * len(prompt) + [*own, end]
        text = f"Message {i} of {seed}: something  about order {int(rng.integers(1000, 9999))}"
        if KINDS[0] in found:
            places = {"all": range(len(prompt)), "first": [0], "middle": [2], "last": [len(prompt) - 1]}[
                UNMASKED[shape[KINDS[0]]]
            ]
            for place in places:
                wanted[place] = 0 if shape[KINDS[0]] == 2 else ids[place]
        if KINDS[1] in found:
            forms = (
                text,
                f"  {text.upper()} ",
                text.replace(" ", "  ", 2),
                text.replace(" about", "\n about\t"),
            )
            known.append(forms[shape[KINDS[1]]])
        elif i % 3 == 0:
            known += [f"{text}!", text[:-1], f"{text} and more", text.replace("about order", "aboutorder")]
            known += [" ".join(reversed(text.split())), f"{text} {text.split()[-1]}"]
        if KINDS[2] in found:
            if shape[KINDS[2]] == 2:  # the end token is learned, but not as the last
                ids[-2] = wanted[-2] = end
            if shape[KINDS[2]] == 0 and i % 2:  # the same, and nothing is learned behind it
                ids[-2] = wanted[-2] = end
            wanted[-1] = (IGNORED, end + 1, own[0], 0)[shape[KINDS[2]]]
            ids[-1] = wanted[-1] if shape[KINDS[2]] == 1 else ids[-1]
        rows.append({"text": text, "ids": ids, "labels": wanted, "prompt_tokens": len(prompt)})
    return rows + [dict(row) for row in rows if row["labels"][-1] != end][:1], known, end
