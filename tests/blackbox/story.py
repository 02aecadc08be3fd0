"""What happens: acts chosen at random, the same ones for the same seed.

Nothing here looks at the clock or at what the service answered, so that a seed tells
the same story again, as far as timing allows.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.blackbox.documents import Documents, Section, marked
from tests.blackbox.world import OUTAGES, ROLES, World
from tests.report.fake_forge import AcceptAndDrop, Delay, Duplicate, Fault, Truncate

LONGEST_PAUSE: Final = 1.5
MOST_ACTS: Final = 3
MOST_ASKED: Final = 25
"""Requests after which the service is started again: the forge's budget is a pause for
hours, and a new process has a new one."""

_SLIPS: Final[tuple[Fault, ...]] = (
    AcceptAndDrop(),
    Duplicate(),
    Truncate(),
    Delay(0.5),
)


class Story:
    """A world, and the chance that rules it."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311 - a story, no secret

    def begin(self) -> None:
        """The first agents come."""
        for name in ("gateway-1", "gateway-2", "edge-1", "edge-2"):
            self._world.join(name)

    def turn(self) -> None:
        """A few acts, one soon after the other."""
        if self._world.asked > MOST_ASKED:
            self._kill_service()
        if self._chance.random() < 0.4:
            self._mend_all()
        for _ in range(self._chance.randint(1, MOST_ACTS)):
            acts = list(_ACTS)
            (act,) = self._chance.choices(acts, [_ACTS[one] for one in acts])
            act(self)
            time.sleep(self._chance.uniform(0, LONGEST_PAUSE))

    # Commits.

    def _change(self) -> None:
        section = self._section()
        self._tell(f"a change to {section.name}")
        self._world.push(self._changed(section.name))

    def _readme(self) -> None:
        self._tell("a change to the README")
        documents = self._world.documents
        self._world.push(replace(documents, remark=documents.remark + 1))

    def _several(self) -> None:
        section = self._section()
        self._tell(f"several commits at once, to {section.name} and the README")
        first = self._changed(section.name)
        second = replace(first, remark=first.remark + 1)
        third = second.with_section(section.name, tag=self._world.new_tag())
        last = self._chance.choice([second, third])
        self._world.push(first, second, *([last] if last is third else []))

    def _rewrite(self) -> None:
        if len(self._world.commits) > 1:
            section = self._section()
            self._tell(f"the last commit is rewritten with a change to {section.name}")
            documents = self._world.commits[-1].documents
            documents = replace(documents, is_unreadable=False)
            if section.name in documents.sections:
                tag = self._world.new_tag()
                documents = documents.with_section(section.name, tag=tag)
            self._world.push(documents, rewrite=True)

    def _revert(self) -> None:
        readable = [
            commit.documents
            for commit in self._world.commits
            if not commit.documents.is_unreadable
        ]
        if len(readable) > 1:
            self._tell("a revert")
            self._world.push(readable[-2])

    def _mistype(self) -> None:
        section = self._section()
        what = self._chance.choice(["the config's", "the group's", "both"])
        self._tell(f"a typo in {what} selector of {section.name}")
        typo = f"{section.role}x"
        changes = {"config_role": typo} if what != "the group's" else {}
        changes |= {"role": typo} if what != "the config's" else {}
        self._world.push(self._world.documents.with_section(section.name, **changes))

    def _release(self) -> None:
        documents = self._world.documents
        lost = any(
            ROLES[one.name] not in {one.role, one.config_role}
            for one in documents.sections.values()
        )
        if lost:
            self._tell("what is selected by nothing is released")
            self._world.push(replace(documents, release=True))

    def _break(self) -> None:
        section = self._section()
        self._tell(f"an error in the config of {section.name}")
        self._world.push(
            self._world.documents.with_section(section.name, is_broken=True)
        )

    def _break_all(self) -> None:
        # It is refused, and what came together with it is not in force either.
        self._world.let_fetch()
        self._tell("a root document that cannot be read")
        self._world.push(replace(self._world.documents, is_unreadable=True))

    def _add_group(self) -> None:
        documents = self._world.documents
        missing = sorted(ROLES.keys() - documents.sections.keys())
        if missing:
            name = missing[0]
            self._tell(f"a new group, {name}")
            section = Section(name, ROLES[name], ROLES[name], self._world.new_tag())
            sections = {**documents.sections, name: section}
            self._world.push(replace(documents, sections=sections))

    def _drop_group(self) -> None:
        documents = self._world.documents
        if len(documents.sections) > 1:
            name = self._section().name
            self._tell(f"{name} and its config are deleted")
            left = {key: one for key, one in documents.sections.items() if key != name}
            self._world.push(replace(documents, sections=left))

    # Agents.

    def _poison(self) -> None:
        section = self._section()
        there = [
            name
            for name in self._world.present()
            if self._world.hosts[name].role == section.config_role
        ]
        if there:
            name = self._chance.choice(there)
            how = self._chance.choices(["refuse", "sicken", "ignore"], [3, 1, 1])[0]
            self._tell(f"a change to {section.name} that {name} will {how}")
            documents = self._changed(section.name)
            tag = documents.sections[section.name].tag
            self._world.temper(name, {f"timeout: {marked(tag)}": how})
            self._world.push(documents)

    def _drift(self) -> None:
        if name := self._somebody():
            stubborn = self._chance.random() < 0.3
            self._tell(f"{name} drifts{', and stays so' if stubborn else ''}")
            if stubborn:
                self._world.temper(name, {"": "pretend"})
            drifted = Section("drift", "", "", self._world.new_tag()).config
            self._world.agents.order(name, "drift", config=drifted)

    def _rehash(self) -> None:
        if name := self._somebody():
            self._tell(f"{name} says the hash of somebody else's config")
            self._world.agents.order(name, "rehash")

    def _sicken(self) -> None:
        if name := self._somebody():
            self._tell(f"{name} falls ill")
            self._world.agents.order(name, "sicken")

    def _leave(self) -> None:
        if name := self._somebody():
            how = self._chance.choice(["stop", "kill"])
            self._tell(f"{name} leaves: {how}")
            self._world.leave(name, how)

    def _join(self) -> None:
        away = sorted(self._world.hosts.keys() - set(self._world.present()))
        if away:
            name = self._chance.choice(away)
            new_uid = self._chance.random() < 0.4
            self._tell(f"{name} comes{' under a new uid' if new_uid else ''}")
            self._world.join(name, new_uid=new_uid)

    def _restart(self) -> None:
        if name := self._somebody():
            new_uid, forgetful = (self._chance.random() < 0.5 for _ in range(2))
            self._tell(
                f"{name} is killed and started again"
                f"{' under a new uid' if new_uid else ''}"
                f"{' without its memory' if forgetful else ''}"
            )
            self._world.leave(name, "kill")
            self._world.join(name, new_uid=new_uid, forgetful=forgetful)

    def _cut(self) -> None:
        connected = self._world.present(scheme="ws")
        if connected:
            name = self._chance.choice(connected)
            self._tell(f"{name} loses its connection")
            self._world.agents.order(name, "cut")

    # The world around them.

    def _kill_service(self) -> None:
        pause = self._chance.uniform(0, LONGEST_PAUSE)
        self._tell(f"kill -9 of the service, away for {pause:.1f} s")
        self._world.kill_service(pause)

    def _trouble_forge(self) -> None:
        name = self._chance.choice(sorted(OUTAGES))
        self._tell(f"the forge {name}")
        self._world.trouble_forge(OUTAGES[name])

    def _slip(self) -> None:
        slips = self._chance.choices(_SLIPS, k=self._chance.randint(1, 3))
        self._tell(f"on the way to the forge: {slips}")
        self._world.trouble_forge(None, *slips)

    def _mend_all(self) -> None:
        documents = self._world.documents
        sections = {
            name: replace(one, role=role, config_role=role, is_broken=False)
            for name, one in documents.sections.items()
            for role in [ROLES[name]]
        }
        mended = replace(documents, sections=sections, release=False)
        newest = self._world.commits[-1].documents
        self._tell("all is mended")
        for name in self._world.present():
            self._world.temper(name, {})
            self._world.agents.order(name, "heal")
        if mended != newest:
            self._world.push(mended)

    # Choices.

    def _section(self) -> Section:
        sections = self._world.documents.sections
        return sections[self._chance.choice(sorted(sections))]

    def _changed(self, name: str) -> Documents:
        tag = self._world.new_tag()
        return self._world.documents.with_section(name, tag=tag, is_broken=False)

    def _somebody(self) -> str | None:
        present = self._world.present()
        return self._chance.choice(present) if present else None

    def _tell(self, words: str) -> None:
        self._world.tell(words)


_ACTS: Final[dict[Callable[[Story], None], int]] = {
    Story._change: 6,
    Story._readme: 3,
    Story._several: 2,
    Story._rewrite: 1,
    Story._revert: 2,
    Story._mistype: 3,
    Story._release: 2,
    Story._break: 2,
    Story._break_all: 1,
    Story._add_group: 1,
    Story._drop_group: 1,
    Story._poison: 4,
    Story._drift: 4,
    Story._rehash: 2,
    Story._sicken: 2,
    Story._leave: 3,
    Story._join: 5,
    Story._restart: 3,
    Story._cut: 2,
    Story._kill_service: 3,
    Story._trouble_forge: 3,
    Story._slip: 2,
}
