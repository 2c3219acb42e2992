"""A new index built beside the one in use."""
