"""From a file to indexed passages."""
