"""What the tests on the blob server share."""

from __future__ import annotations

import secrets


def fresh_name() -> str:
    """Give a container name no other test uses."""
    return f"test-{secrets.token_hex(6)}"
