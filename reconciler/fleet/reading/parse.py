"""From a snapshot to a fleet: finds the documents, reads them, gathers every finding.

Called by the controller's side for each new revision and by `reconciler lint`. Never
raises for a bad repo and never takes an error for emptiness. An error in a document
concerns those whom it selects, and stops nobody else; an error of which nobody can say
whom it concerns is fatal: such a fleet is not put in force, and the last one stays.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import ignores, inventory
from reconciler.fleet.documents import (
    API_VERSION,
    DEFAULT_GROUP,
    OWN_CONTEXTS,
    CollectorConfig,
    Fleet,
    Kind,
)
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.reading import discovery, fleetignore
from reconciler.fleet.reading import quarantine as reading
from reconciler.fleet.reading.discovery import Found
from reconciler.fleet.reading.files import Cache, Files
from reconciler.fleet.reading.kinds import (
    config,
    config_test,
    distribution,
    fleet,
    group,
    variables,
)
from reconciler.fleet.reading.kinds import inventory as listing
from reconciler.fleet.reading.kinds.document import MISPLACED, Document
from reconciler.fleet.reading.kinds.fleet import Root
from reconciler.fleet.reading.quarantine import Read, Reader
from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax import blanks, yaml
from reconciler.fleet.syntax.yaml import Caps
from reconciler.ids import GroupName

EMPTY_REPOSITORY: Final = "E008"
REFUSED_FILE: Final = "W009"

_ROOT: Final = Where("fleet.yaml")
_MOST_REFUSED: Final = 50
_UNREAD: Final = frozenset({yaml.SYNTAX, yaml.DUPLICATE_KEY})


def parse(
    snapshot: Snapshot, cache: Cache | None = None, *, caps: Caps = yaml.CAPS
) -> Fleet:
    """The fleet of a snapshot with everything there is to say about it.

    Args:
        snapshot: The files of one revision.
        cache: Handed in again for the next revision, it saves composing equal files.
        caps: How much one file may hold.
    """
    fatal = Report()
    ignored = fleetignore.read(snapshot, fatal)
    files = Files(snapshot, cache, ignored=ignored, caps=caps)
    found = discovery.find(files, fatal)
    root = _root(found, files, fatal, snapshot)
    silenced, useless = ignores.read(files.yaml())
    reader = Reader(
        files, found, fatal=fatal, scopes=root.scopes, ignores=silenced, cache=cache
    )
    reader.others.add(*useless)
    groups = reader.read(
        Kind.AGENT_GROUP, lambda one: group.read(one, root.policy), again=True
    )
    configs = reader.read(Kind.COLLECTOR_CONFIG, config.read)
    values = reader.read(Kind.VARIABLES, variables.read)
    listed = reader.read(Kind.INVENTORY, listing.read)
    builds = reader.read(Kind.DISTRIBUTION, distribution.read)
    tests = reader.read(Kind.CONFIG_TEST, config_test.read)
    known = tuple(listing.hold(one.made, one.wrong) for one in listed)
    reader.others.add(*inventory.check(known))
    _check_refused(snapshot, files, reader.others)
    reader.others.add(*_strays(files, found, configs, reader.findings))
    return Fleet(
        revision=snapshot.revision,
        name=root.name,
        status_prefix=root.status_prefix,
        policy=root.policy,
        # A broken group is one all the same: its agents wait in it, and its commit
        # status is where people look for the reason.
        groups={
            GroupName(one.name): one
            for one in sorted(reading.firsts(groups), key=lambda one: one.name)
            if one.name not in {DEFAULT_GROUP, *OWN_CONTEXTS}
        },
        configs={one.name: one for one in reading.ranked(configs)},
        findings=reader.findings,
        fatal=fatal.findings,
        broken=tuple(reader.broken),
        variables=reading.ranked(values),
        inventories=known,
        distributions=reading.ranked(builds),
        tests=tuple(sorted(reading.sound(tests), key=lambda one: one.name)),
        scopes=root.scopes,
        guard=root.guard,
        ignores=silenced,
        unselected=root.unselected,
        unmanaged=root.unmanaged,
        missing=root.missing,
    )


def _root(found: Found, files: Files, fatal: Report, snapshot: Snapshot) -> Root:
    tables = found[Kind.FLEET]
    for extra in tables[1:]:
        fatal.error(
            MISPLACED,
            f"a second Fleet; the first stands at {tables[0].where}",
            where=extra.where,
            hint="a repository holds one fleet",
        )
    if tables:
        return fleet.read(Document(tables[0], files, fatal))
    if any(one.rule in _UNREAD for one in fatal.findings):
        return Root()  # it may well stand in a file that cannot be read
    if snapshot.files:
        fatal.error(
            MISPLACED,
            "no document of kind Fleet",
            where=_ROOT,
            hint=f"add fleet.yaml with apiVersion {API_VERSION}, kind and metadata",
        )
    else:
        fatal.error(
            EMPTY_REPOSITORY,
            "the repository has no files",
            where=_ROOT,
            hint="an empty repository never means an empty fleet; nothing was changed",
        )
    return Root()


def _strays(
    files: Files,
    found: Found,
    configs: Iterable[Read[CollectorConfig]],
    told: tuple[Finding, ...],
) -> Iterator[Finding]:
    """Characters that nobody sees in our own files, but those told to break a file."""
    ours = {table.where.path for tables in found.values() for table in tables}
    ours |= {
        part.node.where.path for config in configs for part in config.made.fragments
    }
    ours |= {finding.where.path for finding in told}
    places = {finding.where for finding in told}
    for file in files.yaml():
        strays = blanks.check(file.content, file.path) if file.path in ours else ()
        yield from (stray for stray in strays if stray.where not in places)


def _check_refused(snapshot: Snapshot, files: Files, report: Report) -> None:
    unnamed = (
        path
        for path in sorted(snapshot.refused)
        if path not in {*files.refused, fleetignore.PATH} and not files.ignored.by(path)
    )
    for path in itertools.islice(unnamed, _MOST_REFUSED):
        refused = snapshot.refused[path]
        report.warning(
            REFUSED_FILE,
            f"not read: {refused.reason}",
            where=Where(path),
            hint=refused.hint,
        )
