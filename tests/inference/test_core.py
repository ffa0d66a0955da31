from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from graphframe.inference import core


def test_one_core_for_all_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        cores = list(pool.map(lambda _: core(), range(64)))
    assert all(each is cores[0] for each in cores)
    assert "CPU" in core().available_devices
