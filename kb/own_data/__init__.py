"""What the base holds about a person: to take along, and to erase."""
