"""A car's encoder: FFmpeg's own WHIP muxer sends a test picture and a tone until it is stopped.

    python -m tests.media.encoder <address of the link> <bearer>

Nobody here wrote the muxer: it comes with PyAV, as the aiortc package brings it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from tests.media.relay import self_signed

RATE = 15  # pictures a second, and between two whole ones


def send(url: str, token: str, directory: Path) -> None:
    """Send until SIGTERM, then say goodbye to the service.

    The certificate is given: FFmpeg with GnuTLS makes itself one on a curve that OpenSSL does not take.
    """
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    certificate, key = self_signed(directory)
    options = {"authorization": token, "whip_flags": "dtls_active"}
    options |= {"cert_file": str(certificate), "key_file": str(key)}
    car = av.open(url, "w", format="whip", options=options)
    tuned = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    picture = car.add_stream("libx264", rate=RATE, options=tuned)
    picture.width, picture.height, picture.pix_fmt, picture.codec_context.gop_size = 320, 240, "yuv420p", RATE
    sound = car.add_stream("libopus", rate=48000, layout="stereo")
    pictures = av.open(f"testsrc=size=320x240:rate={RATE}", format="lavfi").decode(video=0)
    sounds = av.open("sine=frequency=440:sample_rate=48000", format="lavfi").decode(audio=0)
    began, heard = time.monotonic(), 0.0
    for shown, frame in enumerate(pictures):
        if stopped:
            break
        while heard <= shown / RATE:
            tone = next(sounds)
            heard += tone.samples / tone.sample_rate
            car.mux(sound.encode(tone))
        car.mux(picture.encode(frame))
        time.sleep(max(0.0, began + shown / RATE - time.monotonic()))
    car.close()


@contextmanager
def encoder(url: str, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that sends to this link's address, ended by SIGTERM."""
    process = subprocess.Popen([sys.executable, "-m", "tests.media.encoder", url, token])
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        send(sys.argv[1], sys.argv[2], Path(made))
