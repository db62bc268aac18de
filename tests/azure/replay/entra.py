"""Stands in for Entra ID: metadata, device codes, the browser page, tokens for all of them."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.azure.replay.spec import Json

TENANT = "11111111-2222-3333-4444-555555555555"
PERSON = "admin@contoso.example"
_OBJECT = "99999999-8888-7777-6666-555555555555"
_LIFE_S = 3600


@dataclass
class Entra:
    """Gives tokens and knows which of them still count."""

    client_secret: str = "right-client-secret"
    life_s: int = _LIFE_S
    # A device code is answered "pending" as often as this.
    pending: int = 1
    refuse: str = ""  # an error code to answer instead of a token
    grants: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)  # every token there ever was
    _valid: set[str] = field(default_factory=set)
    _refresh: set[str] = field(default_factory=set)
    _codes: dict[str, str] = field(default_factory=dict)  # code -> nonce
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def counts(self, token: str) -> bool:
        """Say whether a token is one of ours and was not revoked."""
        return token in self._valid

    def expire(self) -> None:
        """Let every access token be refused from now on; refresh tokens stay good."""
        self._valid.clear()

    def expire_all(self) -> None:
        """Let every token be refused from now on, so that somebody has to sign in again."""
        self._valid.clear()
        self._refresh.clear()

    def is_mine(self, path: str) -> bool:
        """Say whether a path belongs to the sign-in service."""
        return "/oauth2/" in path or "/.well-known/" in path or "/discovery/" in path

    def answer(self, base: str, method: str, target: str, form: str) -> tuple[int, Json, str]:
        """Answer a request: status, body, and where to go (for the browser)."""
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query)
        tenant = path.split("/")[1]
        fields = {key: values[0] for key, values in parse_qs(form).items()}
        if path.endswith("/openid-configuration"):
            return 200, _metadata(f"{base}/{tenant}"), ""
        if path.endswith("/discovery/instance"):
            return 200, {"tenant_discovery_endpoint": f"{base}/{TENANT}/v2.0/.well-known/"}, ""
        if path.endswith("/authorize"):
            return self._authorize(query)
        if path.endswith("/devicecode"):
            return 200, self._device(base), ""
        if path.endswith("/token"):
            with self._lock:
                status, body = self._token(base, fields)
            return status, body, ""
        return 404, {"error": "unknown", "error_description": f"{method} {path}"}, ""

    def _authorize(self, query: dict[str, list[str]]) -> tuple[int, Json, str]:
        code = secrets.token_urlsafe(12)
        self._codes[code] = query.get("nonce", [""])[0]
        given = {"code": code, "state": query["state"][0]}
        return 302, {}, f"{query['redirect_uri'][0]}?{urlencode(given)}"

    def _device(self, base: str) -> Json:
        code = secrets.token_urlsafe(12)
        self._codes[code] = ""
        return {
            "device_code": code,
            "user_code": "ABCD-1234",
            "verification_uri": f"{base}/device",
            "expires_in": 900,
            "interval": 1,
            "message": "Open the page and enter ABCD-1234.",
        }

    def _token(self, base: str, fields: dict[str, str]) -> tuple[int, Json]:
        grant = fields.get("grant_type", "")
        self.grants.append(grant)
        if self.refuse:
            return 400, _refusal(self.refuse)
        match grant:
            case "client_credentials":
                asserted = fields.get("client_assertion", "").count(".") == 2
                if not asserted and fields.get("client_secret") != self.client_secret:
                    return 401, _refusal("invalid_client", "AADSTS7000215")
                return 200, self._given(base, fields, person=False)
            case "authorization_code":
                nonce = self._codes.pop(fields.get("code", ""), None)
                if nonce is None:
                    return 400, _refusal("invalid_grant", "AADSTS70008")
                return 200, self._given(base, fields, nonce=nonce)
            case "refresh_token":
                if fields.get("refresh_token") not in self._refresh:
                    return 400, _refusal("invalid_grant", "AADSTS700082")
                return 200, self._given(base, fields)
        if grant.endswith("device_code"):
            if fields.get("device_code") not in self._codes:
                return 400, _refusal("expired_token", "AADSTS70020")
            if self.pending > 0:
                self.pending -= 1
                return 400, _refusal("authorization_pending", "AADSTS70016")
            return 200, self._given(base, fields)
        return 400, _refusal("unsupported_grant_type", "AADSTS70003")

    def _given(
        self, base: str, fields: dict[str, str], *, person: bool = True, nonce: str = ""
    ) -> Json:
        token = f"token-{secrets.token_urlsafe(16)}"
        self._valid.add(token)
        self.given.append(token)
        answer: Json = {
            "token_type": "Bearer",
            "expires_in": self.life_s,
            "ext_expires_in": self.life_s,
            "access_token": token,
            "scope": fields.get("scope", ""),
        }
        if not person:
            return answer
        refresh = f"refresh-{secrets.token_urlsafe(16)}"
        self._refresh.add(refresh)
        self.given.append(refresh)
        now = int(time.time())
        claims = {
            "aud": fields["client_id"],
            "iss": f"{base}/{TENANT}/v2.0",
            "iat": now - 10,
            "nbf": now - 10,
            "exp": now + _LIFE_S,
            "sub": _OBJECT,
            "oid": _OBJECT,
            "tid": TENANT,
            "preferred_username": PERSON,
            "ver": "2.0",
        }
        if nonce:
            claims["nonce"] = nonce
        return {
            **answer,
            "refresh_token": refresh,
            "id_token": ".".join((_part({"alg": "none", "typ": "JWT"}), _part(claims), "e30")),
            "client_info": _part({"uid": _OBJECT, "utid": TENANT}),
        }


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _refusal(error: str, code: str = "AADSTS50000") -> Json:
    return {"error": error, "error_description": f"{code}: not given.", "error_codes": [1]}


def _metadata(base: str) -> Json:
    return {
        "issuer": f"{base.rsplit('/', 1)[0]}/{TENANT}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
