"""From a cited address to a document: polite, checked and resumable requests to other sites."""
