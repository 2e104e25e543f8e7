"""The ladder of lessons on a task that a reader brought: rungs, what they cost, and a climb that can be stopped.

bench holds what rungs share, label_rungs and document_rungs are the rungs, plan estimates and chooses, climb measures.
"""
