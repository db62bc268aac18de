"""What a drive says of its own health, put together from several answers. Pure."""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.domain.drive import Health, HealthSign, Sign

_FATAL = frozenset({Sign.VERDICT, Sign.ATTRIBUTE, Sign.SPARE, Sign.UNRELIABLE})


class SelfReport(Struct, frozen=True):
    """The health and the signs behind it; UNKNOWN and none when nothing was told."""

    health: Health = Health.UNKNOWN
    signs: tuple[HealthSign, ...] = ()


def report(signs: dict[Sign, int], *, verdict: bool) -> SelfReport:
    """Make a report. `verdict` says that the drive itself was asked whether it will fail.

    Without a verdict, nothing found is nothing known.
    """
    found = tuple(HealthSign(sign, signs[sign]) for sign in Sign if sign in signs)
    if _FATAL.intersection(signs):
        return SelfReport(Health.FAILING, found)
    if found:
        return SelfReport(Health.DOUBTFUL, found)
    return SelfReport(Health.GOOD if verdict else Health.UNKNOWN)


def worst(*reports: SelfReport) -> SelfReport:
    """Put reports of one drive together: the worst health, and each sign with its largest count."""
    order = (Health.UNKNOWN, Health.GOOD, Health.DOUBTFUL, Health.FAILING)
    counts: dict[Sign, int] = {}
    for sign in (sign for one in reports for sign in one.signs):
        counts[sign.sign] = max(sign.count, counts.get(sign.sign, 0))
    return SelfReport(
        max((one.health for one in reports), key=order.index, default=Health.UNKNOWN),
        tuple(HealthSign(sign, counts[sign]) for sign in Sign if sign in counts),
    )
