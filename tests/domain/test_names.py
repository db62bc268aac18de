from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.names import (
    NameFlaw,
    blob_flaw,
    check_container,
    container_findings,
    container_flaw,
    suggest_container,
)


@pytest.mark.parametrize("name", ["abc", "a-1", "landing-branch-042", "0" * 63, "a1b2c3"])
def test_an_allowed_container_name_has_no_flaw(name: str) -> None:
    assert container_flaw(name) is None
    check_container(name)


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("", NameFlaw.TOO_SHORT),
        ("ab", NameFlaw.TOO_SHORT),
        ("a" * 64, NameFlaw.TOO_LONG),
        ("Landing", NameFlaw.CHARACTERS),
        ("with_underscore", NameFlaw.CHARACTERS),
        ("ümlaut", NameFlaw.CHARACTERS),
        ("abc\n", NameFlaw.CHARACTERS),
        ("$root", NameFlaw.CHARACTERS),
        ("-abc", NameFlaw.HYPHENS),
        ("abc-", NameFlaw.HYPHENS),
        ("a--b", NameFlaw.HYPHENS),
    ],
)
def test_a_container_name_that_azure_refuses_is_found(name: str, flaw: NameFlaw) -> None:
    assert container_flaw(name) is flaw
    with pytest.raises(BackupError) as caught:
        check_container(name)
    assert caught.value.code is ErrorCode.CONTAINER_NAME_NOT_ALLOWED
    assert container_flaw(str(caught.value.parameters["suggestion"])) is None


@given(st.text(max_size=80), st.text(max_size=20))
def test_a_suggested_name_is_always_allowed(text: str, prefix: str) -> None:
    assert container_flaw(suggest_container(text, prefix)) is None


def test_a_suggestion_resembles_what_was_typed() -> None:
    assert suggest_container("Branch 042", "landing") == "landing-branch-042"


@pytest.mark.parametrize(
    "name", ["a", "packs/0a/0af3", "/".join(["x"] * 254), "ü" * 1024, "\U0001f600" * 512]
)
def test_an_allowed_blob_name_has_no_flaw(name: str) -> None:
    assert blob_flaw(name) is None


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("", NameFlaw.TOO_SHORT),
        ("x" * 1025, NameFlaw.TOO_LONG),
        ("\U0001f600" * 513, NameFlaw.TOO_LONG),
        ("/".join(["x"] * 255), NameFlaw.SEGMENTS),
        ("a//b", NameFlaw.EMPTY_SEGMENT),
        ("/a", NameFlaw.EMPTY_SEGMENT),
        ("a/", NameFlaw.EMPTY_SEGMENT),
        ("a/../b", NameFlaw.ENDING),
        ("a./b", NameFlaw.ENDING),
        ("a\\b", NameFlaw.CHARACTERS),
        ("a\x00b", NameFlaw.CHARACTERS),
        ("a\x85b", NameFlaw.CHARACTERS),
        ("a\udc80", NameFlaw.CHARACTERS),
    ],
)
def test_a_blob_name_that_would_be_refused_or_changed_is_found(name: str, flaw: NameFlaw) -> None:
    assert blob_flaw(name) is flaw


def test_two_containers_must_be_allowed_and_different() -> None:
    assert container_findings("landing-1", "vault-1") == ()
    codes = [f.code for f in container_findings("Bad", "Bad")]
    assert codes == [FindingCode.CONTAINER_NAME_NOT_ALLOWED, FindingCode.CONTAINERS_EQUAL]
    assert len(container_findings("x", "y")) == 2


@pytest.mark.parametrize("code", [0x1F, 0x7F, 0x9F, 0xD800, 0xDFFF])
def test_control_and_lone_characters_are_refused_in_blob_names(code: int) -> None:
    assert blob_flaw(f"a{chr(code)}") is NameFlaw.CHARACTERS


@pytest.mark.parametrize("code", [0x20, 0x7E, 0xA0, 0xD7FF, 0xE000])
def test_their_neighbours_are_allowed(code: int) -> None:
    assert blob_flaw(f"a{chr(code)}") is None


def test_a_suggestion_of_just_three_characters_stays_as_it_is() -> None:
    assert suggest_container("abc") == "abc"
    assert suggest_container("ab") == "ab-01"
    assert suggest_container("") == "backup-01"
