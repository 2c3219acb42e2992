"""Language, sentences, quantities and folding of texts, without a model."""
