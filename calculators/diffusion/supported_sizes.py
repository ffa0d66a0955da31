"""The sizes of images that a model generates."""

from __future__ import annotations

from collections.abc import Sequence

from graphframe.images import ImageRequest, InvalidRequest, Size


class SupportedSizes:
    """The sizes of images that a model generates, within the limits of its graph.

    Parameters
    ----------
    multiple : int
        Width and height are multiples of this, in pixels.
    most : Size
        The limit of the graph.
    static : sequence of Size
        The sizes that the models are compiled for; empty if they are not.
    native : Size
        The model's own size.
    default : Size, optional
        The graph's size for requests without size and image; by default the first static size, or else the native size
        within the limit.

    Raises
    ------
    InvalidRequest
        If the model does not generate images of a static size, or of the default size.
    """

    def __init__(
        self, multiple: int, most: Size, static: Sequence[Size], native: Size, default: Size | None = None
    ) -> None:
        self.multiple = multiple
        self.most = most
        self.static = static
        self.default = default or (static[0] if static else self.within(native))
        for size in (*static, self.default):
            self.check(size)

    def of(self, request: ImageRequest, image: Size | None) -> Size:
        """Return the size for a request: its own, or that of its image, or the default.

        Raises
        ------
        InvalidRequest
            If the model does not generate images of that size.
        """
        default = self.default if image is None or self.static else self.within(image)
        size = Size(request.width or default.width, request.height or default.height)
        self.check(size)
        return size

    def within(self, size: Size) -> Size:
        """Return the largest supported size within the limit and `size`, of about the same proportions."""
        shrink = min(1.0, self.most.width / size.width, self.most.height / size.height)
        return Size(*(max(int(side * shrink) // self.multiple * self.multiple, self.multiple) for side in size))

    def check(self, size: Size) -> None:
        """Raise InvalidRequest for a size that the model does not generate."""
        if any(side < self.multiple or side % self.multiple for side in size):
            raise InvalidRequest(f"width and height must be multiples of {self.multiple}, not {size}", "size")
        if not size.fits_into(self.most):
            raise InvalidRequest(f"the size must be at most {self.most}, not {size}", "size")
        if self.static and size not in self.static:
            raise InvalidRequest(f"the size must be one of {', '.join(map(str, self.static))}, not {size}", "size")
