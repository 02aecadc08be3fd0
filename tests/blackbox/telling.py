"""A failure in words: all that is needed to understand it and to have it again."""

from collections.abc import Iterator

from tests.blackbox.agents import Words
from tests.blackbox.world import World

LAST_WORDS = 6
SINCE = 60
"""Statuses of the forge's record that are shown."""


def told(world: World, wrong: str) -> str:
    """What is wrong, what was done, what the agents said last, what the forge has."""
    parts = {
        "wrong": [wrong],
        "story": world.story,
        "agents": list(_agents(world)),
        "forge": list(_forge(world)),
    }
    return "\n".join(
        line for title, lines in parts.items() for line in (f"=== {title}", *lines)
    )


def _agents(world: World) -> Iterator[str]:
    for name, testimony in sorted(world.agents.testimonies.items()):
        heard = "is heard" if testimony.is_reachable else "is not heard"
        yield f"{name}, {world.hosts[name].scheme}, {heard}"
        happened = [(words.at, _words(world, words)) for words in testimony.words]
        happened += [
            (at, f"was offered {_meaning(world.agents.configs[digest])}")
            for at, digest in testimony.offers
        ]
        happened += [
            (at, "could be heard" if heard else "could not be heard")
            for at, heard in testimony.reachable
        ]
        for at, text in sorted(happened)[-2 * LAST_WORDS :]:
            yield f"{at - world.started_at:9.2f}  {text}"


def _words(world: World, words: Words) -> str:
    about = _meaning(world.agents.configs.get(words.hash))
    health = "healthy" if words.healthy else "unhealthy"
    runs = _meaning(words.effective)
    return f"{words.role}: {words.status} {about}, runs {runs}, {health}"


def _meaning(config: object) -> str:
    match config:
        case {"processors": {"batch": {"timeout": tag}}}:
            return f"timeout: {tag}"
        case _:
            return "nothing known"


def _forge(world: World) -> Iterator[str]:
    for taken in world.forge.record[-SINCE:]:
        row = taken.row
        yield (
            f"{taken.at - world.started_at:9.2f}  {row.commit[:7]} {row.context}: "
            f"{row.state}: {row.description}"
        )
