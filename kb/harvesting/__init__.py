"""What other catalogues take from here: descriptions of public items, and when they changed."""
