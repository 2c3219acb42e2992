"""What the knowledge base is: its words, its settings, its stores."""
