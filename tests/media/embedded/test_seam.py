"""The parts of aiortc, aioice and pylibsrtp that the worker uses beyond their public face.

Both are pinned exactly. When an upgrade fails here, read `dtls.py` and `ice.py` beside the new source first.
"""

from __future__ import annotations

import inspect
import struct
from importlib.metadata import version

import pytest
from aioice import stun
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES
from pylibsrtp import Policy, Session, _binding


def test_the_pinned_versions_are_installed() -> None:
    assert (version("aiortc"), version("aioice"), version("pylibsrtp")) == ("1.16.0", "0.13.0", "1.0.0")


def test_the_dtls_transport_needs_only_a_pipe_and_keeps_its_private_names() -> None:
    class Pipe:
        role = "controlled"
        state = "completed"

    transport = RTCDtlsTransport(Pipe(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    for name in ("_rx_srtp", "_tx_srtp", "_ssl", "_srtp_profiles"):
        assert getattr(transport, name, "missing") != "missing", name
    for name in ("_setup_srtp", "_set_role"):
        assert callable(getattr(transport, name)), name
    source = inspect.getsource(RTCDtlsTransport)
    assert {name for name in ("transport._recv()", "transport._send(") if name in source} == {
        "transport._recv()",
        "transport._send(",
    }
    assert inspect.iscoroutinefunction(transport.start)
    assert list(inspect.signature(RTCDtlsParameters).parameters) == ["fingerprints", "role"]
    assert list(inspect.signature(RTCDtlsFingerprint).parameters) == ["algorithm", "value"]


def test_srtp_profiles_yield_keys_and_prefer_gcm() -> None:
    assert SRTP_PROFILES[0].openssl_profile == b"SRTP_AEAD_AES_256_GCM"
    for profile in SRTP_PROFILES:
        material = bytes(2 * (profile.key_length + profile.salt_length))
        key = profile.get_key_and_salt(material, 0)
        session = Session(
            Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile.libsrtp_profile)
        )
        assert session._srtp[0] != _binding.ffi.NULL


def test_libsrtp_is_called_directly_and_answers_nought_for_success() -> None:
    key = bytes(range(44))
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    out = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
    back = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
    packet = struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + b"payload"
    memory = _binding.ffi.new("char[]", 2048)
    size = _binding.ffi.new("int *", len(packet))
    memory[0 : len(packet)] = packet
    assert _binding.lib.srtp_protect(out._srtp[0], memory, size) == 0
    assert size[0] == len(packet) + 16
    assert _binding.lib.srtp_unprotect(back._srtp[0], memory, size) == 0
    assert _binding.ffi.buffer(memory, size[0])[:] == packet
    assert _binding.lib.srtp_unprotect(back._srtp[0], memory, size) != 0


def test_stun_messages_are_parsed_signed_and_checked() -> None:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "a:b"})
    request.add_message_integrity(b"password")
    parsed = stun.parse_message(bytes(request))
    assert parsed.check_message_integrity(b"password")
    assert not parsed.check_message_integrity(b"another")


def test_a_short_priority_still_raises_past_value_error() -> None:
    attribute = struct.pack("!HHH", 0x0024, 2, 1) + b"\0\0"
    datagram = struct.pack("!HHI12s", 1, len(attribute), stun.COOKIE, bytes(12)) + attribute
    with pytest.raises(struct.error):
        stun.parse_message(datagram)
