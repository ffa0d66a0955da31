"""Decoding of a request's image files, in bounded memory and time."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from graphframe.calculators.image.bands import Bands
from graphframe.calculators.image.containers.exif import orientation_of
from graphframe.calculators.image.containers.formats import essentials
from graphframe.calculators.image.containers.jpeg import END
from graphframe.calculators.image.decoding_budget import DecodingBudget
from graphframe.calculators.image.resizing import resized
from graphframe.framework.running.threads import ThreadPool
from graphframe.images import InvalidRequest, Size
from graphframe.inference import Caller

_MAX_SIDE = 16_384
_MAX_PIXELS = 50_000_000
"""About as many as the largest phone cameras take. A file of a few kilobytes can hold far more."""
_MAX_BYTES = 1024 * 1024 * 1024
_BLOCK = 16 * 1024
"""The number of bytes of a file that are decoded at once, where the format allows it."""
_ROWS_OF_END = 34
"""The rows that a JPEG file without its last bytes lacks: two of the largest blocks, and two for interpolation."""

_FILES = 2

_budget = DecodingBudget(_FILES, _MAX_BYTES)

# NOTE: glibc gives each thread that allocates an arena of its own, which keeps freed blocks of up to 32 MiB. So there
# are two threads, however many requests have images, and a large image is one block instead of several of 16 MB.
_threads = ThreadPool(_FILES, "decode")
Image.core.set_block_size(_MAX_BYTES)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Pixels:
    """The pixels of an image, upright and in sRGB.

    Attributes
    ----------
    rgb
        uint8, shape (height, width, 3): the file's colours, also where it is transparent.
    holes
        bool, shape (height, width): true where it is transparent, with an alpha below 128; None if that is nowhere.
    warnings : tuple of str
        The differences from the file's own pixels, e.g. a conversion of colours.
    """

    rgb: NDArray[np.uint8]
    holes: NDArray[np.bool_] | None = None
    warnings: tuple[str, ...] = ()


class EncodedInput:
    """An image file of a request, recognised by its content, whose header was read.

    The formats are PNG, JPEG, WebP, AVIF (if Pillow decodes it), TIFF, GIF, uncompressed BMP, TGA, and PNM in its
    binary forms: P5, of 8 or 16 bits, and P6, of 8 bits. An animation is its first frame. Only the parts that decide
    the pixels are read: others may be damaged or of any size, and a JPEG file may lack its end, with up to an eighth of
    its rows.

    Decoding takes at most this memory, in bytes::

        pixels x B + (height + new height) x (new width) x 4 + 2 x (size of the file)

    B is 4, for TIFF 12, for WebP 17, for AVIF 24, and for JPEG with several scans 4 + 2 x components. A process decodes
    at most two files at once, in two threads that keep up to 32 MiB each, and in at most 1 GiB together; others wait.
    A PNG file takes about 30 ns of a core for each of ``pixels + (height + new height) x (new width)``: at most 4 s for
    a new size of 4096x4096. A cancelled caller stops waiting at once, and decoding between 16 KiB of the file, or bands
    of 64 rows; WebP, AVIF and compressed TIFF files are decoded as a whole.

    Parameters
    ----------
    file : bytes
    param : str
        The field of the request, for errors.
    name : str, optional
        Its name in their messages, by default the field's.

    Attributes
    ----------
    size : Size
        The size of the upright image.

    Raises
    ------
    InvalidRequest
        If it is another or a damaged file, or has a side above 16,384 or more than 50 million pixels.
    """

    def __init__(self, file: bytes, param: str, name: str | None = None) -> None:
        self._param = param
        self._name = name = name or param
        self._source = _Source()
        with self._errors():
            found = essentials(file)
        if found is None:
            message = f"{name} is not a PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF, TGA or PNM file"
            raise InvalidRequest(message, param)
        self._essentials = found
        with self._errors():
            self._image = self._opened(found.file)
            if found.format == "AVIF":  # whose properties Pillow reads
                exif, profile = (self._image.info.get(name) for name in ("exif", "icc_profile"))
                self._essentials = found = found._replace(orientation=orientation_of(exif or b""), profile=profile)
            width, height = self._image.size
            self.size = Size(height, width) if found.orientation >= 5 else Size(width, height)
            if max(self.size) > _MAX_SIDE:
                raise InvalidRequest(f"{name} has {self.size} pixels; a side must be at most {_MAX_SIDE:,}", param)
            if self._stored > _MAX_PIXELS:
                raise InvalidRequest(f"{name} has {self.size} pixels, more than {_MAX_PIXELS:,}", param)
            # NOTE: Pillow's decoders in Python are slow, and the one of compressed BMP files allocates without a limit.
            if any(tile[0] in Image.DECODERS for tile in self._image.tile) or self._image.mode == "F":
                raise ValueError("this variant of the format is not supported; send a PNG file")

    def memory(self, size: Size) -> int:
        """Return the most memory that decoding it and resizing it to `size` take."""
        resized = (self.size.height + size.height) * size.width * 4
        return self._stored * self._essentials.bytes_per_pixel + resized + 2 * len(self._essentials.file)

    def pixels(self, size: Size, caller: Caller) -> Pixels:
        """Decode the file, turn the image upright, and resize it. Call it once.

        Parameters
        ----------
        size : Size
        caller : Caller
            Its cancellation ends the wait and the work.

        Raises
        ------
        InvalidRequest
            If the file is damaged, or decoding it would take more than 1 GiB.
        Exception
            The exception of `caller.raise_if_cancelled`.
        """
        most = self.memory(size)
        if most > _MAX_BYTES:
            raise InvalidRequest(
                f"{self._name} takes {(most >> 20) + 1:,} MiB to decode, more than {_MAX_BYTES >> 20:,};"
                " make it smaller",
                self._param,
            )
        with _budget.hold(caller, most), self._errors():
            self._source.caller = caller
            pixels: Future[Pixels] = Future()
            _threads.submit(self._decode, size, caller, pixels)
            return pixels.result()

    def _decode(self, size: Size, caller: Caller, pixels: Future[Pixels]) -> None:
        try:
            try:
                resized = self._resized(size, caller)
            finally:
                self._image.close()  # its memory is not held any more
            pixels.set_result(resized)
        except BaseException as error:
            pixels.set_exception(error)

    def _resized(self, size: Size, caller: Caller) -> Pixels:
        if not self._essentials.has_end:
            self._add_end()
        self._image.load()
        bands = Bands(self._image, self._essentials)
        rgb = resized(_until_cancelled(bands.rgb(), caller), self.size, size)
        holes = None
        if bands.have_holes:
            holes = resized(_until_cancelled(bands.holes(), caller), self.size, size)[..., 0] >= 128
        return Pixels(rgb, holes, tuple(self._warnings(bands)))

    def _warnings(self, bands: Bands) -> Iterator[str]:
        if bands.converts_colours:
            yield f"{self._name} was converted from its colour profile to sRGB"
        if not self._essentials.has_end:
            yield f"{self._name} has no end: its last rows may be missing"

    @property
    def _stored(self) -> int:
        width, height = self._image.size
        return max(width * height, self._essentials.block)

    def _opened(self, file: bytes) -> ImageFile.ImageFile:
        self._source = _Source(file)
        image = Image.open(self._source, formats=(self._essentials.format,))
        image.decodermaxblock = _BLOCK
        return image

    def _add_end(self) -> None:
        """Add the end marker to a JPEG file, whose decoder then fills in missing rows, unless those are too many."""
        image, (width, height) = self._image, self._image.size
        first = height - height // 8 - _ROWS_OF_END - 1
        if first > 0 and not self._essentials.is_progressive:
            noise = np.random.default_rng(0).integers(0, 256, (1, width, len(image.getbands())), np.uint8)
            row, box = Image.fromarray(noise.squeeze(2) if noise.shape[2] == 1 else noise, image.mode), (0, first)
            image.load_prepare()
            image.im.paste(row.im, (*box, width, first + 1))
            with suppress(OSError):
                image.load()
            image.tile = []
            if np.array_equal(np.asarray(image.crop((0, first, width, first + 1))), np.asarray(row)):
                raise ValueError("the file is truncated")
        del image
        self._image = self._opened(self._essentials.file + END)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise InvalidRequest for errors of decoders, which are of many kinds."""
        try:
            yield
        except (InvalidRequest, MemoryError):
            raise
        except Exception as error:
            if self._source.caller is not None:
                self._source.caller.raise_if_cancelled()
            raise InvalidRequest(f"{self._name} cannot be decoded: {_reason(error)}", self._param) from error


class _Source(io.BytesIO):
    """The bytes of a file, until the caller is cancelled."""

    caller: Caller | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if self.caller is not None:
            self.caller.raise_if_cancelled()
        return super().read(size)


def _until_cancelled(bands: Iterable[NDArray[np.uint8]], caller: Caller) -> Iterator[NDArray[np.uint8]]:
    for band in bands:
        caller.raise_if_cancelled()
        yield band


def _reason(error: Exception) -> str:
    if isinstance(error, (UnidentifiedImageError, struct.error, LookupError)):
        return "the file is damaged"
    if isinstance(error, Image.DecompressionBombError):  # above Pillow's own limit
        return f"it has more than {_MAX_PIXELS:,} pixels"
    return str(error) or "the file is damaged"
