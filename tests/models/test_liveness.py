"""Each check of liveness refuses an attack that all other checks accept."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera import open_camera
from models.assets import AssetStore
from models.detector import FaceDetector
from models.face import Points, RgbImage
from models.gallery import unit
from models.landmarks import LandmarkFinder
from models.liveness import Check, LivenessSample, Suspicion, examine, liveness_sample, sure, with_probe
from models.liveness.parallax import solid
from models.liveness.track import DETAIL_PX
from tests.models.heads import Head, Pose, answer, living, stiff

SAME_PERSON = 0.9


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def mesh_of(detector: FaceDetector) -> Callable[[RgbImage], Points]:
    def mesh(bgr: RgbImage) -> Points:
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        with LandmarkFinder() as finder:
            points = finder.find(rgb, detector.detect(rgb)[0].box)
        assert points is not None
        return points

    return mesh


@pytest.fixture(scope="module")
def head(face: NDArray[np.float64]) -> Head:
    return Head(face)


def waved(poses: list[Pose]) -> list[Pose]:
    return [replace(pose, x=3 * pose.x, yaw_deg=pose.yaw_deg / 3) for pose in poses]


def suspicions(track: list[LivenessSample]) -> dict[Check, Suspicion]:
    return {found.check: found.reason for found in examine(track, SAME_PERSON) if found.reason is not None}


@pytest.mark.parametrize("poses", [living(), waved(living())], ids=["sways", "steps aside"])
def test_somebody_who_lives_passes_every_check(head: Head, poses: list[Pose]) -> None:
    for found in examine(head.film(poses), SAME_PERSON):
        assert found.passed, found
        assert found.threshold <= found.score <= 1


def test_only_who_is_seen_before_a_room_that_stays_needs_no_challenge(head: Head) -> None:
    found = examine(head.film(waved(living())), SAME_PERSON)
    assert sure(found)
    before_a_blank_wall = [replace(one, score=0.58) if one.check is Check.SURROUNDINGS else one for one in found]
    assert all(one.passed for one in before_a_blank_wall)
    assert not sure(before_a_blank_wall)
    assert not sure(examine(replace(head, flat=True).film(waved(living())), SAME_PERSON))


def shaken(track: list[LivenessSample], columns: slice) -> list[LivenessSample]:
    """The track with some columns of its pictures moved up and down, as no sheet with the face on it would move."""
    moved = []
    for seen in track:
        scene = seen.scene.copy()
        scene[:, columns] = np.roll(scene[:, columns], round(8 * np.sin(5 * seen.at_s)), axis=0)
        moved.append(replace(seen, scene=scene))
    return moved


def test_a_page_may_go_its_own_way_and_so_may_a_camera_but_only_a_camera_moves_all_of_the_room(head: Head) -> None:
    lives = head.film(living())
    assert suspicions(shaken(lives, slice(50, 270))) == {Check.SURROUNDINGS: Suspicion.CARRIED}
    assert suspicions(shaken(lives, slice(160, 270))) == {}, "somebody passes by on one side"
    assert suspicions(shaken(lives, slice(None))) == {}


def frozen(track: list[LivenessSample]) -> list[LivenessSample]:
    return [replace(seen, scene=track[0].scene) for seen in track]


def looped(track: list[LivenessSample]) -> list[LivenessSample]:
    return [replace(seen, scene=track[index % 20].scene) for index, seen in enumerate(track)]


def cut(track: list[LivenessSample]) -> list[LivenessSample]:
    half = len(track) // 2
    other = [replace(seen, points=seen.points + np.float32(6)) for seen in track[half:]]
    return [*track[:half], *other]


def displaced(poses: list[Pose]) -> list[Pose]:
    """A cut to a moment in which the head is almost where it was. Neither landmarks nor picture alone show it."""
    half = len(poses) // 2
    return [*poses[:half], *(replace(pose, x=pose.x + 0.035) for pose in poses[half:])]


def changed(track: list[LivenessSample]) -> list[LivenessSample]:
    other = unit(np.random.default_rng(5).normal(size=128).astype(np.float32))
    return [*track[:-1], with_probe(track[-1], other)]


def interrupted(track: list[LivenessSample]) -> list[LivenessSample]:
    return [*track[:20], *(replace(seen, at_s=seen.at_s + 1) for seen in track[20:])]


def crowded(track: list[LivenessSample]) -> list[LivenessSample]:
    return [replace(seen, others=int(index > 30)) for index, seen in enumerate(track)]


ATTACKS: dict[str, tuple[Callable[[Head], list[LivenessSample]], Check, Suspicion]] = {
    "flat": (lambda h: replace(h, flat=True).film(living()), Check.PARALLAX, Suspicion.FLAT),
    "mask": (lambda h: h.film(stiff(living())), Check.LIFE, Suspicion.LIFELESS),
    "carried": (lambda h: replace(h, carried=True).film(waved(living())), Check.SURROUNDINGS, Suspicion.CARRIED),
    "screen": (lambda h: replace(h, stripes=8.0).film(living()), Check.SCREEN, Suspicion.SCREEN),
    "static": (lambda h: frozen(h.film(living())), Check.CONTINUITY, Suspicion.STATIC),
    "loop": (lambda h: looped(h.film(living())), Check.CONTINUITY, Suspicion.LOOP),
    "cut": (lambda h: cut(h.film(living())), Check.CONTINUITY, Suspicion.CUT),
    "near cut": (lambda h: h.film(displaced(living())), Check.CONTINUITY, Suspicion.CUT),
    "gap": (lambda h: interrupted(h.film(living())), Check.CONTINUITY, Suspicion.CUT),
    "other": (lambda h: changed(h.film(living())), Check.CONTINUITY, Suspicion.OTHER_FACE),
    "second": (lambda h: crowded(h.film(living())), Check.CONTINUITY, Suspicion.SECOND_FACE),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_is_refused_by_one_check_alone(head: Head, name: str) -> None:
    attack, check, reason = ATTACKS[name]
    assert suspicions(attack(head)) == {check: reason}


def test_a_camera_that_keeps_one_colour_for_two_pixels_is_no_screen(head: Head) -> None:
    assert suspicions(replace(head, stripes=8.0, cycles=0.47).film(living())) == {}


def test_who_walks_while_a_frame_is_missing_now_and_then_is_not_cut(head: Head) -> None:
    walks = head.film([replace(pose, x=pose.x + 0.03 * index) for index, pose in enumerate(living())])
    assert Check.CONTINUITY not in suspicions([seen for index, seen in enumerate(walks) if index % 8 != 3])


def test_two_frames_of_one_instant_give_scores_that_can_be_written(head: Head) -> None:
    track = head.film(living())
    track[20] = replace(track[20], at_s=track[19].at_s, points=track[19].points)
    assert all(0 <= found.score <= 1 for found in examine(track, SAME_PERSON))


def test_what_could_not_be_looked_at_has_not_passed(head: Head) -> None:
    assert suspicions(head.film(living())[:8]) == dict.fromkeys(
        set(Check) - {Check.NETWORK, Check.CHALLENGE}, Suspicion.TOO_SHORT
    )


def test_a_face_without_a_template_is_nobodys(head: Head) -> None:
    nameless = [replace(seen, probe=None) for seen in head.film(living())]
    assert suspicions(nameless) == {Check.CONTINUITY: Suspicion.TOO_SHORT}


def test_a_head_shows_its_depth_and_a_print_is_squeezed(head: Head) -> None:
    real, paper = solid(head.film(answer(yaw_deg=25))), solid(replace(head, flat=True).film(answer(yaw_deg=50)))
    assert real.depth == pytest.approx(np.sin(np.radians(25)), abs=0.06)
    assert real.rigidity > 0.9
    assert paper.depth < 0.26
    assert paper.rigidity < 0.8


def test_a_sample_keeps_the_cameras_own_pixels() -> None:
    image = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    points = np.zeros((468, 3), np.float32)
    for x, y in ((320, 240), (0, 0), (639, 479)):
        points[:, :2] = x, y
        seen = liveness_sample(image, points, 1.0)
        assert seen.detail.shape == (DETAIL_PX, DETAIL_PX, 3)
        assert seen.scene.shape == (240, 320)
        corner = np.clip([x - 48, y - 48], 0, [640 - 96, 480 - 96])
        assert np.array_equal(seen.detail, image[corner[1] : corner[1] + 96, corner[0] : corner[0] + 96])
    assert liveness_sample(image[:60, :60].copy(), points, 1.0).detail.shape == (DETAIL_PX, DETAIL_PX, 3)


def filmed(url: str, mesh_of: Callable[[RgbImage], Points], detector: FaceDetector) -> list[LivenessSample]:
    """The track of 1.5 s of a rendered film, from the moment at which the face has stopped."""
    track: list[LivenessSample] = []
    with open_camera(url, mesh_of=mesh_of) as camera, LandmarkFinder() as finder:
        for frame in iter(camera.read, None):
            if not 1.6 <= frame.at_s <= 3.1:
                continue
            rgb = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
            points = finder.find(rgb, detector.detect(rgb)[0].box)
            assert points is not None
            probe = unit(np.ones(8, np.float32)) if len(track) % 10 == 0 else None
            track.append(replace(liveness_sample(rgb, points, frame.at_s), probe=probe))
    return track


@pytest.mark.parametrize(
    ("url", "check"),
    [
        ("person:{photo}?seed=2", None),
        ("attack:print?source={photo}&seed=2", Check.SURROUNDINGS),
        ("attack:tablet?source={photo}&seed=1", Check.SCREEN),
        ("attack:static?source={photo}&seed=2", Check.CONTINUITY),
        ("attack:loop?source={photo}&seed=2&every=0.8", Check.CONTINUITY),
    ],
)
def test_rendered_people_pass_and_rendered_attacks_do_not(
    store: AssetStore, mesh_of: Callable[[RgbImage], Points], detector: FaceDetector, url: str, check: Check | None
) -> None:
    found = suspicions(filmed(url.format(photo=store.path("photo-grace-hopper")), mesh_of, detector))
    assert (check in found) if check else not found
