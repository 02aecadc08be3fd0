"""The promise, tried from outside: a commit is green when, and only when, the fleet
runs it.

`BLACKBOX_SEED=17 BLACKBOX_ROUNDS=50 pytest tests/blackbox` plays one story, as long as
wanted; a failure says what to set to have it again.
"""

import os
import random
from typing import Final

import pytest

from reconciler.report.address import ForgeKind
from tests.blackbox import judgement, telling
from tests.blackbox.forge import TimedForge
from tests.blackbox.story import Story
from tests.blackbox.world import World, open_world
from tests.interop.stage import Stage
from tests.interop.toolchain import Built
from tests.interop.waiting import TooLate

ROUNDS: Final = int(os.environ.get("BLACKBOX_ROUNDS", "3"))
SEED: Final = os.environ.get("BLACKBOX_SEED")
SEEDS: Final = [int(SEED)] if SEED else [707, 1002]
ROUND_SECONDS: Final = 120

pytestmark = [
    pytest.mark.interop,
    pytest.mark.xdist_group("blackbox"),
    pytest.mark.timeout((ROUNDS + 1) * ROUND_SECONDS),
]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_green_lies_and_at_rest_every_status_is_what_the_agents_say(
    seed: int, stage: Stage, opampgo_binary: Built
) -> None:
    play(seed, stage, opampgo_binary)


@pytest.mark.skipif(SEED is not None, reason="BLACKBOX_SEED names the story")
def test_no_green_lies_in_a_story_that_nobody_chose(
    stage: Stage, opampgo_binary: Built
) -> None:
    play(random.SystemRandom().randrange(1_000_000), stage, opampgo_binary)


def play(seed: int, stage: Stage, binary: Built) -> None:
    """Tell one story; after each of its turns all comes to rest and is judged."""
    print(f"BLACKBOX_SEED={seed} BLACKBOX_ROUNDS={ROUNDS}")  # noqa: T201 - to play again
    kind = (ForgeKind.GITHUB, ForgeKind.GITEA)[seed % 2]
    with open_world(stage, binary, TimedForge(kind=kind)) as world:
        story = Story(world, seed)
        story.begin()
        judge(world)
        for turn in range(ROUNDS):
            world.tell(f"-- turn {turn + 1}")
            story.turn()
            judge(world)


def judge(world: World) -> None:
    """Wait for rest, and look back at every green there was."""
    world.heal_services()
    wrong = ""
    try:
        judgement.rest(world)
    except TooLate as never:
        wrong = f"{never}\n"
    wrong += "\n".join(judgement.lies(world))
    if wrong:
        pytest.fail(telling.told(world, wrong), pytrace=False)
    world.tell("at rest, and right")
