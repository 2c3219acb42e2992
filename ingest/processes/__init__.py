"""Child processes with limits: extraction, embedding and page images."""
