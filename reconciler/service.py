"""The one place that knows every room: start, serve, drain, stop.

`cli/serve.py` calls `serve`. Rooms of the third floor meet here as functions handed in:
what agents report goes to the controller, what the controller answers goes to the
agents, the store and the outbox. Nothing here decides.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence

import orjson
import structlog
import uvloop

from reconciler import __version__, assembly, logs, trouble
from reconciler.controller import Controller
from reconciler.fleet.documents import Fleet
from reconciler.follower import Follower, Known, reader
from reconciler.ids import InstanceUid
from reconciler.loop import Clock, Comparer, tick
from reconciler.opamp import wire
from reconciler.opamp.server import Address, OpampServer
from reconciler.opamp.uid import new_uid
from reconciler.report.outbox import Outbox
from reconciler.settings import Settings
from reconciler.source.source import Moved
from reconciler.state.actions import (
    Action,
    AgentAction,
    CompareEffective,
    DropConfigs,
    ForgetAgent,
    OfferRemoteConfig,
    PublishCommitStatus,
    SaveAgent,
    SaveConfig,
    SaveRevision,
)
from reconciler.state.agent import OfferKind
from reconciler.state.events import (
    AgentForgotten,
    AgentReported,
    ConnectionClosed,
    Event,
    RevisionFetched,
    Tick,
)
from reconciler.state.observed import AgentReport, ConnectionId, Transport
from reconciler.state.records import StoredState
from reconciler.state.revisions import DEFAULT_PREFIX
from reconciler.store.store import Store
from reconciler.trouble import Trouble
from reconciler.truth import Truth
from reconciler.web import app as web_app
from reconciler.web.server import WebServer

DRAIN_SECONDS = 3.0
"""Over which sockets are closed at a stop, so that agents do not return as a herd."""

LISTENERS_FILE = "listeners.json"
log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the signal drains, a second one ends at once.

    Raises:
        SetupError: It cannot start like this; nothing was changed.
    """
    secrets = assembly.secrets(settings)
    logs.configure(settings.log_level, settings.log_format, secrets=secrets)
    wire.require_upb()
    service = Service(settings)
    uvloop.run(service.run())


