from math import inf

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import InstanceUid, format_uid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import collector
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.identity import Identity
from reconciler.simulator.personality import Personality
from reconciler.simulator.supervisor import Pace, Supervisor

UID = InstanceUid(bytes.fromhex("019b76daa8007a90908d447e35b8b6d8"))
OTHER_UID = InstanceUid(bytes.fromhex("019b76daa8017a90908d447e35b8b6d8"))
START = 1_790_000_000.0
CONFIG = yaml.dump(
    {
        "receivers": {"otlp": {}},
        "exporters": {"debug": {}},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["debug"]}}
        },
    }
).encode()
PARTS = (
    "agent_description",
    "health",
    "effective_config",
    "remote_config_status",
    "package_statuses",
    "agent_disconnect",
    "available_components",
)
FULL = [part for part in PARTS if part != "agent_disconnect"]


def agent_of(
    personality: Personality = Personality.GOOD, *, polls: bool = False
) -> SimulatedAgent:
    labels = {"role": "gateway", "deployment.environment.name": "staging"}
    return SimulatedAgent(
        Identity(UID, "gateway-00001", "0.149.0", labels),
        Supervisor(personality, Pace(start=1, apply=10)),
        polls=polls,
    )


def offer_of(
    body: bytes = CONFIG, config_hash: bytes = b"A"
) -> opamp_pb2.ServerToAgent:
    entry = opamp_pb2.AgentConfigObject(body=body, content_type="text/yaml")
    return opamp_pb2.ServerToAgent(
        remote_config=opamp_pb2.AgentRemoteConfig(
            config=opamp_pb2.AgentConfigMap(config_map={"": entry}),
            config_hash=config_hash,
        )
    )


class Dialogue:
    """Talks with an agent as a server would, on a clock of its own."""

    def __init__(self, agent: SimulatedAgent) -> None:
        self.agent = agent
        self.now = START
        self.heard: list[opamp_pb2.AgentToServer] = []

    def connect(self) -> list[opamp_pb2.AgentToServer]:
        self.agent.connect(self.now)
        return self.listen()

    def say(self, message: opamp_pb2.ServerToAgent) -> list[opamp_pb2.AgentToServer]:
        if not message.instance_uid:
            message.instance_uid = self.agent.uid
        if not message.capabilities and not message.HasField("error_response"):
            message.capabilities = 3
        self.agent.receive(message.SerializeToString(), self.now)
        return self.listen()

    def listen(self) -> list[opamp_pb2.AgentToServer]:
        heard = []
        while (payload := self.agent.take(self.now)) is not None:
            heard.append(opamp_pb2.AgentToServer.FromString(payload))
        self.heard += heard
        return heard

    def wait(self, seconds: float) -> list[opamp_pb2.AgentToServer]:
        end = self.now + seconds
        heard = []
        while self.agent.due <= end:
            self.now = self.agent.due
            heard += self.listen()
        self.now = end
        return heard


def parts_of(message: opamp_pb2.AgentToServer) -> list[str]:
    return [part for part in PARTS if message.HasField(part)]


def started(
    personality: Personality = Personality.GOOD, *, polls: bool = False
) -> Dialogue:
    dialogue = Dialogue(agent_of(personality, polls=polls))
    dialogue.connect()
    dialogue.say(opamp_pb2.ServerToAgent())
    dialogue.wait(2)
    return dialogue


def test_the_first_message_holds_everything_and_has_number_0() -> None:
    [first] = Dialogue(agent_of()).connect()
    assert first.instance_uid == UID
    assert first.sequence_num == 0
    assert first.capabilities == Personality.GOOD.capabilities
    assert parts_of(first) == FULL


def test_the_first_message_holds_of_the_components_the_hash_alone() -> None:
    [first] = Dialogue(agent_of()).connect()
    assert first.available_components.hash == collector.available_components().hash
    assert not first.available_components.components


def test_an_agent_that_hides_its_components_says_nothing_of_them() -> None:
    dialogue = Dialogue(agent_of(Personality.HIDES_COMPONENTS))
    [first] = dialogue.connect()
    assert not first.HasField("available_components")


def test_before_the_first_offer_the_status_is_unset_without_a_hash() -> None:
    [first] = Dialogue(agent_of()).connect()
    assert first.remote_config_status == opamp_pb2.RemoteConfigStatus()


