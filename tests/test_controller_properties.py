from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
)

from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering.render import Blocked, RenderedConfig, Unmatched
from reconciler.state.actions import AgentAction, AskFullState
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.records import RevisionState
from tests.toy_agents import BY_HAND, HEARTBEAT, Kind, Toy
from tests.toy_fleet import config, fleet, group, rendered, running, sha
from tests.watched import Watched

SIDES = ("left", "right")
QUICK = {"soak": "3s", "answerTimeout": "6s", "applyTimeout": "20s"}
ELSEWHERE = rendered(running("elsewhere"))

kinds = st.sampled_from(Kind)
tags = st.sampled_from(["a", "b", "c", "bad-1", "bad-2"])


def selector(side: str) -> str:
    return f"{{matchLabels: {{side: {side}}}}}"


GROUPS = [group(side, selector(side)) for side in SIDES]


class Fleets(RuleBasedStateMachine):
    agents = Bundle("agents")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Watched()
        self.toys: list[Toy] = []
        self.commits = 0
        self.left_right = ("a", "a")

    @initialize(
        target=agents,
        given=st.lists(
            st.tuples(kinds, st.booleans(), st.sampled_from(SIDES)),
            min_size=1,
            max_size=5,
        ),
    )
    def begins(self, given: list[tuple[Kind, bool, str]]) -> MultipleResults[Toy]:
        for number, (kind, polls, side) in enumerate(given):
            labels = {"side": side, "host.name": f"host-{number}"}
            toy = Toy.of(self.stage, kind, polls=polls, **labels)
            self.toys.append(toy)
            self.stage.toys[toy.actor.uid] = toy
        self.stage.accept(self.new_fleet(*self.left_right))
        return multiple(*self.toys)

    def new_fleet(self, left: str | None, right: str | None, *more: str) -> Fleet:
        self.commits += 1
        both = zip(SIDES, (left, right), strict=True)
        documents = [config(side, tag, selector(side)) for side, tag in both if tag]
        commit = f"{self.commits:08x}"
        return fleet(commit, *GROUPS, *documents, *more, **QUICK)

    # Faults and ordinary days.

    @rule(toy=agents, quietly=st.booleans())
    def connects(self, toy: Toy, quietly: bool) -> None:  # noqa: FBT001 - drawn
        toy.connects(quietly=quietly)

    @rule(toy=agents)
    def disconnects(self, toy: Toy) -> None:
        toy.disconnects()

    @rule(toy=agents)
    def old_connections_are_buried(self, toy: Toy) -> None:
        toy.buries()

    @rule(toy=agents, how=st.sampled_from(["lost", "unheard", "again"]))
    def speaks_into_a_bad_wire(self, toy: Toy, how: str) -> None:
        if toy.is_connected and (how != "again" or toy.actor.polls):
            second = toy.speaks(**{how: True})
            assert all(isinstance(one, AskFullState) for one in second)

    @rule(toy=agents)
    def dies(self, toy: Toy) -> None:
        toy.dies()

    @rule(toy=agents)
    def starts_anew_under_another_uid(self, toy: Toy) -> None:
        # Of a poller nobody knows so soon that the old process is gone.
        if not toy.actor.polls and not toy.zombies:
            toy.dies()
            self.stage.renames(toy)

    @rule(toy=agents)
    def drifts(self, toy: Toy) -> None:
        # One that leaves a config before it was Synced on it went back by itself.
        agent = self.stage.controller.agents.get(toy.actor.uid)
        if agent is not None and agent.sync is Sync.SYNCED:
            toy.drifts(ELSEWHERE)

    @rule(toy=agents, text=st.sampled_from([BY_HAND, "a: [", "- x\n", ""]))
    def is_edited(self, toy: Toy, text: str) -> None:
        toy.is_edited(text)

    @rule(toy=agents)
    def says_good_bye_with_all_it_had_to_tell(self, toy: Toy) -> None:
        toy.says_good_bye()

    @rule(seconds=st.integers(1, 15))
    def time_passes(self, seconds: int) -> None:
        self.live(seconds, step=1.0)

    @rule(orderly=st.booleans())
    def the_service_restarts(self, orderly: bool) -> None:  # noqa: FBT001 - drawn
        for toy in self.toys:
            toy.zombies.clear()
            if not toy.actor.polls:
                toy.actor.connection = None
        self.stage.restart(orderly=orderly)

    # Commits.

    @rule(left=tags, right=tags)
    def somebody_commits(self, left: str, right: str) -> None:
        self.left_right = (left, right)
        self.stage.accept(self.new_fleet(left, right))

    @rule()
    def somebody_commits_something_unrelated(self) -> None:
        self.stage.accept(self.new_fleet(*self.left_right))

    @rule(left=tags, right=tags, is_same=st.booleans())
    def two_commits_arrive_at_once(
        self, left: str, right: str, *, is_same: bool
    ) -> None:
        before = self.left_right
        self.left_right = (left, right)
        first = self.new_fleet(*(self.left_right if is_same else before))
        self.stage.accept(self.new_fleet(left, right), (first, is_same))

    @rule()
    def somebody_commits_a_conflict(self) -> None:
        clash = config("clash", "clash", selector("left"))
        self.stage.accept(self.new_fleet(*self.left_right, clash))

    @rule()
    def somebody_takes_a_config_away(self) -> None:
        self.stage.accept(self.new_fleet(self.left_right[0], None))

    @rule()
    def somebody_commits_nonsense(self) -> None:
        before = self.stage.controller.revision
        broken = fleet(f"bad{self.commits:05x}", config("x", "a", "{matchlabels: {}}"))
        self.stage.commit(broken)
        assert self.stage.controller.revision == before

    # The wire and the clock.

    def live(self, seconds: float, *, step: float) -> int:
        """Time passes on a good wire; returns how often an agent was told anything."""
        stage, told = self.stage, 0
        end = stage.now + seconds
        while stage.now < end:
            stage.now += step
            told += sum(isinstance(one, AgentAction) for one in stage.tick())
            for toy in self.toys:
                toy.advances()
                rested = stage.now - toy.spoke_at >= HEARTBEAT
                if toy.is_connected and (toy.unsent or rested):
                    told += toy.speaks_well()
        return told

    @precondition(lambda self: self.toys)
    @rule()
    def everything_comes_to_rest(self) -> None:
        for toy in self.toys:
            toy.buries()
            toy.connects()
        self.live(100, step=1)
        self.live(900, step=5)
        assert self.live(1200, step=10) == 0
        assert len(self.stage.controller.agents) == len(self.toys)
        for toy in self.toys:
            self.check_agent(toy)
        for side in SIDES:
            self.check_status(side)
        self.check_history()

    def is_on_it(self, toy: Toy) -> bool:
        desired = self.stage.desired(toy)
        assert isinstance(desired, RenderedConfig)
        ours = toy.running is not None and toy.running.hash == desired.hash
        return ours and toy.is_up and not toy.edited

    def check_agent(self, toy: Toy) -> None:
        desired = self.stage.desired(toy)
        agent = toy.actor.known
        if toy.kind is Kind.SILENT or isinstance(desired, Unmatched):
            return
        if isinstance(desired, RenderedConfig) and toy.runs(desired):
            # One that died twice while it applied a config is not offered it for ever.
            # Nobody brings an agent back that does not tell what it runs.
            excused = {Reason.NO_ANSWER, Reason.EFFECTIVE_UNREADABLE}
            assert self.is_on_it(toy) or agent.reason in excused
        if toy.actor.uid in self.stage.was_synced:
            assert toy.is_up

    def check_status(self, side: str) -> None:
        revision = self.stage.controller.revision
        assert revision is not None
        state, words = self.stage.statuses[revision.commit, f"fleet/{side}"]
        members = [toy for toy in self.toys if toy.actor.labels["side"] == side]
        desired = [self.stage.desired(toy) for toy in members]
        if not members:
            assert (state, words) == (CommitState.SUCCESS, "0 agents")
        elif isinstance(desired[0], Unmatched):
            ran_ours = any(toy.actor.known.has_run_ours for toy in members)
            assert (state is CommitState.SUCCESS) != ran_ours, words
            assert words.startswith("0 agents")
        elif isinstance(desired[0], Blocked):
            assert state is CommitState.FAILURE
        else:
            # Who runs it and still says APPLYING, for having died then, proves nothing.
            green = all(
                self.is_on_it(toy) and toy.actor.known.reason is not Reason.NO_ANSWER
                for toy in members
            )
            assert (state is CommitState.SUCCESS) == green, words

    def check_history(self) -> None:
        in_force = self.stage.controller.revision
        for (commit, context), (state, _) in self.stage.statuses.items():
            record = self.stage.kept.revisions[sha(commit)]
            if in_force and commit != in_force.commit:
                follows = self.stage.statuses.get((in_force.commit, context))
                waits = follows is not None and follows[0] is CommitState.PENDING
                assert state.is_terminal or waits
                assert record.state is not RevisionState.ACCEPTED

    def teardown(self) -> None:
        if self.toys:
            self.everything_comes_to_rest()


TestFleets = Fleets.TestCase
TestFleets.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
