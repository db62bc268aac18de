"""One signed-in line to Azure's management services, for the thin client and for the SDK alike."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from azure.core.exceptions import DecodeError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    HeadersPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SensitiveHeaderCleanupPolicy,
    UserAgentPolicy,
)
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from offline_backup_gui.adapters.azure.pace import Pace
from offline_backup_gui.adapters.line import Line
from offline_backup_gui.domain.clouds import Cloud
from offline_backup_gui.domain.ports import Control

# Longer than this nobody waits without being asked; the trouble then says "busy".
_LONGEST_PAUSE_S = 60.0
_TRIES = 4
_USER_AGENT = "offline-backup"


class Patience(RetryPolicy[Any, Any]):
    """Tries again after short, growing pauses, or after what the service asks for."""

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        """Say whether an answer is worth another try; a long pause is left to a person."""
        asked = self.get_retry_after(response)
        if asked is not None and asked > _LONGEST_PAUSE_S:
            return False
        return bool(super().is_retry(settings, response))


class EntraPatience(Patience):
    """Tells a busy sign-in service, and a proxy's page, from a refusal.

    The libraries take whatever is no token for a refusal of the sign-in.
    """

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send, try again, and give only what the service itself said. HttpResponseError."""
        response: PipelineResponse[Any, Any] = super().send(request)
        told = response.http_response
        if told.status_code == 429 or told.status_code >= 500:
            raise HttpResponseError(response=told)
        try:
            said = json.loads(told.body())
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise DecodeError(response=told)
        return response


class Bearer(ARMChallengeAuthenticationPolicy):
    """Sends the token; when the service calls it expired, gets a new one and tries once more.

    The libraries give the same token again from their cache, as its own end has not come yet.
    """

    def on_challenge(
        self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]
    ) -> bool:
        """Say whether the request carries a new token now."""
        if super().on_challenge(request, response):
            return True
        if "invalid_token" not in response.http_response.headers.get("WWW-Authenticate", ""):
            return False
        # "Not from before now" is the claim with which a service asks for a fresh token.
        claims = f'{{"access_token":{{"nbf":{{"essential":true,"value":"{int(time.time())}"}}}}}}'
        self.authorize_request(request, *self._scopes, claims=claims)
        return True


def new_line(cloud: Cloud, control: Control | None, pace: Pace) -> Line:
    """Give a line that trusts the cloud's own authorities, where it has any."""
    # These libraries warn with whole answers, and an answer may repeat a request with its secret.
    for name in ("azure.core", "azure.identity", "azure.mgmt", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # At debug level the transport logs whole addresses, signatures included.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    trusted: dict[str, Any] = {"connection_verify": cloud.certificate} if cloud.certificate else {}
    return Line(control, connection_timeout=pace.connect_s, read_timeout=pace.read_s, **trusted)


def proxies(proxy: str) -> dict[str, str] | None:
    """Give what the libraries want for an own proxy; None takes the system's."""
    return {"http": proxy, "https": proxy} if proxy else None


class Session:
    """A credential on a line, with its proxy and its pace."""

    def __init__(self, cloud: Cloud, credential: Any, line: Line, proxy: str, pace: Pace) -> None:
        self.cloud, self.credential, self.line = cloud, credential, line
        self.pace = pace
        self._proxies = proxies(proxy)

    @property
    def policies(self) -> list[Any]:
        """Give the way of a request; no policy registers a provider or logs a body by itself."""
        return [
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(_USER_AGENT),
            ProxyPolicy(proxies=self._proxies),
            ContentDecodePolicy(),
            Patience(
                retry_total=_TRIES,
                retry_backoff_factor=self.pace.first_pause_s,
                retry_backoff_max=30,
            ),
            Bearer(self.credential, self.cloud.scope),
            SensitiveHeaderCleanupPolicy(),
        ]

    @property
    def settings(self) -> dict[str, Any]:
        """Give what every client of the SDK is made with."""
        return {
            "base_url": self.cloud.resource_manager,
            "credential_scopes": [self.cloud.scope],
            "policies": self.policies,
            "transport": self.line,
        }
