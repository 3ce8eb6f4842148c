"""A client of the screen's page in a process of its own, without a browser: when each picture and state arrives.

`python -m scripts.benchmark.page PORT COOKIE SECONDS` writes JSON: the arrival times, on the monotonic clock in
seconds, by the SHA-256 of each picture and by the number of each state.
"""

import hashlib
import json
import sys
import threading
import time
from http.client import HTTPConnection, HTTPResponse

Arrivals = dict[str, float]


def main() -> None:
    """Read both streams for some seconds and print the arrival times."""
    port, cookie, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    end_s = time.monotonic() + seconds
    pictures, states = Arrivals(), Arrivals()
    watching = [
        threading.Thread(target=_pictures, args=(_opened(port, cookie, "/preview.mjpeg"), end_s, pictures)),
        threading.Thread(target=_states, args=(_opened(port, cookie, "/events"), end_s, states)),
    ]
    for thread in watching:
        thread.start()
    for thread in watching:
        thread.join()
    print(json.dumps({"pictures": pictures, "states": states}))


def _opened(port: int, cookie: str, path: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return answer


def _pictures(answer: HTTPResponse, end_s: float, found: Arrivals) -> None:
    while time.monotonic() < end_s:
        line = answer.readline()
        if line.startswith(b"Content-Length: "):
            length = int(line.partition(b": ")[2])
            while answer.readline() != b"\r\n":
                pass
            picture = answer.read(length)
            found[hashlib.sha256(picture).hexdigest()] = time.monotonic()


def _states(answer: HTTPResponse, end_s: float, found: Arrivals) -> None:
    while time.monotonic() < end_s:
        line = answer.readline()
        if line.startswith(b'data: {"number"'):
            at_s = time.monotonic()
            found[str(json.loads(line.partition(b": ")[2])["number"])] = at_s


main()
