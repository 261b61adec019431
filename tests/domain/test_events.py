import hashlib

import pytest

from court_link.domain.events import GENESIS, canonical, chained, detail_digest


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert canonical({"b": 1, "a": ["é", None]}) == canonical({"a": ["é", None], "b": 1})
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


def test_canonical_json_refuses_what_has_no_json():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_a_link_depends_on_the_one_before_its_place_and_its_body():
    first = chained(GENESIS, 1, {"kind": "hearing.listed"})
    assert first == hashlib.sha256(GENESIS.encode() + b'\n1\n{"kind":"hearing.listed"}').hexdigest()
    assert chained(first, 2, {}) != chained(GENESIS, 2, {})
    assert chained(first, 2, {}) != chained(first, 3, {})


def test_the_same_text_has_another_digest_under_another_salt():
    assert detail_digest(b"a" * 16, "unwell") != detail_digest(b"b" * 16, "unwell")
