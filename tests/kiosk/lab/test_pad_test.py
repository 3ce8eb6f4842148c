"""`kiosk pad-test`: its counts, its presentations, and the command itself on drawn people and attacks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import cv2
import pytest

from camera import Answering, Camera, Frame, Prompt, open_camera
from camera.frame import Closing
from camera.synthetic.attacks.species import EDITED, PRINTS, SCREENS, SPECIES
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.enrolment.shots import shots_from_photos
from kiosk.lab.demo import show
from kiosk.lab.padtest import enrolment
from kiosk.lab.padtest.report import document, lines, report
from kiosk.lab.padtest.trial import AttackSource, Presentation, PresentationResult, generated, judge, recorded
from kiosk.people import EnrolledPerson, enrolled_gallery
from kiosk.recognition.liveness import Level
from kiosk.recognition.outcome import Kind, VisitOutcome
from kiosk.recognition.recognition import outcomes
from kiosk.runtime.errors import UsageError
from models.assets import AssetStore
from models.gallery import Identity
from tests import commands

ASSETS = AssetStore()
SETTINGS = settings_file.laptop_settings(Path("/nowhere"))
PHOTOS = {name: ASSETS.path(asset) for name, asset in (("known", show.KNOWN), ("stranger", show.STRANGER))}


def outcome(kind: Kind, person: str | None = None) -> VisitOutcome:
    nearest = None if person is None else Identity(person, 0.99, None)
    return VisitOutcome(kind, at_s=3.0, seen_s=2.0, decided_s=0.5, frames=5, nearest=nearest)


def trials(species: str | None, n: int, accepted: int) -> list[PresentationResult]:
    return [PresentationResult(Presentation(species, "file:x"), number < accepted, 0.1 * number) for number in range(n)]


def test_an_attack_is_accepted_when_its_person_is_identified() -> None:
    attack = Presentation("cut", "file:x", "siti")
    assert judge(attack, [outcome("identified", "budi"), outcome("identified", "siti")]).accepted
    assert not judge(attack, [outcome("identified", "budi")]).accepted
    assert not judge(attack, [outcome("refused"), outcome("identified", "siti")]).accepted
    assert not judge(attack, [outcome("unknown", "siti")]).accepted
    assert not judge(attack, []).accepted
    assert judge(Presentation("print", "file:x"), [outcome("identified", "budi")]).accepted


def test_nothing_is_watched_after_the_decision() -> None:
    rest = iter([outcome("identified", "siti"), outcome("identified", "siti")])
    judge(Presentation("print", "file:x", "siti"), rest)
    assert next(rest, None) is not None


def test_the_document_has_the_promised_shape() -> None:
    found = report([*trials("print", 43, 0), *trials("phone", 40, 2), *trials(None, 20, 19)])
    assert json.loads(json.dumps(document(found))) == {
        "species": {
            "print": {"n": 43, "accepted": 0, "apcer": 0.0, "upper95": 0.0673},
            "phone": {"n": 40, "accepted": 2, "apcer": 0.05, "upper95": 0.1492},
        },
        "bona_fide": {"n": 20, "refused": 1, "bpcer": 0.05},
        "median_s": 0.9,
    }
    assert found.worst == "phone"


def test_the_report_says_what_the_sample_proves() -> None:
    said = "\n".join(lines(report([*trials("print", 43, 0), *trials(None, 5, 5)])))
    assert "APCER is below 6.7% (95 %): 0 of 43 print" in said
    assert "takes 299 presentations" in said
    assert "not bounded: 3 of 3" in "\n".join(lines(report(trials("print", 3, 3))))
    assert "takes 299" not in "\n".join(lines(report(trials("print", 299, 0))))


def test_without_people_there_is_no_bpcer() -> None:
    found = document(report(trials("print", 3, 0)))
    assert found["bona_fide"] == {"n": 0, "refused": 0, "bpcer": None}
    assert found["median_s"] is None


def test_folders_name_the_species(tmp_path: Path) -> None:
    for name in ("bona_fide/a.mp4", "attacks/print/who?.jpg", "attacks/mask/b.mkv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "attacks/mask/more.url").write_text("# two more\nperson:a.jpg?flat=1\n\nfile:c.mp4\n")
    found = [(each.species, each.url.removeprefix(f"file:{tmp_path}")) for each in recorded(tmp_path)]
    assert found == [
        (None, "/bona_fide/a.mp4"),
        ("mask", "/attacks/mask/b.mkv"),
        ("mask", "person:a.jpg?flat=1"),
        ("mask", "file:c.mp4"),
        ("print", "/attacks/print/who%3F.jpg?loop=1"),
    ]
    with pytest.raises(UsageError, match="holds no recording"):
        recorded(tmp_path / "attacks")


def test_generated_presentations_are_drawn_from_their_seed_and_all_differ() -> None:
    sources = {name: AttackSource(photo) for name, photo in PHOTOS.items()}
    found = generated(sources, 3, seed=5)
    assert found == generated(sources, 3, seed=5)
    assert len({each.url for each in found}) == len(found) == 3 * (1 + len(SPECIES))
    assert {each.person for each in found} == set(PHOTOS)
    assert not {each.url for each in found} & {each.url for each in generated(sources, 3, seed=50)}
    few = generated(sources, 2, seed=5, species=("phone", "loop"))
    assert [each.species for each in few] == [None, None, "phone", "phone", "loop", "loop"]


def test_prints_show_the_photo_and_replays_the_clip() -> None:
    shown = {each.species: each.url for each in generated({"a": AttackSource(Path("a.png"), Path("a.mp4"))}, 1, seed=0)}
    assert {kind for kind, url in shown.items() if "a.mp4" in url} == {*SCREENS, *EDITED}
    assert all("a.png" in shown[kind] for kind in (None, *PRINTS))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of somebody who walks up, whose first frames show no good face."""
    path = tmp_path_factory.mktemp("clip") / "filmed.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (640, 480))
    with open_camera(f"person:{PHOTOS['known']}?seconds=4", mesh_of=parts.mesh_of) as camera:
        for frame in iter(camera.read, None):
            writer.write(frame.image)
    writer.release()
    return path


