from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from court_link.media.credentials import BadCredential, BadDevice, Keys

KEYS = Keys("one key for tests, of more than 32 characters")
DEVICE = "device-secret-one-0123456789"


def test_a_credential_names_its_link_and_version():
    link = uuid4()
    read = KEYS.read(KEYS.credential(link, 3))
    assert (read.link_id, read.version) == (link, 3)


def test_a_credential_can_be_sent_again():
    link = uuid4()
    assert KEYS.credential(link, 1) == KEYS.credential(link, 1)


def test_a_credential_of_another_key_is_forged():
    with pytest.raises(BadCredential):
        KEYS.read(Keys("another key").credential(uuid4(), 1))


@given(st.data())
def test_no_changed_character_leaves_a_credential_true(data: st.DataObject):
    credential = KEYS.credential(uuid4(), 1)
    at = data.draw(st.integers(0, len(credential) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda each: each != credential[at]))
    with pytest.raises(BadCredential):
        KEYS.read(credential[:at] + other + credential[at + 1 :])


@given(st.text(max_size=200))
def test_no_text_is_a_credential(text: str):
    with pytest.raises(BadCredential):
        KEYS.read(text)


def test_a_join_token_is_of_one_device_and_one_version():
    link = uuid4()
    tokens = {KEYS.token(link, version, device) for version in (1, 2) for device in (DEVICE, DEVICE[::-1])}
    assert len(tokens) == 4
    assert KEYS.token(link, 1, DEVICE) in tokens


@pytest.mark.parametrize("device", ["", "short", "x" * 129, "gerät-" * 8])
def test_a_device_must_bring_a_secret_of_its_own(device: str):
    with pytest.raises(BadDevice):
        KEYS.token(uuid4(), 1, device)
