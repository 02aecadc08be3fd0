"""What the Typer apps of all verbs have in common."""

import typer


def new(help_text: str) -> typer.Typer:
    """An app for one verb, or for one verb and its nouns."""
    return typer.Typer(
        help=help_text,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
