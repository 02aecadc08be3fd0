"""Everything that can be said of a fleet, or of a lone config, before it is run."""
