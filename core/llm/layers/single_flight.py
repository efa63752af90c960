"""Identical requests at the same time make one call."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from core.errors import CapReached
from core.llm.base import Layer, Model
from core.types import Reply, Request


class Flight:
    """A call under way, how many wait for it, whether whoever made it still does, and whether somebody has
    taken the reply as its own."""

    def __init__(self, task: asyncio.Task[Reply]):
        self.task = task
        self.waiting = 0
        self.made_by_one_who_waits = True
        self.taken = False


Flights = dict[tuple[str, str, Request], Flight]


class SingleFlight(Layer):
    """The first asker calls, the others wait for its reply, which for them is cached: it costs nothing.

    `flights` may be shared by several runs and roles (a role has its own parameters). A waiter that is
    cancelled leaves the call to the others (the next one takes the reply as its own, so that it is counted
    and kept); the call ends when nobody waits for it. An error goes to all, except the cap of somebody else's
    run: then one of the waiters calls."""

    def __init__(self, model: Model, flights: Flights, role: str):
        super().__init__(model)
        self.flights = flights
        self.role = role

    async def reply(self, request: Request) -> Reply:
        key = (self.name, self.role, request)
        while (flight := self.flights.get(key)) is not None:
            try:
                return await self._wait(key, flight)
            except CapReached:
                continue  # the caller's cap, perhaps not ours
        flight = self.flights[key] = Flight(asyncio.ensure_future(self.model.reply(request)))
        try:
            return await self._wait(key, flight, is_maker=True)
        finally:
            flight.made_by_one_who_waits = False

    async def _wait(self, key: tuple[str, str, Request], flight: Flight, is_maker: bool = False) -> Reply:
        flight.waiting += 1
        try:
            reply = await asyncio.shield(flight.task)
            # one who joins when the call has just ended is served before its maker, who has paid and is to
            # keep the reply
            while flight.made_by_one_who_waits and not flight.taken and not is_maker:
                await asyncio.sleep(0)
            if flight.taken:
                return replace(reply, cached=True)
            flight.taken = True
            return reply
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                if self.flights.get(key) is flight:
                    del self.flights[key]