def test_it_describes_itself_with_the_attributes_that_selectors_use() -> None:
    [first] = Dialogue(agent_of()).connect()
    description = first.agent_description
    assert {
        a.key: a.value.string_value for a in description.identifying_attributes
    } == {
        "service.name": "otelcol",
        "service.version": "0.149.0",
        "service.instance.id": format_uid(UID),
    }
    other = {
        a.key: a.value.string_value for a in description.non_identifying_attributes
    }
    assert other == {
        "host.name": "gateway-00001",
        "host.arch": "amd64",
        "os.type": "linux",
        "role": "gateway",
        "deployment.environment.name": "staging",
    }
    assert agent_of().labels.items() >= other.items()


def test_it_is_unhealthy_until_its_collector_is_up() -> None:
    dialogue = Dialogue(agent_of())
    [first] = dialogue.connect()
    assert not first.health.healthy
    assert first.health.status == "StatusStarting"
    assert first.health.start_time_unix_nano == 0
    [second] = dialogue.wait(2)
    assert second.health.healthy
    assert second.health.start_time_unix_nano == int((START + 1) * 1e9)
    assert list(second.health.component_health_map) == ["pipeline:traces"]
    assert parts_of(second) == ["health", "effective_config"]


def test_every_message_has_the_next_number_the_uid_and_the_capabilities() -> None:
    dialogue = started()
    dialogue.say(offer_of())
    dialogue.wait(100)
    numbers = [message.sequence_num for message in dialogue.heard]
    assert numbers == list(range(len(numbers)))
    assert {message.instance_uid for message in dialogue.heard} == {UID}
    assert {message.capabilities for message in dialogue.heard} == {0x7C47}


def test_an_acknowledgement_needs_no_answer() -> None:
    assert started().say(opamp_pb2.ServerToAgent()) == []


def test_a_heartbeat_comes_30_seconds_after_the_last_message_and_is_bare() -> None:
    dialogue = started()
    last = dialogue.now - 1
    assert dialogue.agent.due == last + 30
    [beat] = dialogue.wait(30)
    assert parts_of(beat) == []
    assert beat.sequence_num == 2


def test_what_is_offered_comes_out_as_applying_healthy_and_applied() -> None:
    dialogue = started()
    [applying] = dialogue.say(offer_of())
    up, applied = dialogue.wait(15)
    assert parts_of(applying) == ["health", "effective_config", "remote_config_status"]
    assert parts_of(up) == ["health", "effective_config"]
    assert parts_of(applied) == ["remote_config_status"]
    statuses = opamp_pb2.RemoteConfigStatuses
    assert [
        statuses.Name(one.remote_config_status.status) for one in (applying, applied)
    ] == ["RemoteConfigStatuses_APPLYING", "RemoteConfigStatuses_APPLIED"]
    assert applied.remote_config_status.last_remote_config_hash == b"A"


def test_the_effective_config_contains_the_offer_and_the_agents_own_uid() -> None:
    dialogue = started()
    dialogue.say(offer_of())
    up, _ = dialogue.wait(15)
    entry = up.effective_config.config_map.config_map[""]
    assert entry.content_type == "text/yaml"
    config = yaml.safe_load(entry.body)
    assert config["extensions"]["opamp"]["instance_uid"] == format_uid(UID)
    assert config["service"]["pipelines"]["traces"]["exporters"] == ["debug"]


def test_an_error_of_the_collector_comes_in_status_and_health() -> None:
    dialogue = started()
    dialogue.say(offer_of(CONFIG.replace(b"debug", b"nosuch"), b"B"))
    [failed] = dialogue.wait(2)
    status = failed.remote_config_status
    assert status.status == opamp_pb2.RemoteConfigStatuses_FAILED
    assert "unknown type 'nosuch'" in status.error_message
    assert failed.health.last_error == status.error_message
    assert failed.health.status == "StatusPermanentError"
    assert not failed.health.component_health_map


def test_changes_that_were_not_taken_yet_gather_in_one_message() -> None:
    dialogue = started()
    message = offer_of()
    message.instance_uid = UID
    dialogue.agent.receive(message.SerializeToString(), dialogue.now)
    dialogue.now += 15
    [only] = dialogue.listen()
    assert only.health.healthy
    assert only.remote_config_status.status == opamp_pb2.RemoteConfigStatuses_APPLIED


def test_report_full_state_brings_everything_and_the_whole_components_once() -> None:
    dialogue = started()
    flags = opamp_pb2.ServerToAgentFlags_ReportFullState
    [full] = dialogue.say(opamp_pb2.ServerToAgent(flags=flags))
    assert parts_of(full) == FULL
    assert full.available_components == collector.available_components()
    assert dialogue.say(opamp_pb2.ServerToAgent()) == []


