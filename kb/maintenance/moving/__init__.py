"""``kb migrate``: copy a base to other stores (SQL, files, index) without embedding again."""
