from __future__ import annotations

from collections import defaultdict

import pytest

Rows = dict[tuple[str, ...], list[str]]
"""The outcomes of cells by model, task and precision: empty if both sides are equal, else the difference."""

_KEY: pytest.StashKey[Rows] = pytest.StashKey()


@pytest.fixture(autouse=True)
def _no_model_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the cache off: Qwen-Image's VAE from the cache differs in the last bit from the compiled one."""
    monkeypatch.setenv("GRAPHFRAME_CACHE_DIR", "")


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Rows:
    """The outcomes of all cells, which are printed at the end."""
    return pytestconfig.stash.setdefault(_KEY, defaultdict(list))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(_KEY, {})
    if not rows:
        return
    terminalreporter.section("pixels beside those of openvino_genai")
    heading = f"{'model':30} {'task':15} {'precision':10} {'cells':>5} {'equal':>5}"
    terminalreporter.write_line(heading)
    for key, outcomes in sorted(rows.items()):
        model, task, precision = key
        others = sorted({outcome for outcome in outcomes if outcome})
        counts = [f"{outcomes.count(other)} {other}" for other in others]
        line = f"{model:30} {task:15} {precision:10} {len(outcomes):5} {outcomes.count(''):5} {'; '.join(counts)}"
        terminalreporter.write_line(line.rstrip())
