import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax.nodes import Table
from reconciler.ids import ConfigHash
from reconciler.state.actions import (
    DropConfigs,
    ForgetAgent,
    SaveAgent,
    SaveConfig,
    SaveRevision,
)
from reconciler.state.records import StoredState
from reconciler.store.changes import key_of
from reconciler.store.store import Saving, Store
from tests.store import examples, strategies

savings = st.one_of(
    strategies.agents.map(SaveAgent),
    strategies.configs.map(SaveConfig),
    strategies.revisions.map(SaveRevision),
    strategies.statuses,
)


def restarted(path: Path) -> StoredState:
    store = Store(path)
    store.open()
    try:
        return store.load()
    finally:
        store.close()


def save_and_restart(path: Path, *saved: Saving | Snapshot) -> StoredState:
    store = Store(path)
    store.open()
    for what in saved:
        if isinstance(what, Snapshot):
            store.save_snapshot(what)
        else:
            store.save(what)
    store.close()
    return restarted(path)


def test_a_new_store_is_empty(path: Path) -> None:
    assert restarted(path) == StoredState(None, (), (), {}, ())


def test_a_restart_finds_every_kind_of_record_as_it_was_saved(path: Path) -> None:
    snapshot = examples.snapshot(fleet=b"kind: Fleet\n")
    found = save_and_restart(
        path,
        SaveAgent(examples.AGENT),
        SaveRevision(examples.REVISION),
        SaveConfig(examples.CONFIG),
        examples.STATUS,
        snapshot,
    )
    assert found == StoredState(
        snapshot,
        (examples.AGENT,),
        (examples.REVISION,),
        {examples.HASH: examples.CONFIG},
        (examples.STATUS,),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(savings, max_size=6), st.none() | strategies.snapshots)
def test_whatever_is_saved_is_loaded_equal(
    saved: Sequence[Saving], snapshot: Snapshot | None
) -> None:
    newest = {key_of(what): what for what in saved}  # type: ignore[arg-type] # no drops
    everything = [*saved, snapshot] if snapshot else saved
    with tempfile.TemporaryDirectory() as folder:
        found = save_and_restart(Path(folder) / "state.db", *everything)
    assert found.snapshot == snapshot
    loaded: list[Saving] = [
        *map(SaveAgent, found.agents),
        *map(SaveRevision, found.revisions),
        *map(SaveConfig, found.configs.values()),
        *found.statuses,
    ]
    assert {key_of(what): what for what in loaded} == newest  # type: ignore[arg-type] # no drops
    assert len(loaded) == len(newest)


def test_the_newest_record_of_a_key_wins_within_a_batch_and_across(path: Path) -> None:
    first, second, third = (
        examples.agent(1, sequence_num=number) for number in (1, 2, 3)
    )
    assert save_and_restart(path, SaveAgent(first), SaveAgent(second)).agents == (
        second,
    )
    assert save_and_restart(path, SaveAgent(third)).agents == (third,)


def test_a_forgotten_agent_is_gone_and_may_come_back(path: Path) -> None:
    gone, kept = examples.agent(1), examples.agent(2)
    saves = SaveAgent(gone), SaveAgent(kept)
    assert save_and_restart(path, *saves, ForgetAgent(gone.uid)).agents == (kept,)
    assert save_and_restart(path, ForgetAgent(kept.uid)).agents == ()
    assert save_and_restart(path, *saves).agents == (gone, kept)


def test_dropped_configs_go_and_the_others_stay(path: Path) -> None:
    other = replace(examples.CONFIG, hash=ConfigHash(b"\x03" * 32))
    saves = SaveConfig(examples.CONFIG), SaveConfig(other)
    found = save_and_restart(path, *saves)
    assert found.configs.keys() == {examples.HASH, other.hash}
    dropped = save_and_restart(path, DropConfigs(frozenset({examples.HASH})))
    assert dropped.configs == {other.hash: other}


def test_a_config_dropped_and_offered_again_is_kept(path: Path) -> None:
    saved = SaveConfig(examples.CONFIG)
    drop = DropConfigs(frozenset({examples.HASH}))
    assert save_and_restart(path, saved, drop, saved).configs


def test_a_config_is_loaded_without_its_nodes(path: Path) -> None:
    fresh = replace(examples.CONFIG, nodes={"": Table({}, where=None)})  # type: ignore[arg-type] # any tree will do
    assert save_and_restart(path, SaveConfig(fresh)).configs == {
        examples.HASH: examples.CONFIG
    }


def test_only_the_snapshot_in_force_is_kept(path: Path) -> None:
    old = examples.snapshot("a" * 40, fleet=b"old", same=b"same", gone=b"gone")
    new = examples.snapshot("b" * 40, fleet=b"new", same=b"same")
    assert save_and_restart(path, old).snapshot == old
    assert save_and_restart(path, new).snapshot == new


def test_flush_makes_what_was_saved_durable(store: Store) -> None:
    store.save(examples.STATUS)
    store.flush()
    assert store.load().statuses == (examples.STATUS,)


def test_a_store_that_was_never_opened_can_be_closed(path: Path) -> None:
    store = Store(path)
    store.close()
    store.flush()
    assert not path.exists()


async def test_the_store_opens_and_loads_inside_a_running_event_loop(
    path: Path,
) -> None:
    store = Store(path)
    store.open()
    store.save(examples.STATUS)
    await asyncio.to_thread(store.flush)
    assert store.load().statuses == (examples.STATUS,)
    await asyncio.to_thread(store.close)
