"""Asks a gate that is served elsewhere about a step. Whatever is no clear answer is no allow.

An answer counts only if it is about the very commits that were asked about.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from controlplane import direct
from controlplane.errors import IndeterminateError, UsageError
from evidence.canonical import Json

_LARGEST = 16 * 1024 * 1024  # bytes of an answer


@dataclass(frozen=True)
class GateServer:
    """Where `cpctl serve gate` listens, and how it knows us. `seconds` bounds one question."""

    url: str
    token: str = ""
    authority: Path | None = None
    certificate: tuple[Path, Path] | None = None
    seconds: float = 60.0

    def change(self, base: str, head: str, quarantine: str) -> Json:
        """Return the answer about a step.

        Raises IndeterminateError where there is none, with what the server said.
        """
        asked = {"head": head, "quarantine": quarantine, **({"base": base} if base else {})}
        answer = self._post("/v1/changes", asked)
        decision = answer.get("decision") if isinstance(answer, dict) else None
        if not isinstance(decision, dict) or not isinstance(answer.get("allow"), bool):
            raise _no_answer(self.url, "the answer is no decision")
        ends = [decision.get(name, {}).get("commit") for name in ("from", "to")]
        if ends != [base, head]:
            raise _no_answer(self.url, "the answer is about another step")
        return answer

    def _post(self, path: str, value: Json) -> Json:
        request = urllib.request.Request(  # noqa: S310 - https or http, checked when it was named
            self.url.rstrip("/") + path,
            data=json.dumps(value).encode(),
            headers={"Content-Type": "application/json", **self._known()},
            method="POST",
        )
        try:
            answer = direct.ask(request, seconds=self.seconds, largest=_LARGEST, tls=self._tls())
            return json.loads(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise _no_answer(self.url, _said(error)) from error
        except (OSError, ValueError) as error:
            raise _no_answer(self.url, str(error)) from error

    def _known(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _tls(self) -> ssl.SSLContext | None:
        if not self.url.startswith("https:"):
            return None
        made = ssl.create_default_context(cafile=self.authority)
        if self.certificate is not None:
            made.load_cert_chain(*self.certificate)
        return made


def require_url(url: str) -> str:
    """Return an address that can be asked; raises UsageError for any other."""
    if not direct.is_safe(url):
        raise UsageError(
            f"{url} is no address that a gate may be asked at",
            remedy="use https, or http on this machine, without a user in the address",
        )
    return url


def _said(error: urllib.error.HTTPError) -> str:
    try:
        said = json.loads(error.read(_LARGEST))
        return f"{error.code}: {said['detail']}; {said['remedy']}"
    except (ValueError, KeyError, TypeError, OSError):
        return f"it answered {error.code}"


def _no_answer(url: str, words: str) -> IndeterminateError:
    return IndeterminateError(
        f"the gate at {url} gave no decision: {words}",
        remedy="see that `cpctl serve gate` runs there and is ready (/readyz), then try again",
    )
