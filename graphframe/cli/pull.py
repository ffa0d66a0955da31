"""``graphframe pull``: brings a model here."""

from __future__ import annotations

from collections.abc import Callable

import click

from graphframe.cli.failure import reported
from graphframe.cli.options.pull_options import TASKS, prepare_aloud, with_pull_options
from graphframe.cli.options.task_options import with_task_options
from graphframe.repository.graph_writing.task_options import TaskOptions
from graphframe.repository.pulling.pull import Pull


@click.command()
@click.argument("source_model")
@click.option("--task", type=click.Choice(TASKS), default=TASKS[0], help="What the model is for.")
@with_pull_options
@with_task_options
def pull(
    source_model: str,
    task: str,
    make_pull: Callable[[str, str | None], Pull],
    task_options: TaskOptions,
    ovms_graph: bool,
) -> None:
    """Bring SOURCE_MODEL, such as OpenVINO/FLUX.1-schnell-int4-ov, from a Hugging Face hub, and write its graph.

    What is here already is kept; what a killed pull left is gone on from. Weights of PyTorch are exported.
    HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE and HTTPS_PROXY are heeded.
    """
    with reported():
        prepare_aloud(make_pull(source_model, None), task_options, one_node=ovms_graph)
