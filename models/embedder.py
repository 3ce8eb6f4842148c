"""Embedding: from an aligned face to a vector by which people are told apart.

An embedder has one network or several, whose errors fall on different people.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.align import ALIGNMENTS, PORTRAIT, chip, cut
from models.assets import AssetStore, EmbedderDescription
from models.errors import AssetMissingError, NetworkError
from models.face import Points, RgbImage
from models.gallery import Vector, unit
from models.runtime import Network


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One network of an embedder, how it is used, and `identity`, the name and hash of its asset."""

    network: Network
    description: EmbedderDescription
    identity: str

    def inputs(self, portrait: RgbImage) -> list[NDArray[np.float32]]:
        """The network's inputs (1, size, size, 3) for a portrait: one chip, and a mirrored one where it wants that."""
        wanted = self.description
        chips = [cut(portrait, ALIGNMENTS[wanted.alignment])]
        if wanted.mirrored is not None:
            chips.append(np.asarray(cv2.flip(cut(portrait, ALIGNMENTS[wanted.mirrored]), 1), np.uint8))
        return [self._normalised(aligned) for aligned in chips]

    def _normalised(self, aligned: RgbImage) -> NDArray[np.float32]:
        wanted = self.description
        ordered = cv2.cvtColor(aligned, cv2.COLOR_RGB2BGR) if wanted.colour == "bgr" else aligned
        x = ordered.reshape(len(ordered), -1).astype(np.float32)  # whole rows are eight times as fast
        x -= np.tile(np.array(wanted.mean, np.float32), ordered.shape[1])
        x *= np.float32(wanted.scale)
        return x.reshape(1, *ordered.shape)

    def embed(self, portrait: RgbImage) -> Vector:
        """The unit vector of one portrait. Raises ModelError when the network's output has no direction.

        The cosine of two such vectors is the network's metric. For the Hellinger metric it is the Bhattacharyya
        coefficient, the cosine of the square roots.
        """
        vectors = [self.network.run(x)[0] for x in self.inputs(portrait)]
        if self.description.metric == "hellinger":
            vectors = [np.sqrt(np.maximum(vector, 0)) for vector in vectors]
        return unit(np.sum([unit(vector) for vector in vectors], axis=0))


class Embedder:
    """Concatenates the members' vectors, each scaled by the root of its weight: a dot product is their weighted mean.

    `model` names the members and a hash over all of them and how they are used. Templates of different models are
    never compared. `missing` names companions that are not installed; without them the embedder is another model.
    Raises NetworkError when a member's network does not fit its description.
    """

    def __init__(self, members: Sequence[Member], missing: Sequence[str] = ()) -> None:
        self.missing = tuple(missing)
        self.members = tuple(members)
        total = sum(member.description.weight for member in members)
        self._lengths = tuple(float(np.sqrt(member.description.weight / total)) for member in members)
        for member in members:
            _check(member)

    @property
    def model(self) -> str:
        """`first+second@sha256:...`, as templates and records carry it."""
        names = "+".join(member.identity.partition("@")[0] for member in self.members)
        uses = [f"{member.identity} {_use(member.description)}" for member in self.members]
        return f"{names}@sha256:{hashlib.sha256(chr(10).join(uses).encode()).hexdigest()}"

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return sum(member.description.dimension for member in self.members)

    @property
    def lead(self) -> int:
        """How many numbers of a vector the first member gives."""
        return self.members[0].description.dimension

    def chip(self, image: RgbImage, points: Points) -> RgbImage:
        """The portrait (224, 224, 3) RGB that `embed` takes. If kept, any other embedder can embed it again."""
        return chip(image, points, PORTRAIT)

    def embed(self, portrait: RgbImage) -> Vector:
        """The unit vector (dimension,) of one portrait. Raises ModelError when a network gives none."""
        vectors = [member.embed(portrait) * length for member, length in zip(self.members, self._lengths, strict=True)]
        return unit(np.concatenate(vectors))


def load(store: AssetStore, name: str, threads: int = 1) -> Embedder:
    """The embedder called `name` in the catalogue, with its companion where that is installed.

    Raises AssetMissingError, AssetDamagedError or NetworkError; NetworkError too when the asset is no embedder.
    """
    first = _member(store, name, threads)
    companion = first.description.companion
    if companion is None:
        return Embedder([first])
    try:
        return Embedder([first, _member(store, companion, threads)])
    except AssetMissingError:
        return Embedder([first], missing=[companion])


def _member(store: AssetStore, name: str, threads: int) -> Member:
    description = store.catalogue[name].embedder
    if description is None:
        raise NetworkError(f"the asset {name} is not an embedder: its entry in the catalogue does not describe one")
    network = Network(store.path(name), threads)
    return Member(network, description, store.identity(name))


def _use(description: EmbedderDescription) -> str:
    """The part of a description that changes a member's vectors. Its companion does not."""
    return description.model_dump_json(exclude={"companion"})


def _check(member: Member) -> None:
    wanted = member.description
    used = [wanted.alignment, wanted.mirrored or wanted.alignment]
    sides = {ALIGNMENTS[name].size for name in used} | {wanted.size}
    shapes = (member.network.input_shape, member.network.output_shape)
    if len(sides) > 1 or shapes != ((1, wanted.size, wanted.size, 3), (1, wanted.dimension)):
        raise NetworkError(
            f"{member.identity} maps {shapes[0]} to {shapes[1]}; its entry says {wanted.size} px and "
            f"{wanted.dimension} numbers, with the alignments {' and '.join(dict.fromkeys(used))}"
        )
