"""Request handling: identity and rights, limits, cookies, headers, errors."""
