"""From an aligned face to a vector that says whose it is."""

from models.align import ALIGNMENTS, chip
from models.face import Points, RgbImage
from models.gallery import Vector, unit
from models.runtime import Network


class Embedder:
    """A TFLite face embedder with its alignment.

    `model` names the network and its hash: templates of different models are never compared.
    """

    def __init__(self, network: Network, *, alignment: str, model: str) -> None:
        self.model = model
        self._network = network
        self._alignment = ALIGNMENTS[alignment]

    def chip(self, image: RgbImage, points: Points) -> RgbImage:
        """The face as this network wants to see it, (size, size, 3) RGB."""
        return chip(image, points, self._alignment)

    def embed(self, aligned: RgbImage) -> Vector:
        """A unit vector (d,) for one chip. ModelError when the network gives none."""
        return unit(self._network.run(aligned[None])[0])
