"""Documents that say nearly the same, found by MinHash."""
