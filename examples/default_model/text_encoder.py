"""The text encoder, trained on captions alone to answer questions about them, before any image is used."""

from pathlib import Path
from random import Random

import torch
from torch import nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from .captions import random_caption
from .run import TrainingRun, adam
from .scenes import random_scene
from .tokenizer import LENGTH, build_tokenizer
from .world import COLOURS, PLACES, THINGS, Scene

WIDTH = 96
BATCH = 128

_COLOURS, _PLACES, _EXTENTS = list(COLOURS), ["", *PLACES], ["", "small", "large"]
_ANSWERS = (len(_COLOURS), 4, len(THINGS), len(_COLOURS), len(THINGS), len(_COLOURS), len(_PLACES), len(_EXTENTS))
_NONE = -100


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Build the untrained model."""
    end = tokenizer.eos_token_id
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=LENGTH,
        hidden_act="quick_gelu",
        projection_dim=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=end,
        pad_token_id=end,
    )
    return CLIPTextModel(config)


def _meaning(scene: Scene) -> list[int]:
    """Return the answers to the heads' questions, or `_NONE` for questions that do not apply."""
    first, last = scene.items[0], scene.items[-1]
    several = len(scene.items) > 1
    return [
        _COLOURS.index(scene.background),
        3 if scene.is_pair else len(scene.items) - 1,
        THINGS.index(first.thing),
        _COLOURS.index(first.colour),
        THINGS.index(last.thing) if several else _NONE,
        _COLOURS.index(last.colour) if several else _NONE,
        _PLACES.index(scene.place),
        _EXTENTS.index(scene.extent),
    ]


class Examinee(nn.Module):
    """The text encoder with a linear head for each question, applied to the end token and to three paddings."""

    def __init__(self, tokenizer: CLIPTokenizer) -> None:
        super().__init__()
        self.encoder = build_text_encoder(tokenizer)
        self.heads = nn.Linear(WIDTH, sum(_ANSWERS))

    def forward(self, ids: torch.Tensor, ends: torch.Tensor, random: Random) -> torch.Tensor:
        """Return the logits of all questions: [4 * batch, sum of answers]."""
        hidden = self.encoder(ids).last_hidden_state
        last = ids.shape[1] - 1
        places = [ends, *(ends + ((last - ends) * random.random()).long() for _ in range(3))]
        rows = torch.arange(len(ids))
        logits: torch.Tensor = self.heads(torch.cat([hidden[rows, place] for place in places]))
        return logits


def _lesson(tokenizer: CLIPTokenizer, random: Random) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    scenes = [random_scene(random) for _ in range(BATCH)]
    captions = [random_caption(scene, random) for scene in scenes]
    # NOTE: attention is causal: shorter padding changes nothing before it, and saves most of the time.
    length = random.choice((32, 32, 32, LENGTH))
    ids = tokenizer(captions, padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids
    ends = (ids == tokenizer.eos_token_id).int().argmax(dim=1)
    return ids, ends, torch.tensor([_meaning(scene) for scene in scenes])


def train_text_encoder(folder: Path, steps: int) -> CLIPTextModel:
    """Train the text encoder, or resume its training, and return it."""
    tokenizer = build_tokenizer()
    torch.manual_seed(1)
    examinee = Examinee(tokenizer)
    run = TrainingRun(folder / "text_encoder.pt", {"model": examinee}, steps, [adam(examinee.parameters(), 2e-3, 0.01)])
    for step in run:
        random = Random(f"text/{step}")
        ids, ends, meaning = _lesson(tokenizer, random)
        answers = examinee(ids, ends, random).split(_ANSWERS, dim=1)
        targets = meaning.repeat(4, 1).unbind(dim=1)
        pairs = list(zip(answers, targets, strict=True))
        loss = torch.stack([functional.cross_entropy(a, t, ignore_index=_NONE) for a, t in pairs]).sum()
        right = [(a.argmax(1) == t)[t != _NONE].float().mean().item() for a, t in pairs] if step % 20 == 0 else [0.0]
        run.descend(loss, worst=min(right), mean=sum(right) / len(right))
    return examinee.encoder.eval().requires_grad_(False)


def load_text_encoder(folder: Path) -> CLIPTextModel:
    """Load the trained text encoder."""
    examinee = Examinee(build_tokenizer())
    examinee.load_state_dict(torch.load(folder / "text_encoder.pt", weights_only=True)["model"])
    return examinee.encoder.eval().requires_grad_(False)
