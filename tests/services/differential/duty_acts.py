"""What people do to duties and requests in the random histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sla_tracker.services import requests
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, waivers
from tests.services.differential.company import ANSWER, CLERK, COPY, HEAD, HEADS, MINUTE, STAFF, Company
from tests.services.differential.parts import Asked, Duty, Hold


class DutyActs(Company):
    """Acts on duties and requests; each is done to the program and to the model."""

    def acts_on(self, id: str, duty: Duty) -> list[Callable[[], None]]:
        """Return what can be done to a duty now."""
        state = "accepted" if duty.is_silent(self.now) else duty.state
        named = {
            "open": [self.deliver, self.deliver, self.hold, self.waive, self.hand_over],
            "held": [self.resume, self.resume, self.waive, self.hand_over],
            "delivered": [self.accept, self.accept, self.give_back, self.take_back],
            "accepted": [self.reopen],
            "missed": [self.reopen],
        }.get(state, [])
        if duty.live and state != "accepted" and any(not one.objected for one in duty.holds):
            named.append(self.object_to)
        if duty.pending_holds:
            named += [self.judge_hold] * 3
        if duty.owed and duty.request is not None and duty.request.state == "asked":
            named += [self.answer, self.withdraw]
        return [partial(act, id, duty) for act in named]

    def did(self, what: str, id: str, duty: Duty, by: str) -> None:
        self.said(what, id)
        if duty.happening is not None:
            duty.happening.hands.add(by)

    def ask(self) -> None:
        """Ask for a copy, which has an answer clock."""
        request, stored = requests.ask(
            self.context, self.who(CLERK), "copy", text=f"copy {self.chance.random()}"
        )
        nominal, due = COPY.due(self.now, self.model.days)
        duty = self.made("copy", "sales", COPY, nominal, due)
        duty.request = Asked("sales", self.now, ANSWER.due(self.now, self.model.days)[1], request.id)
        self.model.requests.append(duty.request)
        self.model.duties[stored.id] = duty
        self.said(f"asks {stored.reference}")

    def answer(self, id: str, duty: Duty) -> None:
        if self.is_request_archived(duty):
            return
        self.did("answer", id, duty, "")
        requests.answer(self.context, self.who(STAFF[duty.provider]), id, "tomorrow")
        assert duty.request is not None
        duty.request.answered, duty.request.state = self.now, "answered"

    def withdraw(self, id: str, duty: Duty) -> None:
        """Withdraw the request of a duty, which cancels it."""
        if self.chance.random() < 0.7:
            return
        assert duty.request is not None
        self.did("withdraw the request of", id, duty, "")
        requests.withdraw(self.context, self.who(CLERK), duty.request.id, "found it")
        duty.request.state = "withdrawn"
        self.model.finish(duty, "cancelled", self.now)

    def is_request_archived(self, duty: Duty) -> bool:
        return duty.request is not None and bool(duty.request.sealed)

    def deliver(self, id: str, duty: Duty) -> None:
        """Deliver, now and then claiming an earlier time."""
        claimed = self._claim(duty) if self.chance.random() < 0.3 else None
        by = STAFF[duty.provider]
        self.did("deliver" if claimed is None else f"deliver, claiming {claimed:%m-%d %H:%M}", id, duty, by)
        operations.deliver(
            self.context, self.who(by), id, claimed_at=None if claimed is None else self.at(claimed)
        )
        self.model.deliver(duty, self.now, claimed)

    def _claim(self, duty: Duty) -> datetime | None:
        """Return an earlier time that may be claimed for a delivery, often about the due time."""
        since = self.model.earliest_claim(duty)
        returned = duty.deliveries[-1].returned if duty.deliveries else None
        since = max(since, returned) if returned is not None else since
        spread = max((self.now - since) // MINUTE, 0)
        moments = [since + MINUTE * self.chance.randint(0, spread), self.model.due(duty, self.now)]
        possible = [one for one in moments if since <= one <= self.now]
        return self.chance.choice(possible) if possible else None

    def accept(self, id: str, duty: Duty) -> None:
        """Accept, confirming the claimed time about every second time."""
        assert duty.standing is not None
        claimed = duty.standing.claimed
        possible = claimed is not None and claimed >= self.model.earliest_claim(duty)
        confirm = possible and self.chance.random() < 0.6
        self.did("accept, confirming the claimed time," if confirm else "accept", id, duty, CLERK)
        operations.accept(self.context, self.who(CLERK), id, confirm_claim=confirm)
        self.model.accept(duty, self.now, confirm=confirm)

    def give_back(self, id: str, duty: Duty) -> None:
        self.did("return", id, duty, CLERK)
        operations.return_(self.context, self.who(CLERK), id, "unsigned")
        self.model.give_back(duty, self.now)

    def take_back(self, id: str, duty: Duty) -> None:
        self.did("take back", id, duty, STAFF[duty.provider])
        operations.take_back(self.context, self.who(STAFF[duty.provider]), id, insists=True)
        self.model.take_back(duty)

    def hold(self, id: str, duty: Duty) -> None:
        self.did("hold", id, duty, STAFF[duty.provider])
        actor = self.who(STAFF[duty.provider])
        holds.hold(self.context, actor, id, waits_for="a bank", reason="no number")
        duty.holds.append(Hold(self.now))
        duty.state = "held"

    def resume(self, id: str, duty: Duty) -> None:
        self.did("resume", id, duty, STAFF[duty.provider])
        holds.resume(self.context, self.who(STAFF[duty.provider]), id)
        duty.holds[-1].end, duty.state = self.now, "open"

    def object_to(self, id: str, duty: Duty) -> None:
        self.did("object", id, duty, CLERK)
        holds.object_to(self.context, self.who(CLERK), id, "not so")
        [one for one in duty.holds if not one.objected][-1].objected = True

    def judge_hold(self, id: str, duty: Duty) -> None:
        confirmed = self.chance.random() < 0.5
        self.did("confirm the hold" if confirmed else "refuse the hold", id, duty, HEAD)
        judge = holds.confirm if confirmed else holds.refuse
        judge(self.context, self.who(HEAD), id)
        self.model.silence(self.now, [duty])
        duty.pending_holds[0].confirmed = confirmed
        if confirmed and duty.frozen is not None:
            duty.frozen = self.model.running_due(duty, duty.closed or self.now)

    def waive(self, id: str, duty: Duty) -> None:
        if self.chance.random() < 0.7:
            return
        self.did("waive", id, duty, HEAD)
        waivers.waive(self.context, self.who(HEAD), id, code="other", reason="x")
        self.model.finish(duty, "waived", self.now)
        if duty.request is not None:
            duty.request.state = "withdrawn"

    def hand_over(self, id: str, duty: Duty) -> None:
        if self.chance.random() < 0.5:
            return
        taker = self.chance.choice([one for one in STAFF if one != duty.provider])
        within = self.chance.randint(1, 4)
        self.did(f"hand over to {taker} within {within}:", id, duty, STAFF[duty.provider])
        made = handovers.offer(
            self.context, self.who(STAFF[duty.provider]), id, taker, reason="moved", within=within
        )
        _, linked = handovers.consent(self.context, self.who(HEADS[taker]), made.id)
        if duty.happening is not None:
            duty.happening.hands.add(HEADS[taker])
        self.model.duties[linked.id] = self.model.hand_over(duty, taker, within, self.now)

    def reopen(self, id: str, duty: Duty) -> None:
        if self.chance.random() < 0.5:
            return
        self.did("reopen", id, duty, HEAD)
        operations.reopen(self.context, self.who(HEAD), id, "a wrong sum")
        self.model.silence(self.now, [duty])
        self.model.reopen(duty, self.now)