def test_who_is_in_a_video_is_enrolled_from_its_good_frames_once(tmp_path: Path, clip: Path) -> None:
    (tmp_path / "faces/stranger").mkdir(parents=True)
    shutil.copy(PHOTOS["stranger"], tmp_path / "faces/stranger/1.jpg")
    (tmp_path / "faces/nobody.txt").touch()
    for name in ("filmed.avi", "once more.avi"):
        shutil.copy(clip, tmp_path / "faces" / name)
    files = enrolment.files_in(tmp_path / "faces")
    assert list(files) == ["filmed", "once more", "stranger"]
    with parts.pipeline(SETTINGS) as pipeline:
        match_policy = parts.match_policy(SETTINGS, pipeline.embedder)
        gallery, sources = enrolment.from_files(files, 3, pipeline, match_policy, tmp_path)
        still = shots_from_photos([sources["filmed"].photo], pipeline)[0].vector
    assert list(sources) == ["filmed", "stranger"]
    assert sources["filmed"] == AttackSource(tmp_path / "filmed.png", tmp_path / "faces/filmed.avi")
    assert sources["stranger"] == AttackSource(tmp_path / "faces/stranger/1.jpg")
    found = gallery.identify(still)
    assert (found.verdict, found.nearest and found.nearest.person) == ("accepted", "filmed")


class Watched(Closing):
    """A camera that keeps the frames that it has given."""

    realtime = False

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.frames: list[Frame] = []
        self.heard: list[Prompt] = []

    def read(self) -> Frame | None:
        frame = self._camera.read()
        self.frames.extend([] if frame is None else [frame])
        return frame

    def obey(self, action: Prompt, at_s: float) -> None:
        assert isinstance(self._camera, Answering)
        self.heard.append(action)
        self._camera.obey(action, at_s)

    def close(self) -> None:
        self._camera.close()


def test_who_walks_up_hears_once_what_the_screen_asks() -> None:
    settings = settings_file.laptop_settings(Path("/nowhere"))
    url = f"person:{PHOTOS['known']}?seconds=8&fps=10&blink=0"
    with parts.pipeline(settings) as pipeline, Watched(open_camera(url, mesh_of=parts.mesh_of)) as camera:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        known = EnrolledPerson("Known", tuple(shot.vector for shot in shots_from_photos([PHOTOS["known"]], pipeline)))
        proving = prover(lambda: "strict", match_policy.same_person, repeatable(1))
        recognition = parts.recognition(
            settings, pipeline, enrolled_gallery({"known": known}, match_policy), match_policy, proving
        )
        (seen,) = outcomes(camera, recognition, until_s=7.0)
    assert (seen.kind, camera.heard) == ("identified", [seen.proof and seen.proof.challenge])
    yaws = {frame.at_s: frame.truth.yaw_deg for frame in camera.frames if frame.truth}
    assert max(yaws) == 7.0
    side = 1 if camera.heard == ["turn_left"] else -1
    assert 20 < max(side * yaw for at_s, yaw in yaws.items() if 2.5 < at_s < 6) < 34


