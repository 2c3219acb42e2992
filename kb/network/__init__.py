"""The network: people and bodies who agreed to be found, and requests between them."""
