"""The drawn attacks: their pictures agree with their ground truth."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import process_time

import cv2
import mediapipe as mp
import numpy as np
import pytest
from numpy.typing import NDArray

from camera import Answering, Camera, CameraUrlError, Frame, Image, MeshOf, Prompt, open_camera
from camera.synthetic.attacks.clips import SELFIE, clip_of
from camera.synthetic.attacks.held import Hold
from camera.synthetic.attacks.screen import Display, Light, bands, moire
from camera.synthetic.attacks.species import EDITED, PRINTS, SCREENS, SPECIES
from camera.synthetic.person.mesh import HeadPose, HeadView, rotation
from camera.synthetic.person.paper import printed
from camera.synthetic.person.sheet import FLAT, NOWHERE, Bend, PaintedSheet, opaque
from tests.shared import shared

VIEW = HeadView(608.0, (640, 480))
MIDDLES = (33, 133, 362, 263, 61, 291, 152, 10)
CHEEK, RIGHT_EYE = (50, 101, 205, 36), (33, 133, 159, 145)
LIGHT = Light(
    pixels=1.12,
    moire=0.1,
    bands=0.0,
    band_px=200,
    rolls_hz=1.0,
    gain=(0.8, 0.8, 0.8),
    black=0.0,
    reflection=0.0,
    shines=(0, 0),
    shine=0.2,
)


def film(camera: Camera) -> list[Frame]:
    with camera:
        return [frame for frame in iter(camera.read, None) if frame is not None]


def attack(species: str, photo: Path, mesh_of: MeshOf, options: str = "") -> Camera:
    return open_camera(f"attack:{species}?source={photo}{options}", mesh_of=mesh_of)


@pytest.fixture(scope="module")
def portrait(photo: Path, mesh_of: MeshOf) -> tuple[Image, NDArray[np.float32]]:
    image = cv2.imread(str(photo))
    assert image is not None
    return np.asarray(image, np.uint8), mesh_of(np.asarray(image, np.uint8))


@pytest.fixture(scope="module")
def sheet(portrait: tuple[Image, NDArray[np.float32]]) -> PaintedSheet:
    paper, mesh = printed(*portrait, 150)
    return PaintedSheet(opaque(paper), mesh)


def off_plane_px(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    plane, _ = cv2.findHomography(before, after)
    return float(np.abs(cv2.perspectiveTransform(before[None], plane)[0] - after).max())


def test_a_flat_print_moves_by_a_homography_and_a_bent_one_does_not(sheet: PaintedSheet) -> None:
    front, turned = HeadPose(True, 150), HeadPose(True, 160, 5, -8, yaw_deg=20, pitch_deg=8, roll_deg=4)
    moved = [sheet.points(sheet.mesh, pose, FLAT, VIEW) for pose in (front, turned)]
    assert off_plane_px(*moved) < 0.01
    bent = [sheet.points(sheet.mesh, turned, bend, VIEW) for bend in (FLAT, Bend(0.5))]
    assert off_plane_px(*bent) > 1


@pytest.mark.parametrize("across_deg", [0.0, 90.0, 30.0])
@pytest.mark.parametrize("curvature", [0.6, -0.4])
def test_a_bent_print_lies_on_a_cylinder(sheet: PaintedSheet, curvature: float, across_deg: float) -> None:
    pose = HeadPose(True, 150, 12, -7, yaw_deg=15, pitch_deg=-6, roll_deg=5)
    flat = (sheet.mesh - sheet.middle) / sheet.unit
    turn = np.radians(across_deg)
    across, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    radius, arc = 1 / curvature, flat @ across
    x, z = radius * np.sin(arc / radius), radius - radius * np.cos(arc / radius)
    space = np.column_stack([np.outer(x, across) + np.outer(flat @ along, along), z]) @ rotation(15, -6, 5).T
    seen = space[:, :2] * 608 / (space[:, 2:] + 608 / 150) + [332, 233]
    assert np.abs(sheet.points(sheet.mesh, pose, Bend(curvature, across_deg), VIEW) - seen).max() < 0.01


@pytest.mark.parametrize("bend", [FLAT, Bend(0.6, 0), Bend(-0.5, 80)])
def test_pixels_show_what_lies_there(sheet: PaintedSheet, bend: Bend) -> None:
    pose = HeadPose(True, 140, 30, 10, yaw_deg=-18, pitch_deg=9, roll_deg=3)
    shown = sheet.shown(pose, bend, VIEW)
    rows, columns = np.nonzero(shown[:, :, 0] > NOWHERE)
    assert len(rows) > 40_000
    back = sheet.points(shown[rows, columns], pose, bend, VIEW)
    assert np.abs(back - np.column_stack([columns, rows])).max() < 0.01


def test_landmarks_are_found_where_the_truth_has_them(photo: Path, mesh_of: MeshOf) -> None:
    for species in PRINTS[:3]:
        frames = [frame for frame in film(attack(species, photo, mesh_of, "&fps=3&seed=4")) if 1.1 < frame.at_s < 5.4]
        off_px = []
        for frame in frames:
            assert frame.truth is not None
            assert frame.truth.flat
            mesh = mesh_of(frame.image)
            off_px.append(
                np.abs(np.array([*mesh[:, :2].min(axis=0), *mesh[:, :2].max(axis=0)]) - frame.truth.box).max()
            )
        assert len(off_px) >= 12
        assert median(off_px) < 6


def test_a_hand_is_never_still_and_a_stand_is() -> None:
    held, stands = ([Hold(6, 480, 150, shake=shake).pose(t) for t in np.arange(2, 4, 1 / 30)] for shake in (1.0, 0.0))
    assert min(abs(a.x - b.x) + abs(a.y - b.y) for a, b in pairwise(held)) > 0
    assert np.ptp([pose.x for pose in held]) > 3
    assert np.ptp([pose.x for pose in stands]) == 0


def test_a_waved_print_bends_to_and_fro() -> None:
    bends = [Hold(6, 480, 150, bend=Bend(0.6, 5), waves_hz=1.0).bent(t).curvature for t in np.arange(0, 2, 0.05)]
    assert max(bends) > 0.55
    assert min(bends) < -0.55


@pytest.mark.parametrize("species", SPECIES)
def test_the_same_seed_films_the_same_and_another_does_not(photo: Path, mesh_of: MeshOf, species: str) -> None:
    def second(seed: int) -> NDArray[np.uint8]:
        options = "" if species in EDITED else "&fps=5&size=320x240"
        with attack(species, photo, mesh_of, f"&seed={seed}{options}") as camera:
            frames = [camera.read() for _ in range(12)]
        assert frames[-1] is not None
        return frames[-1].image

    first = second(1)
    assert (first == second(1)).all()
    assert (first != second(2)).any()


@pytest.fixture(scope="module")
def detector() -> Iterator[mp.solutions.face_detection.FaceDetection]:
    with mp.solutions.face_detection.FaceDetection(model_selection=0, min_detection_confidence=0.5) as found:
        yield found


@pytest.mark.parametrize("species", SPECIES)
def test_the_face_is_found_in_all_but_a_few_frames(
    photo: Path, mesh_of: MeshOf, detector: mp.solutions.face_detection.FaceDetection, species: str
) -> None:
    options = "" if species in EDITED else "&fps=5"
    frames = [frame for frame in film(attack(species, photo, mesh_of, options)) if 1.1 < frame.at_s < 5.4]
    frames = frames[:: 6 if species in EDITED else 1]
    seen = [detector.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)).detections is not None for frame in frames]
    assert len(seen) >= 20
    assert np.mean(seen) >= 0.95


def around(points: NDArray[np.float32], pad: int) -> tuple[slice, slice]:
    (x0, y0), (x1, y1) = np.floor(points.min(axis=0)).astype(int) - pad, np.ceil(points.max(axis=0)).astype(int) + pad
    return slice(y0, y1), slice(x0, x1)


def test_eyes_blink_in_the_holes_of_a_print_and_nothing_else_moves(photo: Path, mesh_of: MeshOf) -> None:
    camera = attack("print_eyeholes", photo, mesh_of, "&seed=1&turn=0&shake=0&noise=0&exposure=0")
    assert isinstance(camera, Answering)
    with camera:
        frames = []
        while (frame := camera.read()) is not None and frame.at_s < 4:
            frames.append(frame)
            if frame.index == 45:
                camera.obey("blink", frame.at_s)
    shut = next(frame for frame in frames if frame.at_s > 1.9 and frame.truth and frame.truth.eyes_open < 0.1)
    before = [frame for frame in frames[: shut.index] if frame.truth and frame.truth.eyes_open == 1][-1]
    mesh = mesh_of(before.image)[:, :2]
    changed = cv2.absdiff(before.image, shut.image).mean(axis=2)
    eye, cheek = changed[around(mesh[list(RIGHT_EYE)], 1)], changed[around(mesh[list(CHEEK)], 0)]
    assert eye.mean() > 5
    assert cheek.mean() < 0.2


def test_a_print_without_holes_never_blinks_and_turns_when_asked(photo: Path, mesh_of: MeshOf) -> None:
    def asked(action: Prompt) -> list[Frame]:
        camera = attack("print", photo, mesh_of, "&fps=10&turn=0&shake=0")
        assert isinstance(camera, Answering)
        with camera:
            for _ in range(20):
                camera.read()
            camera.obey(action, 2.0)
            return film(camera)

    assert {frame.truth.eyes_open for frame in asked("blink") if frame.truth} == {1.0}
    assert max(frame.truth.yaw_deg for frame in asked("turn_left") if frame.truth) > 20
    assert min(frame.truth.yaw_deg for frame in asked("turn_right") if frame.truth) < -20


def test_a_screens_stripes_fold_into_moire() -> None:
    x, y = np.meshgrid(np.arange(256, dtype=np.float32), np.arange(64, dtype=np.float32))
    light = moire(np.stack([1.125 * x, 0 * y], axis=-1), 0.1)
    spectrum = np.abs(np.fft.rfft(light[0, :, 1] - light[0, :, 1].mean()))
    assert int(spectrum.argmax()) == round(0.125 * 256)
    assert spectrum.max() / 128 == pytest.approx(0.1, rel=0.01)
    assert (
        np.abs(light.sum(axis=2) - 3 - 3 * 0.05).max() < 1e-3
    )  # the three stripes together are white; the rest is the modulation of the rows


def test_a_filmed_screen_has_moire_where_its_pixels_say(photo: Path, mesh_of: MeshOf) -> None:
    def shown(depth: float) -> NDArray[np.float64]:
        clip = clip_of(photo, mesh_of, 190, SELFIE, 1)
        light = Light(**{name: getattr(LIGHT, name) for name in Light.__dataclass_fields__} | {"moire": depth})
        screen = Display(clip, mesh_of, "phone", light, face_px=150, seed=1)
        layer = screen.show(HeadPose(True, 150), FLAT, VIEW, 1.0).layer
        return layer[100:228, 256:384, 1].astype(np.float64)

    pattern = shown(0.1) / np.maximum(shown(0.0), 1) - 1
    spectrum = np.abs(np.fft.fft2(pattern - pattern.mean()))
    row, column = np.unravel_index(spectrum[:, :64].argmax(), (128, 64))
    assert min(row, 128 - row) == 0
    assert column == pytest.approx(0.12 * 128, abs=1.5)


def test_bands_roll_over_the_picture() -> None:
    light = Light.of(3)
    first, later = (bands(np.arange(480, dtype=np.float32), at_s, light) for at_s in (0.0, 0.1))
    assert first.max() == pytest.approx(1, abs=1e-3)
    assert first.min() == pytest.approx(1 - light.bands, abs=1e-3)
    moved_px = light.rolls_hz * 0.1 * light.band_px
    assert np.interp(200 - moved_px, np.arange(480), first) == pytest.approx(later[200], abs=1e-3)


def test_a_replay_moves_and_blinks_as_its_clip_does_whatever_is_asked(photo: Path, mesh_of: MeshOf) -> None:
    camera = attack("tablet", photo, mesh_of, "&turn=0&shake=0&seed=2&fps=10")
    assert isinstance(camera, Answering)
    camera.obey("turn_left", 0.0)
    frames = film(camera)
    truths = [frame.truth for frame in frames if frame.truth and frame.truth.present]
    assert min(truth.eyes_open for truth in truths) < 0.2
    assert {truth.yaw_deg for truth in truths} == {0.0}
    assert np.ptp([truth.box[0] for truth in truths[10:40]]) > 5


def test_a_still_never_changes(photo: Path, mesh_of: MeshOf) -> None:
    frames = film(attack("static", photo, mesh_of, "&seconds=2"))
    assert [frame.at_s for frame in frames] == pytest.approx([i / 30 for i in range(60)])
    assert all((frame.image == frames[0].image).all() for frame in frames)


def test_a_loop_comes_back_to_the_last_bit(photo: Path, mesh_of: MeshOf) -> None:
    frames = film(attack("loop", photo, mesh_of, "&seconds=2&every=0.5"))
    assert all((a.image == b.image).all() for a, b in zip(frames, frames[15:], strict=False))
    assert all((frames[0].image != frame.image).any() for frame in frames[1:15])


def test_a_cut_is_a_jump_and_may_show_another(photo: Path, mesh_of: MeshOf, tmp_path: Path) -> None:
    def jump(options: str) -> int:
        frames = film(attack("cut", photo, mesh_of, f"&seconds=2&at=1{options}"))
        changes = [cv2.absdiff(a.image, b.image)[120:360, 220:420].mean() for a, b in pairwise(frames)]
        assert max(changes) > 1.5 * sorted(changes)[-2]
        return int(np.argmax(changes)) + 1

    original = cv2.imread(str(photo))
    assert original is not None
    other = tmp_path / "other.png"
    assert cv2.imwrite(str(other), np.clip(original[:, ::-1] * 0.7, 0, 255).astype(np.uint8))
    assert jump("") == 30
    assert jump(f"&other={other}") == 30


def test_a_video_can_be_replayed_printed_and_cut(mesh_of: MeshOf) -> None:
    video = shared("videos") / "single-face/d3.mp4"
    if not video.exists():
        pytest.skip("needs the shared test videos")
    for species in ("print", "phone", *EDITED):
        with attack(species, video, mesh_of) as camera:
            frames = [camera.read() for _ in range(50)]
        assert frames[-1] is not None
        assert mesh_of(frames[-1].image).shape == (468, 3)


def test_wrong_attacks_are_named(photo: Path, mesh_of: MeshOf) -> None:
    with pytest.raises(CameraUrlError, match="no species 'hologram'; there are print"):
        attack("hologram", photo, mesh_of)
    with pytest.raises(CameraUrlError, match="needs source=FILE"):
        open_camera("attack:print?seed=1", mesh_of=mesh_of)
    with pytest.raises(CameraUrlError, match="has no option 'turn'"):
        attack("static", photo, mesh_of, "&turn=3")
    with pytest.raises(CameraUrlError, match="attack: needs a face mesh finder"):
        open_camera(f"attack:print?source={photo}")


@pytest.mark.parametrize("species", ["print_waved", "print_eyeholes", *SCREENS])
def test_a_frame_costs_little_beside_that_of_a_person(photo: Path, mesh_of: MeshOf, species: str) -> None:
    """Both are read in turn, so that other load on the machine affects both."""
    with attack(species, photo, mesh_of) as shown, open_camera(f"person:{photo}", mesh_of=mesh_of) as person:
        shown_s: list[float] = []
        person_s: list[float] = []
        for _ in range(60):
            for camera, took_s in ((shown, shown_s), (person, person_s)):
                begin_s = process_time()
                assert camera.read() is not None
                took_s.append(process_time() - begin_s)
    print(f"a frame of {species} {1e3 * median(shown_s):.1f} ms, of a person {1e3 * median(person_s):.1f} ms")
    assert median(shown_s) < 12 * median(person_s)  # measured: 0.9 to 2.5
