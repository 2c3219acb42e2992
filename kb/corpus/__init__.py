"""The starter corpus: cards and collections read from files and loaded into the base."""
