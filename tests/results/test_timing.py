"""Ways are timed in turns, and the first calls do not count."""

from helpers.results import timing


def test_ways_take_turns_and_warm_up_calls_do_not_count():
    called = []
    ways = {name: lambda given, name=name: called.append((name, given)) for name in ("one", "two")}
    seconds = timing.taking_turns(ways, [1, 2, 3], warm_up=1)
    assert called[:4] == [("one", 1), ("two", 1), ("one", 1), ("two", 1)]
    assert {name: len(values) for name, values in seconds.items()} == {"one": 3, "two": 3}
    assert all((values >= 0).all() for values in seconds.values())
