"""OAI-PMH 2.0: what a harvester asks, and the XML that answers it (openarchives.org)."""
