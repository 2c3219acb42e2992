"""From index hits to ranked practices and documents."""
