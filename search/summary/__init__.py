"""A cited summary of a page of results, written by a language model and checked here."""
