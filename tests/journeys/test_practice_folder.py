"""The whole journey with real services: folders as drives, a folder as the account."""

from __future__ import annotations

import os
from pathlib import Path

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.services.practice import Practice, PracticeOrder, Step
from offline_backup_gui.services.practice_result import Claim, Open
from offline_backup_gui.services.watching import Watch

SIZE_BYTES = 110_000_000  # three drives below 70 MB would be refused as too small


def test_a_small_office_walks_the_whole_way_and_everything_is_proved(tmp_path: Path) -> None:
    readings: list[Reading] = []
    events: list[Event] = []
    steps: list[Step] = []
    watch = Watch(readings.append, events.append)

    result = Practice(build_services).run(
        PracticeOrder(tmp_path / "practice", SIZE_BYTES), watch, steps.append
    )

    assert [proof for proof in result.proofs if not proof.good] == []
    assert result.good
    assert steps == list(Step)
    assert set(result.seconds) == set(Step)
    assert {"copy", "verify", "seal", "compare", "move", "restore"} <= {e.code for e in events}
    assert max(reading.stored_bytes for reading in readings) > 0
    assert [line["reason"] for line in result.exceptions] == ["socket", "access-denied"]
    assert result.open == [Open.MEDIUM, Open.SHIPPING, Open.AZURE]
    figures = {proof.claim: proof.figures for proof in result.proofs}
    assert figures[Claim.RESTORED_CODE]["files"] != figures[Claim.RESTORED_1]["files"]
    printed = result.as_json()
    assert printed["outcome"] == "done"
    assert printed["folder"] == os.path.realpath(tmp_path / "practice")
