from __future__ import annotations

import threading

import pytest

import graphframe as gf
from tests.framework.waiting import SECONDS


def test_at_the_start() -> None:
    cancellation = gf.Cancellation()
    assert cancellation.share == ("", 1.0)
    assert not cancellation.cancelled
    cancellation.raise_if_cancelled()


def test_raises_the_first_reason() -> None:
    cancellation = gf.Cancellation()
    cancellation.cancel("the client went away")
    cancellation.cancel("the server stops")
    assert cancellation.cancelled
    with pytest.raises(gf.Cancelled, match="the client went away"):
        cancellation.raise_if_cancelled()


def test_subscribers_are_called_once_from_the_thread_that_cancels() -> None:
    cancellation = gf.Cancellation()
    called: list[threading.Thread] = []
    cancellation.subscribe(lambda: called.append(threading.current_thread()))
    canceller = threading.Thread(target=cancellation.cancel, args=["stop"])
    canceller.start()
    canceller.join(SECONDS)
    cancellation.cancel("again")
    assert called == [canceller]


def test_subscriber_that_comes_late_is_called_at_once() -> None:
    cancellation = gf.Cancellation()
    cancellation.cancel("stop")
    called = []
    unsubscribe = cancellation.subscribe(lambda: called.append("late"))
    assert called == ["late"]
    unsubscribe()


def test_unsubscribed_is_not_called() -> None:
    cancellation = gf.Cancellation()
    called = []
    cancellation.subscribe(lambda: called.append("first"))
    unsubscribe = cancellation.subscribe(lambda: called.append("second"))
    unsubscribe()
    unsubscribe()
    cancellation.cancel("stop")
    assert called == ["first"]


def test_one_subscriber_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    cancellation = gf.Cancellation()
    called = []

    def fail() -> None:
        raise RuntimeError("broken subscriber")

    cancellation.subscribe(fail)
    cancellation.subscribe(lambda: called.append("second"))
    cancellation.cancel("stop")
    assert called == ["second"]
    assert "broken subscriber" in caplog.text
