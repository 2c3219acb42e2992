"""Retrieval quality on BEIR folders, and test sets from judgements."""
