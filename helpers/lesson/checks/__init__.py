"""The checks of each lesson's exercises, one module a lesson; the only helpers that know a lesson's number."""
