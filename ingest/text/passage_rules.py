"""Passage lengths and token counter, from the settings and the embedding model."""

from __future__ import annotations

from functools import cache

from ingest.text.split import Count, PassageRules
from kb.embedding.embedder import load_tokenizer
from kb.embedding.source import find_model
from kb.settings import Settings


def rules_of(settings: Settings) -> PassageRules:
    """The configured lengths, limited to what the model reads."""
    tokens = min(settings.passage_tokens, find_model(settings).max_tokens)
    return PassageRules(tokens, min(settings.passage_overlap, tokens // 2))


@cache
def token_counter(settings: Settings) -> Count:
    """A function that counts the model's tokens of a passage, prompt and special tokens
    included."""
    tokenizer = load_tokenizer(settings)
    prompt = find_model(settings).passage_prompt
    return lambda text: tokenizer.count(prompt + text)
