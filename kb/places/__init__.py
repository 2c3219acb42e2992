"""Italian municipalities and economic activities, with statistical facts."""
