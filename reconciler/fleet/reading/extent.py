"""Which files a fleet is read from, and which changes can therefore matter to it.

Called by `follower.py` for commits that a source moved past. Whatever a source
delivers may be a document or be named by one, but for what `.fleetignore` leaves out.
"""

from collections.abc import Iterable

from reconciler.fleet.findings import Report
from reconciler.fleet.reading import fleetignore
from reconciler.fleet.snapshot import Snapshot


def is_touched(snapshot: Snapshot, paths: Iterable[str]) -> bool:
    """Whether the fleet of a snapshot can be another one where these files differ."""
    ignored = fleetignore.read(snapshot, Report())
    return any(path == fleetignore.PATH or not ignored.by(path) for path in paths)
