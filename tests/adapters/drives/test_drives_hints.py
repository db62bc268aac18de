"""Hints of arriving drives: one for each flood, and none when nothing was heard."""

from __future__ import annotations

from collections.abc import Callable

from offline_backup_gui.adapters.drives.hints import LONGEST_S, QUIET_S, Hints, system_hints


def hints_at(now: list[float]) -> Hints:
    return Hints(lambda: now[0])


def test_a_flood_of_messages_gives_one_hint_once_it_is_quiet() -> None:
    now = [100.0]
    hints = hints_at(now)
    assert not hints.due()
    due = []
    for _ in range(12):
        now[0] += 0.1
        hints.heard()
        due.append(hints.due())
    now[0] += QUIET_S
    due += [hints.due() for _ in range(3)]
    assert due == [False] * 12 + [True, False, False]


def test_a_hint_is_held_back_until_it_has_been_quiet_for_a_moment() -> None:
    now = [5.0]
    hints = hints_at(now)
    hints.heard()
    now[0] += QUIET_S * 0.9
    assert not hints.due()
    now[0] += QUIET_S * 0.2
    assert hints.due()
    assert not hints.due()


def test_a_flood_that_does_not_end_is_cut_in_pieces() -> None:
    now = [0.0]
    hints = hints_at(now)
    due = 0
    for _ in range(100):
        now[0] += 0.1
        hints.heard()
        due += hints.due()
    assert due == int(10 / LONGEST_S)


def test_listening_ends_once() -> None:
    ended: list[int] = []

    def source(heard: Callable[[], None]) -> Callable[[], None]:
        heard()
        return lambda: ended.append(1)

    now = [0.0]
    hints = hints_at(now)
    hints.listen(source)
    now[0] += QUIET_S
    assert hints.due()
    hints.close()
    hints.close()
    assert ended == [1]


def test_where_the_system_tells_nothing_there_is_no_hint() -> None:
    hints = system_hints()
    assert not hints.due()
    hints.close()
