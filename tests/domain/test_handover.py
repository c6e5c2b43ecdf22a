"""Offers are decided once; a shift note is acknowledged by somebody else, once."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.handover import (
    Offer,
    OfferState,
    ShiftNote,
    acknowledged,
    decided,
    note_text,
    rewritten,
)
from sla_tracker.errors import IllegalTransition, Overtaken, UsageError
from sla_tracker.testing.company import local

NOW = local("2026-11-20 17:50")
OFFER = Offer(
    id="o-1",
    duty="d-1",
    giver="sales",
    taker="service",
    asked_at=NOW,
    asked_by="wang.fang",
    reason="car is there",
    within=3,
)


def a_note(**changes: str) -> ShiftNote:
    return ShiftNote(
        id="n-1",
        department="sales",
        person="wang.fang",
        successor=changes.get("successor", ""),
        text="#abcdef",
        duties=(),
        written_at=NOW,
        written_by="wang.fang",
    )


@pytest.mark.parametrize("state", [OfferState.CONSENTED, OfferState.REFUSED, OfferState.WITHDRAWN])
def test_an_offer_is_decided_once(state: OfferState) -> None:
    done = decided(OFFER, state, answer=" no ", by="zhou.min", now=NOW)
    assert (done.state, done.answer, done.decided_by) == (state, "no", "zhou.min")
    with pytest.raises(Overtaken, match=r"by zhou\.min"):
        decided(done, OfferState.CONSENTED, answer="", by="zhou.min", now=NOW)


def test_the_successor_acknowledges() -> None:
    done = acknowledged(a_note(), by="zhao.lei", now=NOW)
    assert (done.acknowledged, done.acknowledged_by, done.acknowledged_at) == (True, "zhao.lei", NOW)
    with pytest.raises(Overtaken, match=r"zhao\.lei"):
        acknowledged(done, by="li.na", now=NOW)


@pytest.mark.parametrize(("successor", "by"), [("", "wang.fang"), ("zhao.lei", "li.na")])
def test_nobody_acknowledges_what_is_not_theirs(successor: str, by: str) -> None:
    with pytest.raises(IllegalTransition):
        acknowledged(a_note(successor=successor), by=by, now=NOW)


def test_the_writer_edits_until_it_is_acknowledged() -> None:
    assert rewritten(a_note(), " all done ", by="wang.fang", now=NOW).text == "all done"
    with pytest.raises(IllegalTransition, match=r"written by wang\.fang"):
        rewritten(a_note(), "x", by="zhao.lei", now=NOW)
    with pytest.raises(Overtaken):
        rewritten(acknowledged(a_note(), by="zhao.lei", now=NOW), "x", by="wang.fang", now=NOW)


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001])
def test_a_note_says_something(text: str) -> None:
    with pytest.raises(UsageError):
        note_text(text)