def test_report_available_components_brings_only_those() -> None:
    flags = opamp_pb2.ServerToAgentFlags_ReportAvailableComponents
    [message] = started().say(opamp_pb2.ServerToAgent(flags=flags))
    assert parts_of(message) == ["available_components"]
    assert message.available_components == collector.available_components()


def test_the_last_message_says_that_it_leaves() -> None:
    dialogue = started()
    last = opamp_pb2.AgentToServer.FromString(dialogue.agent.farewell(dialogue.now))
    assert parts_of(last) == ["agent_disconnect"]
    assert last.sequence_num == 2


def test_a_reconnect_reports_everything_and_goes_on_counting() -> None:
    dialogue = started()
    [again] = dialogue.connect()
    assert parts_of(again) == FULL
    assert again.sequence_num == 2
    assert again.health.healthy


def test_a_bare_reconnect_says_nothing_but_its_number() -> None:
    dialogue = Dialogue(agent_of(Personality.BARE_RECONNECT))
    [first] = dialogue.connect()
    assert parts_of(first) == FULL
    dialogue.wait(2)
    [again] = dialogue.connect()
    assert parts_of(again) == []
    assert again.sequence_num == 2


def test_a_bare_reconnect_brings_what_changed_meanwhile() -> None:
    dialogue = started(Personality.BARE_RECONNECT)
    dialogue.agent.supervisor.fall_ill("disk is full", dialogue.now)
    [again] = dialogue.connect()
    assert parts_of(again) == ["health"]


def test_a_new_uid_is_used_from_the_next_message_on_in_the_old_description() -> None:
    dialogue = started(Personality.CLONES)
    identification = opamp_pb2.AgentIdentification(new_instance_uid=OTHER_UID)
    said = dialogue.say(opamp_pb2.ServerToAgent(agent_identification=identification))
    assert said == []
    [beat] = dialogue.wait(40)[:1]
    assert beat.instance_uid == OTHER_UID
    flags = opamp_pb2.ServerToAgentFlags_ReportFullState
    [full] = dialogue.say(opamp_pb2.ServerToAgent(flags=flags))
    attributes = full.agent_description.identifying_attributes
    assert attributes[2].value.string_value == format_uid(UID)


def test_a_uid_of_another_length_is_not_taken() -> None:
    dialogue = started()
    identification = opamp_pb2.AgentIdentification(new_instance_uid=b"short")
    dialogue.say(opamp_pb2.ServerToAgent(agent_identification=identification))
    assert dialogue.agent.uid == UID
    assert dialogue.agent.violations == {"new_instance_uid is not 16 bytes": 1}


def test_a_restart_command_hides_the_rest_of_its_message() -> None:
    dialogue = started()
    message = offer_of()
    message.command.SetInParent()
    [down] = dialogue.say(message)
    assert parts_of(down) == ["health"]
    [up] = dialogue.wait(5)
    assert up.health.healthy
    assert dialogue.agent.supervisor.offers == 0


def test_an_error_response_is_noted_and_nothing_else_of_it() -> None:
    dialogue = started()
    error = opamp_pb2.ServerErrorResponse(
        type=opamp_pb2.ServerErrorResponseType_Unavailable, error_message="too busy"
    )
    message = offer_of()
    message.error_response.CopyFrom(error)
    assert dialogue.say(message) == []
    assert dialogue.agent.server_errors == 1
    assert dialogue.agent.last_server_error == "too busy"
    assert dialogue.agent.supervisor.offers == 0
    assert dialogue.agent.violations == {"error_response has other fields beside it": 1}


def settings_offer(seconds: int) -> opamp_pb2.ServerToAgent:
    return opamp_pb2.ServerToAgent(
        connection_settings=opamp_pb2.ConnectionSettingsOffers(
            hash=b"h",
            opamp=opamp_pb2.OpAMPConnectionSettings(
                destination_endpoint="ws://127.0.0.1:4320/v1/opamp",
                heartbeat_interval_seconds=seconds,
            ),
        )
    )


def test_an_offered_heartbeat_interval_is_kept_from_then_on() -> None:
    dialogue = started()
    dialogue.say(settings_offer(5))
    assert len(dialogue.wait(50)) == 10