class Service:
    """A reconciler with its listeners."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = assembly.repo_limits()
        self._read = reader(self._limits.caps, status_prefix=settings.status_prefix)
        self._clock = Clock()
        self._stop = asyncio.Event()
        self._offers = 0
        self._trouble = Trouble()
        self._store = Store(settings.data_dir / "reconciler.db")
        self._controller = Controller(
            new_uid=new_uid,
            settings=assembly.agent_settings(settings),
            forget_after=settings.forget_after,
            status_prefix=settings.status_prefix or DEFAULT_PREFIX,
        )
        self._comparer = Comparer(self._handle)

    async def run(self) -> None:
        """Start, serve until a signal comes, drain, stop."""
        self._take_signals()
        assembly.make_private(self._settings.data_dir)
        self._store.open()
        try:
            stored = self._store.load()
            self._build(stored)
            await self._serve(stored)
        finally:
            self._store.close()

    def _build(self, stored: StoredState) -> None:
        settings = self._settings
        self._source = assembly.source(settings, self._limits)
        self._follower = Follower(
            self._source,
            handle=self._handle,
            known=lambda: Known(
                self._controller.newest,
                accepted=self._controller.accepted,
                seen=self._controller.revisions(),
            ),
            taken=self._keep_snapshot,
            now=self._clock,
            read=self._read,
        )
        self._forge = assembly.forge(settings)
        self._outbox = Outbox(
            self._forge,
            ledger=stored.statuses,
            save=self._store.save,
            now=self._clock,
            durable=lambda: asyncio.to_thread(self._store.flush),
        )
        self._opamp = OpampServer(
            Address(*settings.opamp_listen),
            limits=assembly.limits(settings),
            report=self._on_report,
            closed=self._on_closed,
        )
        self._truth = Truth(
            self._controller,
            outbox=self._outbox,
            store=self._store,
            follower=self._follower,
            counters=self._counters,
            forget=self._forget,
        )
        self._web = WebServer(
            *settings.listen,
            app=web_app.create_app(self._truth),
            strays=self._opamp,
        )

    async def _serve(self, stored: StoredState) -> None:
        fleet = self._fleet(stored)
        self._execute(self._controller.restore(stored, fleet, now=self._clock()))
        await self._listen()
        try:
            async with asyncio.TaskGroup() as tasks:
                forever = [
                    tasks.create_task(self._comparer.run(), name="compare"),
                    tasks.create_task(self._follower.run(self._stop), name="follow"),
                ]
                tasks.create_task(tick(self._tick, self._stop), name="tick")
                tasks.create_task(self._outbox.run(self._stop), name="outbox")
                await self._stop.wait()
                await self._drain()
                self._source.close()
                for task in forever:
                    task.cancel()
        finally:
            await self._opamp.stop()
            await self._web.stop()
            if self._forge is not None:
                await self._forge.aclose()

    async def _listen(self) -> None:
        opamp = await self._opamp.start()
        host, port = await self._web.start()
        found = {
            "opamp": f"{opamp.host}:{opamp.port}",
            "http": f"{host}:{port}",
        }
        path = self._settings.data_dir / LISTENERS_FILE
        unfinished = path.with_suffix(".new")
        unfinished.write_bytes(orjson.dumps(found))
        unfinished.replace(path)
        log.info(
            "serving",
            version=__version__,
            source=assembly.shown_source(self._settings),
            opamp=f"ws://{found['opamp']}/v1/opamp",
            http=f"http://{found['http']}",
        )

    async def _drain(self) -> None:
        self._truth.draining = True
        log.info("draining; a second signal ends at once")
        (self._settings.data_dir / LISTENERS_FILE).unlink(missing_ok=True)
        await self._opamp.drain(DRAIN_SECONDS)
        for action in self._controller.farewell():
            self._store.save(action)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            os._exit(1)
        self._stop.set()

    # Events in, actions out.

    def _on_report(
        self,
        report: AgentReport,
        *,
        connection: ConnectionId,
        transport: Transport,
        first: bool,
    ) -> Sequence[AgentAction]:
        event = AgentReported(report, connection, transport, first=first)
        actions = self._controller.handle(event, self._clock())
        return self._execute(actions, answering=report.instance_uid) if actions else ()

    def _on_closed(
        self, connection: ConnectionId, agents: Sequence[InstanceUid]
    ) -> None:
        # At a stop the sockets close because of us; the agents have not left.
        if not self._truth.draining:
            self._handle(ConnectionClosed(connection, agents))

    def _tick(self) -> bool:
        now = self._clock()
        self._follower.remind()
        self._execute(self._controller.handle(Tick(), now))
        return self._controller.has_work(now)

    def _handle(self, event: Event) -> None:
        if isinstance(event, RevisionFetched):
            log.info("revision", revision=str(event.fleet.revision))
        self._execute(self._controller.handle(event, self._clock()))

    def _forget(self, uid: InstanceUid, *, peer: str) -> None:
        trouble.tell_forgotten(self._controller.agents[uid], peer=peer)
        self._handle(AgentForgotten(uid))

    def _execute(
        self, actions: Sequence[Action], *, answering: InstanceUid | None = None
    ) -> list[AgentAction]:
        answer: list[AgentAction] = []
        pushes: dict[InstanceUid, list[AgentAction]] = {}
        for action in actions:
            told = self._carry_out(action)
            if told is None:
                continue
            self._offers += isinstance(told, OfferRemoteConfig)
            if told.uid == answering:
                answer.append(told)
            else:
                pushes.setdefault(told.uid, []).append(told)
        for agent, pushed in pushes.items():
            self._push(agent, pushed)
        return answer

    def _carry_out(self, action: Action) -> AgentAction | None:
        """Do what is not for an agent; what is for one is handed back."""
        match action:
            case CompareEffective():
                self._comparer.ask(action)
            case PublishCommitStatus():
                self._publish(action)
            case SaveAgent(record):
                self._trouble.look(record)
                self._store.save(action)
            case ForgetAgent(uid):
                self._trouble.forget(uid)
                self._store.save(action)
            case SaveConfig():
                self._store.save(action)
            case SaveRevision() | DropConfigs():
                self._store.save(action)
            case OfferRemoteConfig(kind=OfferKind.RESTORE) as restore:
                agent = self._controller.agents[restore.uid]
                trouble.tell_restored(agent, restore.config.hash)
                return restore
            case _:
                return action
        return None

    def _push(self, uid: InstanceUid, actions: Sequence[AgentAction]) -> None:
        connection = self._controller.agents[uid].connection
        # One that is gone by now is offered again when it returns.
        if connection is not None:
            self._opamp.push(connection, uid, actions)

    def _counters(self) -> Mapping[str, int]:
        return {**self._opamp.counters, "offers": self._offers}

    def _publish(self, action: PublishCommitStatus) -> None:
        if self._outbox.publish(action):
            log.info(
                "commit status",
                commit=action.commit[:12],
                context=action.context,
                state=action.state,
                description=action.description,
            )

    def _keep_snapshot(self, moved: Moved) -> None:
        if moved.snapshot.revision == self._controller.revision:
            self._store.save_snapshot(moved.snapshot)

    def _fleet(self, stored: StoredState) -> Fleet | None:
        if stored.snapshot is None:
            return None
        return self._read(stored.snapshot)
