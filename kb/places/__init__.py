"""Italian municipalities and economic activities, and what is known of them."""
