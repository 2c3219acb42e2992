"""Whether what was found answers the question, and where relevance ends."""
