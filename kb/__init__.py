"""The knowledge base: domain types, settings, storage, index, features."""

import os

# One thread for numpy: its products here take a millisecond, and OpenBLAS threads that spin while
# waiting slow the embedding model down. Read by numpy when first imported, hence here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
