import asyncio

from reconciler.opamp.deadline import Deadline


async def test_time_runs_out_once() -> None:
    expired = asyncio.Event()
    deadline = Deadline(asyncio.get_running_loop())
    deadline.set(0.001, expired.set)
    assert deadline.is_set
    async with asyncio.timeout(5):
        await expired.wait()


async def test_only_what_was_set_last_happens_and_nothing_after_lifting() -> None:
    happened: list[str] = []
    loop = asyncio.get_running_loop()
    deadline, lifted, last = Deadline(loop), Deadline(loop), asyncio.Event()
    deadline.set(0.001, lambda: happened.append("first"))
    deadline.set(0.002, lambda: happened.append("second"))
    lifted.set(0.001, lambda: happened.append("lifted"))
    lifted.lift()
    loop.call_later(0.05, last.set)
    async with asyncio.timeout(5):
        await last.wait()
    assert happened == ["second"]
    assert not lifted.is_set