def test_interval_0_ends_the_heartbeats_of_a_socket_but_not_of_a_poller() -> None:
    socket, poller = started(), started(polls=True)
    socket.say(settings_offer(0))
    poller.say(settings_offer(0))
    assert socket.agent.due == inf
    assert poller.agent.heartbeat == 30


def test_settings_without_the_opamp_part_change_no_heartbeat() -> None:
    dialogue = started()
    offers = opamp_pb2.ConnectionSettingsOffers(hash=b"h")
    dialogue.say(opamp_pb2.ServerToAgent(connection_settings=offers))
    assert dialogue.agent.heartbeat == 30


def test_an_agent_that_never_reports_applies_without_a_status() -> None:
    dialogue = started(Personality.NEVER_REPORTS)
    dialogue.say(offer_of())
    dialogue.wait(15)
    assert dialogue.agent.supervisor.status.hash == b"A"
    assert not any(one.HasField("remote_config_status") for one in dialogue.heard)
    assert any("debug" in str(one.effective_config) for one in dialogue.heard)


def test_a_read_only_agent_drops_an_offer_and_notes_that_it_was_wrong() -> None:
    dialogue = started(Personality.READ_ONLY)
    assert dialogue.say(offer_of()) == []
    assert dialogue.agent.supervisor.offers == 0
    assert dialogue.agent.violations == {
        "remote_config for an agent without AcceptsRemoteConfig": 1
    }


def test_an_agent_that_swallows_offers_goes_on_with_its_heartbeats() -> None:
    dialogue = started(Personality.SWALLOWS)
    assert dialogue.say(offer_of()) == []
    assert [parts_of(beat) for beat in dialogue.wait(35)] == [[]]


def test_bytes_that_are_no_message_are_noted_and_survived() -> None:
    dialogue = started()
    dialogue.agent.receive(b"\xff\xff", dialogue.now)
    assert dialogue.agent.violations == {"not a ServerToAgent": 1}
    assert len(dialogue.say(offer_of())) == 1


def test_the_first_answer_on_each_connection_must_hold_capabilities() -> None:
    dialogue = Dialogue(agent_of())
    for _ in range(2):
        dialogue.connect()
        for _ in range(2):
            bare = opamp_pb2.ServerToAgent(instance_uid=UID).SerializeToString()
            dialogue.agent.receive(bare, dialogue.now)
    assert dialogue.agent.violations == {
        "the first message lacks the AcceptsStatus capability": 2
    }


says: st.SearchStrategy[opamp_pb2.ServerToAgent] = st.one_of(
    st.builds(opamp_pb2.ServerToAgent, flags=st.integers(0, 3)),
    st.sampled_from([CONFIG, CONFIG.replace(b"debug", b"nosuch"), b"[", b""]).flatmap(
        lambda body: st.builds(
            offer_of, body=st.just(body), config_hash=st.just(b"h" + body[:1])
        )
    ),
    st.builds(settings_offer, seconds=st.integers(1, 60)),
)


@given(
    personality=st.sampled_from(Personality),
    said=st.lists(st.tuples(says, st.floats(0, 40), st.booleans()), max_size=10),
)
def test_a_server_that_keeps_the_last_of_each_part_always_knows_the_agent(
    personality: Personality,
    said: list[tuple[opamp_pb2.ServerToAgent, float, bool]],
) -> None:
    dialogue = Dialogue(agent_of(personality))
    dialogue.connect()
    for message, seconds, reconnects in said:
        copy = opamp_pb2.ServerToAgent()
        copy.CopyFrom(message)
        dialogue.say(copy)
        dialogue.wait(seconds)
        if reconnects:
            dialogue.connect()
    known = opamp_pb2.AgentToServer()
    for heard in dialogue.heard:
        for part in parts_of(heard):
            known.ClearField(part)
        known.MergeFrom(heard)
    flags = opamp_pb2.ServerToAgentFlags_ReportFullState
    [full] = dialogue.say(opamp_pb2.ServerToAgent(flags=flags))
    for part in ("health", "effective_config", "remote_config_status"):
        assert getattr(known, part) == getattr(full, part)
    numbers = [message.sequence_num for message in dialogue.heard]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("personality", Personality)
def test_two_messages_in_a_row_never_say_the_same_without_need(
    personality: Personality,
) -> None:
    dialogue = started(personality)
    dialogue.say(offer_of())
    heard = dialogue.wait(12)
    for part in ("remote_config_status", "health"):
        said = [str(getattr(one, part)) for one in heard if one.HasField(part)]
        assert len(said) == len(set(said))
