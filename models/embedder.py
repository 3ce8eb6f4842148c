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
from models.assets import AssetStore, EmbedderDescription, choose
from models.errors import NetworkError
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
        """The unit vector of one portrait. Raises ModelError when the network's output has no direction."""
        return unit(np.sum([unit(self.network.run(x)[0]) for x in self.inputs(portrait)], axis=0))


class Embedder:
    """Concatenates the members' unit vectors, at length 1 again: a dot product is the mean of the members' cosines.

    `model` names the members and a hash over all of them and how they are used. Templates of different models are
    never compared. `missing` names members of a better embedder that are not installed.
    Raises NetworkError when a member's network does not fit its description.
    """

    def __init__(self, members: Sequence[Member], missing: Sequence[str] = ()) -> None:
        self.missing = tuple(missing)
        self.members = tuple(members)
        for member in members:
            _check(member)

    @property
    def model(self) -> str:
        """`first+second@sha256:...`, as templates and records carry it."""
        names = "+".join(member.identity.partition("@")[0] for member in self.members)
        uses = [f"{member.identity} {member.description.model_dump_json()}" for member in self.members]
        return f"{names}@sha256:{hashlib.sha256(chr(10).join(uses).encode()).hexdigest()}"

    @property
    def shortfall(self) -> str | None:
        """Which members of a better embedder are not installed, and what to do; None when none is missing."""
        if not self.missing:
            return None
        used = self.model.partition("@")[0]
        return f"{used} works without {' and '.join(self.missing)}, not installed; run: kiosk models install"

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
        return unit(np.concatenate([member.embed(portrait) for member in self.members]))


def load(store: AssetStore, combinations: Sequence[str], threads: int = 1) -> Embedder:
    """The first of the combinations, each `first+second`, that is wholly installed.

    Raises AssetMissingError, AssetDamagedError or NetworkError; NetworkError too when an asset is no embedder.
    """
    chosen = choose(store, combinations)
    return Embedder([_member(store, name, threads) for name in chosen.members], chosen.missing)


def _member(store: AssetStore, name: str, threads: int) -> Member:
    asset = store.catalogue[name]
    if asset.embedder is None:
        raise NetworkError(f"the asset {name} is not an embedder: its entry in the catalogue does not describe one")
    return Member(Network(store.path(name), threads), asset.embedder, f"{name}@sha256:{asset.sha256}")


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
