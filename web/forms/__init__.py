"""What people fill in, read into values, and values put back into the form."""
