"""`court-link demo`: reached by nobody else, kept from run to run, ended as a whole."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import httpx
import pytest

from court_link.demo.running import is_loopback


def begun(directory, *options: str) -> subprocess.Popen[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COURT_LINK_")}
    return subprocess.Popen(
        [sys.executable, "-m", "court_link", "demo", *options],
        env=plain | {"COURT_LINK_DATA_DIR": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "court.example"])
def test_it_refuses_to_be_reached_from_elsewhere(tmp_path, host):
    assert not is_loopback(host)
    process = begun(tmp_path, "--host", host, "--port", "0")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--beyond-loopback" in out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_this_machine_alone(host):
    assert is_loopback(host)


def test_it_starts_serves_ends_at_once_and_keeps_its_data(tmp_path):
    port = free_port()
    secrets = []
    for _ in range(2):
        process = begun(tmp_path, "--port", str(port))
        try:
            _answers(process, port)
            ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=10)
            assert ready.status_code == 200, ready.text
            secrets.append(json.loads((tmp_path / "demo-secrets.json").read_text()))
        finally:
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=2)
    assert secrets[0] == secrets[1]
    assert (tmp_path / "demo-secrets.json").stat().st_mode & 0o077 == 0


def _answers(process: subprocess.Popen[str], port: int) -> None:
    """Waits until both the service and its media worker are there."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"it did not come up: {process.poll()}")
