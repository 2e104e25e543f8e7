"""Retrieval, one job a module; each can be used alone.

chunking cuts documents, index finds chunks by meaning and by words, nearest searches vectors (exactly, or approximately
among very many), ranking fuses, reranks and measures, quotes takes the best sentences out of chunks, passages writes
the prompt and checks citations, pipeline puts them together, graded judges answers for the ledger.
"""
