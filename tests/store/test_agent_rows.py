from dataclasses import replace

import pytest
from hypothesis import given

from reconciler.state.observed import Capability
from reconciler.state.records import AgentRecord
from reconciler.store import agent_rows
from reconciler.store.rows import UNREADABLE
from tests.store import examples, strategies

STORED = {
    "uid": bytes(16),
    "transport": "websocket",
    "sequence_num": 7,
    "capabilities": 0x802,
    "description_json": (
        '{"identifying":{"service.name":"otelcol"},"other":{"env":"prod"}}'
    ),
    "health_json": (
        '{"healthy":false,"last_error":"exit 1","status":"down","worst":"otlp: no"}'
    ),
    "remote_config_status_json": (
        '{"hash":"' + "02" * 32 + '","status":3,"error":"no such"}'
    ),
    "components_hash": b"\xaa",
    "settings_hash": b"\xbb",
    "group_name": "gateways",
    "sync": "Failed",
    "reason": "Rejected",
    "detail": "no such exporter",
    "since": 1700000000.5,
    "last_seen": 1700000001.25,
    "desired": b"\x02" * 32,
    "offer_json": (
        '{"hash":"' + "01" * 32 + '","generation":4,"kind":"restore",'
        '"at":1700000001.0,"attempt":1,"connection":9,"acknowledged":false}'
    ),
    "good": b"\x01" * 32,
    "failures_json": (
        '[{"hash":"' + "02" * 32 + '","reason":"Rejected",'
        '"detail":"no such exporter","at":1700000000.5}]'
    ),
    "moved_from_json": '["core","edge"]',
    "has_run_ours": True,
    "doubt_json": (
        '{"sync":"Drifted","reason":"EffectiveDiffers","detail":"/a is extra"}'
    ),
    "first_heard": 1600000000.0,
    "disconnected_at": None,
    "poll_interval": 30.5,
    "is_clone": True,
    "forgotten": False,
}


@given(strategies.agents)
def test_an_agent_is_read_back_as_it_was_written(record: AgentRecord) -> None:
    assert agent_rows.record(agent_rows.row(record)) == record


def test_the_stored_form_stays_as_older_versions_wrote_it() -> None:
    assert agent_rows.row(examples.AGENT) == STORED
    assert agent_rows.record(STORED) == examples.AGENT


def test_the_full_64_bits_of_opamp_fit_into_a_signed_column() -> None:
    record = replace(
        examples.AGENT, sequence_num=2**64 - 1, capabilities=Capability(1 << 63)
    )
    row = agent_rows.row(record)
    assert (row["sequence_num"], row["capabilities"]) == (-1, -(2**63))
    assert agent_rows.record(row) == record


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sync", "Syncked"),
        ("reason", ""),
        ("transport", "telnet"),
        ("sequence_num", "seven"),
        ("description_json", "{"),
        ("description_json", '{"identifying":{}}'),
        ("health_json", "[]"),
        ("remote_config_status_json", '{"hash":"zz","status":3,"error":""}'),
        ("offer_json", '{"hash":"00"}'),
        ("failures_json", "7"),
    ],
)
def test_a_damaged_column_makes_the_row_unreadable(column: str, value: object) -> None:
    with pytest.raises(UNREADABLE):
        agent_rows.record({**STORED, column: value})
