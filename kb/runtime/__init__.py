"""Services of a running process: opened parts, ownership, logs, metrics, mail."""
