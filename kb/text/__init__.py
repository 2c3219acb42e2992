"""Text analysis without a model: language, sentences, quantities, folding."""
