"""The course's pictures. Each returns nothing, shows a figure with alternative text, and says it once more in words.

One module a subject; what any lesson may draw stands in basics. Numbers come in; nothing is measured here.
"""

from helpers.lesson.plots.basics import against as against
from helpers.lesson.plots.basics import at_temperature as at_temperature
from helpers.lesson.plots.basics import best_of_tries as best_of_tries
from helpers.lesson.plots.basics import confusion as confusion
from helpers.lesson.plots.basics import counts as counts
from helpers.lesson.plots.basics import curves as curves
from helpers.lesson.plots.basics import interval_against_n as interval_against_n
from helpers.lesson.plots.basics import methods as methods
from helpers.lesson.plots.basics import next_tokens as next_tokens
from helpers.lesson.plots.basics import outcomes as outcomes
from helpers.lesson.plots.basics import temperatures as temperatures
from helpers.lesson.plots.basics import visible as visible
