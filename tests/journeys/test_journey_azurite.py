"""The same journey with a real blob server as the account: increments and restores over HTTP."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.app import build_services
from offline_backup_gui.services.practice import Practice, PracticeOrder
from offline_backup_gui.services.world import AccountSecret
from tests.azurite_server import Azurite

SIZE_BYTES = 110_000_000


def test_the_whole_way_over_a_blob_server_is_proved(tmp_path: Path, azurite: Azurite) -> None:
    secret = AccountSecret(connection_string=azurite.connection_string)
    order = PracticeOrder(tmp_path, SIZE_BYTES, account=azurite.url, secret=secret)

    result = Practice(build_services).run(order)

    assert [proof for proof in result.proofs if not proof.good] == []
    assert result.good
    # Nothing of the account came to lie in the practice folder.
    assert not (tmp_path / "account").exists()
