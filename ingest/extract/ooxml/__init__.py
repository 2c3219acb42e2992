"""Parts that all Office Open XML files share: package, properties, charts."""
