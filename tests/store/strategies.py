"""Hypothesis strategies for every record that the store keeps."""

from hypothesis import strategies as st

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import RefusedFile, Snapshot, SourceFile, blob_id
from reconciler.ids import (
    CommitSha,
    ConfigHash,
    Generation,
    GroupName,
    InstanceUid,
    Revision,
)
from reconciler.state.agent import Doubt, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.observed import (
    AgentDescription,
    Capability,
    ConfigStatus,
    ConnectionId,
    Health,
    RemoteConfigStatus,
    Transport,
)
from reconciler.state.records import (
    AgentRecord,
    RevisionRecord,
    RevisionState,
    StatusRecord,
)

U64 = 2**64 - 1

texts = st.text(max_size=20)
times = st.floats(min_value=0, max_value=1e11)
uids = st.binary(min_size=16, max_size=16).map(InstanceUid)
hashes = st.binary(min_size=32, max_size=32).map(ConfigHash)
commits = st.text("0123456789abcdef", min_size=40, max_size=40).map(CommitSha)
generations = st.integers(0, 2**53).map(Generation)
attributes = st.dictionaries(texts, texts, max_size=4)

offers = st.builds(
    Offer,
    hash=hashes,
    generation=generations,
    kind=st.sampled_from(OfferKind),
    at=times,
    attempt=st.integers(1, 9),
    connection=st.integers(0, 2**53).map(ConnectionId),
    acknowledged=st.booleans(),
)

agents = st.builds(
    AgentRecord,
    uid=uids,
    transport=st.sampled_from(Transport),
    sequence_num=st.integers(0, U64),
    capabilities=st.integers(0, U64).map(Capability),
    description=st.builds(AgentDescription, attributes, attributes),
    health=st.none() | st.builds(Health, st.booleans(), texts, texts, texts),
    remote_config_status=st.none()
    | st.builds(
        RemoteConfigStatus,
        hashes | st.just(ConfigHash(b"")),
        st.sampled_from(ConfigStatus),
        texts,
    ),
    components_hash=st.binary(max_size=32),
    group=texts.map(GroupName),
    sync=st.sampled_from(Sync),
    reason=st.sampled_from(Reason),
    detail=texts,
    since=times,
    last_seen=times,
    disconnected_at=st.none() | times,
    interval=st.none() | times,
    first_heard=times,
    moved_from=st.frozensets(texts.map(GroupName), max_size=3),
    has_run_ours=st.booleans(),
    doubt=st.none()
    | st.builds(Doubt, st.sampled_from(Sync), st.sampled_from(Reason), texts),
    is_clone=st.booleans(),
    forgotten=st.booleans(),
    desired=st.none() | hashes,
    offer=st.none() | offers,
    good=st.none() | hashes,
    failures=st.lists(
        st.builds(Failure, hashes, st.sampled_from(Reason), texts, times), max_size=3
    ).map(tuple),
    settings_hash=st.binary(max_size=32),
)

revisions = st.builds(
    RevisionRecord,
    ref=texts,
    commit=commits,
    generation=generations,
    state=st.sampled_from(RevisionState),
    seen_at=times,
    message=texts,
)

statuses = st.builds(
    StatusRecord,
    commit=commits,
    context=texts,
    state=st.sampled_from(CommitState),
    description=texts,
    posted_state=st.none() | st.sampled_from(CommitState),
    posted_description=st.none() | texts,
    error=st.none() | texts,
    changed_at=times,
)

configs = st.builds(
    RenderedConfig,
    hash=hashes,
    entries=st.dictionaries(
        texts, st.builds(ConfigEntry, st.binary(max_size=50), texts), max_size=3
    ),
    nodes=st.just({}),
    documents=st.lists(texts, max_size=3).map(tuple),
)


def _snapshot(
    revision: Revision, contents: dict[str, bytes], refused: list[RefusedFile]
) -> Snapshot:
    files = {
        path: SourceFile(path, blob_id(content), content)
        for path, content in contents.items()
    }
    return Snapshot(revision, files, {entry.path: entry for entry in refused})


snapshots = st.builds(
    _snapshot,
    st.builds(Revision, texts, commits),
    st.dictionaries(texts, st.binary(max_size=5), max_size=5),
    st.lists(st.builds(RefusedFile, texts, texts, texts), max_size=3),
)
