"""From documents and labels to a config: layers, variables, lists, provenance."""
