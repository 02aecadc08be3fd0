from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import RefusedFile, SourceFile
from reconciler.state.records import RevisionRecord, StatusRecord
from reconciler.store import rows
from reconciler.store.rows import UNREADABLE, Row
from tests.store import examples, strategies


@given(strategies.revisions)
def test_a_revision_is_read_back_as_it_was_written(record: RevisionRecord) -> None:
    assert rows.revision_record(rows.revision_row(record)) == record


@given(strategies.statuses)
def test_a_commit_status_is_read_back_as_it_was_written(record: StatusRecord) -> None:
    assert rows.status_record(rows.status_row(record)) == record


@given(strategies.configs)
def test_a_config_is_read_back_as_it_was_written(config: RenderedConfig) -> None:
    entries = rows.entry_rows(config)
    assert rows.config(rows.config_row(config), reversed(entries)) == config


def test_the_stored_forms_stay_as_older_versions_wrote_them() -> None:
    assert rows.revision_row(examples.REVISION) == {
        "ref": "main",
        "commit_sha": examples.COMMIT,
        "generation": 4,
        "state": "accepted",
        "seen_at": 1700000000.0,
        "message": "Raise the batch size",
    }
    assert rows.status_row(examples.STATUS) == {
        "commit_sha": examples.COMMIT,
        "context": "fleet/gateways",
        "state": "failure",
        "description": "0/1 on it, 1 failed: no such exporter",
        "posted_state": "pending",
        "posted_description": "0/1 on it",
        "error": None,
        "changed_at": 1700000000.5,
    }
    assert rows.config_row(examples.CONFIG) == {
        "hash": examples.HASH,
        "documents_json": '["base","gateway"]',
        "checksum": bytes.fromhex(
            "2387590a8ad54ce51107756c49b3d49bbfcb8f2509ea19f71b790e30945a7eb2"
        ),
    }


@pytest.mark.parametrize(
    ("convert", "row", "column"),
    [
        (rows.revision_record, rows.revision_row(examples.REVISION), "state"),
        (rows.status_record, rows.status_row(examples.STATUS), "state"),
        (rows.status_record, rows.status_row(examples.STATUS), "posted_state"),
    ],
)
def test_a_word_nobody_wrote_makes_a_row_unreadable(
    convert: Callable[[Row], Any], row: Row, column: str
) -> None:
    with pytest.raises(UNREADABLE):
        convert({**row, column: "half"})


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"": ConfigEntry(b"receivers: []\n", "text/yaml")},
        {"": ConfigEntry(b"receivers: {}\n", "text/plain")},
        {"other": ConfigEntry(b"receivers: {}\n", "text/yaml")},
        {
            "": ConfigEntry(b"receivers: {}\n", "text/yaml"),
            "more": ConfigEntry(b"", ""),
        },
    ],
)
def test_a_config_with_other_bytes_than_were_stored_is_unreadable(
    damaged: dict[str, ConfigEntry],
) -> None:
    entries = rows.entry_rows(replace(examples.CONFIG, entries=damaged))
    with pytest.raises(UNREADABLE):
        rows.config(rows.config_row(examples.CONFIG), entries)


def test_a_snapshot_with_a_file_missing_added_or_changed_is_unreadable() -> None:
    whole = examples.snapshot(a=b"one", b=b"two")
    row = rows.snapshot_row(whole)
    rows.verify_snapshot(row, whole)
    file = whole.files["a.yaml"]
    for damaged in (
        replace(whole, files={"a.yaml": file}),
        replace(whole, files={**whole.files, "c.yaml": file}),
        replace(
            whole,
            files={**whole.files, "a.yaml": SourceFile(file.path, file.blob, b"!")},
        ),
        replace(whole, refused={"x": RefusedFile("x", "symlink", "")}),
    ):
        with pytest.raises(UNREADABLE):
            rows.verify_snapshot(row, damaged)
