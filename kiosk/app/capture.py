"""The worker that takes frames from the camera and keeps only the newest for who looks at them."""

import logging
import threading
import time
from collections.abc import Sequence

from camera import Camera, CameraTimeout, Frame
from kiosk.clock.event_log import EventLog
from kiosk.runtime.mailbox import Latest
from kiosk.runtime.worker import Beat
from kiosk.screen import Phrase, Screen
from sync.contract import CameraBack, CameraBackDetail, CameraLostDetail
from sync.contract import CameraLost as CameraLostEvent

log = logging.getLogger(__name__)


class Capture:
    """Reads one camera for ever. One that is away is said on the screen and in the ledger, and waited for.

    `mailboxes` are each given every frame, and emptied once none comes: nobody keeps the picture of who was there
    last. `name` stands for the camera in events and logs; it must hold no password.
    """

    def __init__(
        self, camera: Camera, name: str, mailboxes: Sequence[Latest[Frame]], event_log: EventLog, screen: Screen
    ) -> None:
        self._camera = camera
        self._name = name
        self._mailboxes = mailboxes
        self._event_log = event_log
        self._screen = screen
        self._lost_since_s: float | None = None

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Take frames until `stop` is set."""
        beat()
        with self._camera as camera:
            while not stop.is_set() and self._take(camera):
                beat()
        if not stop.is_set():
            self._lost("the source has ended")
        while not stop.wait(1.0):
            beat()

    def _take(self, camera: Camera) -> bool:
        """Wait for the next frame, or for it to be clear that none comes; False when the source has ended."""
        try:
            frame = camera.read()
        except CameraTimeout as error:
            self._lost(str(error))
            return True
        if frame is not None:
            self._seen(frame)
        return frame is not None

    def _seen(self, frame: Frame) -> None:
        if self._lost_since_s is not None:
            away_s = round(time.monotonic() - self._lost_since_s, 3)
            self._lost_since_s = None
            self._event_log.record(CameraBack(detail=CameraBackDetail(camera=self._name, away_s=away_s)))
            self._screen.trouble(None, status="camera is back")
        for mailbox in self._mailboxes:
            mailbox.put(frame)

    def _lost(self, reason: str) -> None:
        if self._lost_since_s is not None:
            return
        self._lost_since_s = time.monotonic()
        for mailbox in self._mailboxes:
            mailbox.clear()
        log.error("camera %s gives no frames: %s", self._name, reason)
        self._event_log.record(CameraLostEvent(detail=CameraLostDetail(camera=self._name, reason=reason[:200])))
        self._screen.trouble(Phrase("camera_lost"), status=f"no frames from the camera: {reason}")
