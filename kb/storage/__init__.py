"""SQL, which is the truth, and the content store beside it."""
