"""What the knowledge base is: its words, its settings, its stores."""

import os

# Numpy's products here take a millisecond; its threads, which wait busily, would stand in the way
# of those of the embedding model. Read when numpy is imported first, hence here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
