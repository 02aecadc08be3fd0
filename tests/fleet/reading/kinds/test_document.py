import pytest

from tests.fleet.reader import Reader


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec: {}", "`metadata` is missing"),
        ("metadata: {}", "`metadata.name` is missing"),
        ("metadata: all", "`metadata` must be a mapping, not `all`"),
        ("metadata: {name: 1}", "`metadata.name` must be text, not `1`"),
        ("metadata: {name: All}", "`All` is not a name"),
        ("metadata: {name: ''}", "`` is not a name"),
        ("metadata: {name: -a}", "`-a` is not a name"),
        (f"metadata: {{name: {'a' * 64}}}", f"`{'a' * 64}` is not a name"),
        ("metadata: {name: a, labels: {}}", "unknown field `metadata.labels`"),
        ("metadata: {name: a, owner: []}", "`metadata.owner` must be text, not a list"),
        ("metadata: {name: a}\nspce: {}", "unknown field `spce`"),
    ],
)
def test_what_all_documents_share_is_checked(
    reader: Reader, text: str, message: str
) -> None:
    reader.document(text)
    assert message in reader.messages


def test_metadata_may_say_who_owns_it_and_why(reader: Reader) -> None:
    document = reader.document(
        "metadata: {name: a.b-1, owner: me, description: why, annotations: {x/y: z}}"
    )
    assert document.name == "a.b-1"
    assert reader.messages == []
