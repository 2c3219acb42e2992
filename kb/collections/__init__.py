"""Collections: curated, ordered lists of practices and documents."""
