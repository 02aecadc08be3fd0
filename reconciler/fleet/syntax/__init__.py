"""YAML, trees with places, and what is done to trees; knows no document of ours."""
