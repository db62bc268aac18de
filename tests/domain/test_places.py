from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.places import is_inside, nearest, parts

names = st.text("abcXYZ. -", min_size=1, max_size=6).filter(lambda name: name.strip(". "))


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("/srv/data", "/srv"),
        ("/srv/data", "/srv/data"),
        ("/srv/data/", "/srv//data"),
        ("/srv/x/../data/a", "/srv/./data"),
        ("/anything", "/"),
        ("D:\\Shares", "D:\\"),
        ("d:/shares/a", "D:\\SHARES"),
        ("D:\\Shares.\\a ", "d:\\shares\\A"),
        ("\\\\?\\D:\\Shares", "D:\\"),
        ("\\\\Server\\Share\\x", "\\\\server\\SHARE"),
        ("\\\\?\\UNC\\server\\share\\x", "\\\\server\\share"),
        ("\\\\?\\Volume{ABC-1}\\x\\y", "\\\\?\\volume{abc-1}\\X"),
        ("D:\\", "D:"),
    ],
)
def test_a_path_lies_inside(inner: str, outer: str) -> None:
    assert is_inside(parts(inner), parts(outer))


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("/srv", "/srv/data"),
        ("/srv/database", "/srv/data"),
        ("/SRV/data", "/srv"),
        ("srv/data", "/srv"),
        ("srv/data", "/"),
        ("E:\\Shares", "D:\\"),
        ("D:\\Shares2", "D:\\Shares"),
        ("\\\\server\\share2", "\\\\server\\share"),
        ("\\\\server2\\share\\x", "\\\\server\\share"),
    ],
)
def test_a_path_lies_elsewhere(inner: str, outer: str) -> None:
    assert not is_inside(parts(inner), parts(outer))


def test_the_rules_of_the_system_may_be_given() -> None:
    assert is_inside(parts("//server/share/x", windows=True), parts("\\\\SERVER\\share"))
    assert parts("//srv/x", windows=False) == parts("/srv/x", windows=False)
    assert parts("a\\b", windows=False) == ("", "a\\b")


def test_the_longest_mount_holds_a_path() -> None:
    mounts = [parts("/"), parts("/srv"), parts("/srv/data")]
    assert nearest(parts("/srv/data/x"), mounts) == parts("/srv/data")
    assert nearest(parts("/srv/database"), mounts) == parts("/srv")
    assert nearest(parts("/home"), mounts) == parts("/")
    assert nearest(parts("relative"), mounts) is None


@given(st.lists(names, max_size=5), st.lists(names, max_size=3), st.booleans())
def test_whatever_lies_below_a_folder_is_inside_it(
    above: list[str], below: list[str], windows: bool
) -> None:
    glue, root = ("\\", "D:\\") if windows else ("/", "/")
    outer = root + glue.join(above)
    inner = glue.join([outer.rstrip(glue), *below]) if below else outer
    assert is_inside(parts(inner, windows=windows), parts(outer, windows=windows))


@given(st.text(max_size=40), st.booleans())
def test_any_text_can_be_compared(text: str, windows: bool) -> None:
    found = parts(text, windows=windows)
    assert is_inside(found, found)
    assert ".." not in found[1:]


def test_a_rooted_windows_path_without_a_letter_is_not_a_relative_one() -> None:
    assert parts("\\Shares", windows=True) == ("\\", "shares")
    assert parts("/Shares", windows=True) == ("\\", "shares")
    assert parts("Shares", windows=True) == ("", "shares")
    assert parts("", windows=True) == ("",)


def test_a_verbatim_letter_is_the_letter() -> None:
    assert parts("\\\\?\\D:\\a") == parts("d:\\A") == ("d:", "a")
