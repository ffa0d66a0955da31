"""OpenVINO Model Server's flags, as of version 2026.3, and their meaning in ``graphframe serve``."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import click


class Meaning(Enum):
    """The meaning of a flag of OpenVINO Model Server here."""

    SAME = "same"
    IGNORED = "ignored"
    REFUSED = "refused"


class OvmsFlag(NamedTuple):
    """A flag of OpenVINO Model Server.

    Attributes
    ----------
    name : str
    meaning : Meaning
    note : str
        The reason why it is ignored or refused, and what to do; or what differs in a flag with the same meaning.
    type : click.ParamType
        The values of an ignored flag; `click.BOOL` for a switch, which needs none.
    """

    name: str
    meaning: Meaning
    note: str = ""
    type: click.ParamType[Any] = click.STRING

    @property
    def message(self) -> str:
        """The warning or the error for the flag."""
        return f"--{self.name} is {'ignored' if self.meaning is Meaning.IGNORED else 'not supported'}: {self.note}"


def _same(name: str, note: str = "") -> OvmsFlag:
    return OvmsFlag(name, Meaning.SAME, note)


def _ignored(name: str, note: str, type_: click.ParamType[Any] = click.STRING) -> OvmsFlag:
    return OvmsFlag(name, Meaning.IGNORED, note, type_)


def _refused(note: str, *names: str) -> tuple[OvmsFlag, ...]:
    return tuple(OvmsFlag(name, Meaning.REFUSED, note) for name in names)


_NO_GRPC = "gRPC is not served here"
_NO_URLS = "requests contain their images; the server reads no URLs and no files for them"
_CLASSIC = "it is for classic models, and graphframe serves graphs that generate images"
_COUNT = click.IntRange(min=1)

OVMS_FLAGS = (
    _same("help"),
    _same("version", "prints the versions of graphframe, Python and OpenVINO's packages"),
    _ignored("port", _NO_GRPC, click.IntRange(0, 65535)),
    _ignored("grpc_bind_address", _NO_GRPC),
    _same("rest_port", "from 1 to 65535, by default 8000: HTTP is always served"),
    _same("rest_bind_address"),
    _ignored("grpc_workers", _NO_GRPC, _COUNT),
    _ignored("grpc_max_threads", _NO_GRPC, _COUNT),
    _ignored("grpc_memory_quota", _NO_GRPC, _COUNT),
    *_refused(
        "waiting requests need no threads; limit the number of running requests with --max_running", "rest_workers"
    ),
    _same("log_level"),
    _ignored("log_path", "the log goes to standard error; redirect that"),
    _ignored("verbose_response", "it is for models that generate text", click.BOOL),
    _ignored("trace_path", "use graphframe generate --trace"),
    _ignored("grpc_channel_arguments", _NO_GRPC),
    _same("file_system_poll_wait_seconds"),
    _ignored(
        "custom_node_resources_cleaner_interval_seconds",
        "libraries of custom nodes are not loaded",
        click.IntRange(min=0),
    ),
    _same("cache_dir", "by default in the user's cache folder"),
    _same("metrics_enable"),
    _ignored("metrics_list", "--metrics_enable exposes all metrics"),
    *_refused("libraries of custom layers are not loaded", "cpu_extension"),
    _ignored("allowed_media_domains", _NO_URLS),
    _ignored("allowed_local_media_path", _NO_URLS),
    _same("allow_credentials", "needs --allowed_origins, since browsers refuse it together with *"),
    _same("allowed_origins", "requests from pages of other origins are refused"),
    _ignored("allowed_methods", "web pages may use the methods that the API has"),
    _ignored("allowed_headers", "web pages may send all headers"),
    _same("api_key_file", "may have several keys, one a line, which all paths but those of health then need"),
    _same("config_path"),
    _same("list_models"),
    _same("add_to_config", "changes a model that is already listed"),
    _same("remove_from_config"),
    _same("pull"),
    _same("source_model"),
    _same("source_loras"),
    *_refused("GGUF files contain models that generate text; name a model in OpenVINO's format", "gguf_filename"),
    _same("overwrite_models"),
    _same("model_repository_path", "by default models, for downloads"),
    _same("weight-format"),
    _same("extra_quantization_params"),
    _same("model_name", "by default the name of the folder"),
    _same("model_path"),
    *_refused(f"{_CLASSIC}; for a fixed batch use --num_images_per_prompt", "batch_size"),
    *_refused(f"{_CLASSIC}; for fixed sizes of images use --resolution", "shape"),
    *_refused(_CLASSIC, "layout", "mean", "scale", "color_format"),
    *_refused(f"{_CLASSIC}; the format of weights is that of the export, --weight-format", "precision"),
    *_refused(f"{_CLASSIC}; serve another version as a model of its own", "model_version_policy"),
    *_refused(f"{_CLASSIC}; for several inferences at once use --num_streams", "nireq"),
    _same("target_device", "by default a GPU, if there is one; also NODE=DEVICE pairs, and auto"),
    _same("plugin_config"),
    _same("task", "image_generation only"),
    _same("configure"),
    _same("resolution"),
    _same("max_resolution"),
    _same("default_resolution"),
    _same("num_images_per_prompt"),
    _same("guidance_scale"),
    _same("max_num_images_per_prompt"),
    _same("default_num_inference_steps"),
    _same("max_num_inference_steps"),
    _same("num_streams"),
    *_refused(
        "it is for --task text_generation, and graphframe generates images",
        *("max_num_seqs", "pipeline_type", "enable_prefix_caching", "max_num_batched_tokens"),
        *("draft_source_model", "dynamic_split_fuse", "max_prompt_len", "kv_cache_precision"),
        *("model_distribution_policy", "reasoning_parser", "tool_parser", "enable_tool_guided_generation"),
        "cache_interval_multiplier",
    ),
    _same("cache_size", "here in bytes, of --cache_dir; in OpenVINO Model Server for --task text_generation"),
    *_refused("it is for --task embeddings, and graphframe generates images", "normalize", "truncate", "pooling"),
    *_refused("it is for --task rerank, and graphframe generates images", "max_allowed_chunks"),
    *_refused("it is for --task text2speech, and graphframe generates images", "model_type", "vocoder"),
)
"""All flags of its command line, with those of the tasks, in the order of its ``--help``."""


def add_ovms_flags(command: click.Command) -> click.Command:
    """Add the flags that are ignored or refused as hidden options, which warn or raise click.UsageError."""
    command.params.extend(_option(flag) for flag in OVMS_FLAGS if flag.meaning is not Meaning.SAME)
    return command


def _option(flag: OvmsFlag) -> click.Option:
    def report(ctx: click.Context, option: click.Parameter, value: object) -> None:
        if value in (None, False):
            return
        if flag.meaning is Meaning.REFUSED:
            raise click.UsageError(flag.message, ctx)
        click.echo(f"Warning: {flag.message}", err=True)

    return click.Option(
        [f"--{flag.name.replace('-', '_')}"],
        type=flag.type,
        is_flag=flag.type is click.BOOL,
        hidden=True,
        expose_value=False,
        allow_from_autoenv=False,
        callback=report,
    )