def pad_test(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / "data")}
    environment.pop("KIOSK_CONFIG", None)
    return commands.run("kiosk", "pad-test", *arguments, cwd=folder, env=environment)


def test_without_liveness_every_generated_attack_gets_through(tmp_path: Path) -> None:
    for name, photo in PHOTOS.items():
        (tmp_path / "faces" / name).mkdir(parents=True)
        shutil.copy(photo, tmp_path / "faces" / name)
    done = pad_test(tmp_path, "--generate", "1", "--faces", "faces", "--plot", "plot.png", "--json", "--level", "off")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["species"] == {name: {"n": 1, "accepted": 1, "apcer": 1.0, "upper95": 1.0} for name in SPECIES}
    assert found["bona_fide"] == {"n": 1, "refused": 0, "bpcer": 0.0}
    assert 0 < found["median_s"] < 1
    assert cv2.imread(str(tmp_path / "plot.png")) is not None


def test_recordings_are_presented_to_those_who_are_in_them(tmp_path: Path) -> None:
    for folder in ("bona_fide", "attacks/print", "attacks/photo"):
        (tmp_path / folder).mkdir(parents=True)
    known, stranger = PHOTOS["known"], PHOTOS["stranger"]
    for seed in (1, 2):
        (tmp_path / f"bona_fide/{seed}.url").write_text(f"person:{known}?seed={seed}")
    (tmp_path / "attacks/print/both.url").write_text(f"attack:print?source={known}\nattack:print?source={stranger}\n")
    shutil.copy(known, tmp_path / "attacks/photo")
    done = pad_test(tmp_path, ".", "--level", "off")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[1][:5] == ["photo", "1", "1", "100.00%", "100.00%"]
    assert rows[2][:4] == ["print", "2", "1", "50.00%"]
    assert rows[3][:5] == ["bona", "fide", "2", "0", "0.00%"]


def test_wrong_use_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    drawn = "--generate", "2", "--faces", "empty"
    for arguments, said in (
        ((), "give a folder of recordings"),
        (("--generate", "2"), "give --generate N and --faces DIR together"),
        (("empty",), "holds no recording"),
        (("empty", *drawn), "give a folder of recordings"),
        (("empty", "--species", "print"), "--species goes with them"),
        (drawn, "holds no photo and no video"),
        ((*drawn, "--species", "phone", "--species", "print,masks"), "'masks' cannot be generated; there are print,"),
    ):
        done = pad_test(tmp_path, *arguments)
        assert done.returncode == 2, arguments
        assert said in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("level", ["passive", "adaptive", "strict"])
def test_who_is_there_passes_and_what_is_held_up_does_not(level: Level) -> None:
    """A person who does what is asked passes. A print, a still and a replay on a phone do not."""
    settings = settings_file.laptop_settings(Path("/nowhere"))
    known = PHOTOS["known"]
    presentations = {
        f"person:{known}?seconds=10.5&blink=3&seed=2&fps=15": True,
        f"attack:print?source={known}&seed=1&seconds=8": False,
        f"attack:static?source={known}&seconds=4": False,
        f"attack:phone?source={known}&seed=1&seconds=8": False,
    }
    with parts.pipeline(settings) as pipeline:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        people = {"known": EnrolledPerson("Known", tuple(shot.vector for shot in shots_from_photos([known], pipeline)))}
        for url, accepted in presentations.items():
            pipeline.forget()
            proving = prover(lambda: level, match_policy.same_person, repeatable(0))
            recognition = parts.recognition(
                settings, pipeline, enrolled_gallery(people, match_policy), match_policy, proving
            )
            with open_camera(url, mesh_of=parts.mesh_of) as camera:
                first = next(outcomes(camera, recognition))
            assert first.proof is not None, url
            assert (first.kind == "identified", first.proof.passed) == (accepted, accepted), (url, first.proof)
            assert (first.proof.challenge is not None) >= (level == "strict" and accepted), url
