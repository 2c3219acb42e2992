"""Tools for assistants by the Model Context Protocol: they quote the base and write nothing."""
