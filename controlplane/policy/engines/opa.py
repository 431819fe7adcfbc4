"""The OPA engine: Rego evaluated by an OPA server, given by URL or started by us.

Decides what is put into the server, and that nothing else takes part: the text in OPA equals the
text in Git before and after the run, and no module of anybody else stands in our packages. Where a
server began with just these texts, nothing is put and nothing taken out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import requests

from controlplane.errors import UsageError
from controlplane.policy.engine import Machine, PolicyEngine, Unanswered
from controlplane.policy.engines import opa_command
from controlplane.policy.engines.asking import PoliciesByEntry
from controlplane.policy.engines.opa_address import (
    DEFAULT,
    FAILURES,
    UNREACHED,
    Address,
    Settings,
    address_of,
    closing,
    ready,
    wrapped,
)
from controlplane.policy.engines.opa_server import OwnServer
from controlplane.policy.engines.opa_session import TooLargeError, unreached
from controlplane.policy.entries import PACKAGE, entries, given
from controlplane.policy.errors import EngineError, EngineUnavailableError, PolicyLoadError
from controlplane.policy.model import Cause, PolicyBundle, PolicyModule
from controlplane.values import Position, Problem
from evidence.canonical import Json, canonical, digest_bytes

DATA = "data.json"  # OPA reads a file of this name as data
OURS = ("controlplane", PACKAGE, "parameters")


class OpaEngine(PolicyEngine):
    """Rego by OPA: `url` of a server, else `binary` to start one for each bundle."""

    name: ClassVar[str] = "opa"

    def __init__(self, *, url: str = "", binary: Path | None = None, settings: Settings = DEFAULT):
        """Raises UsageError for a URL that cannot be one, or where neither is given."""
        if not url and binary is None:
            raise UsageError(
                "the OPA engine needs a server or a binary",
                remedy="set CPCTL_OPA_URL, put `opa` on PATH, or use --engine embedded",
            )
        self._address = address_of(url) if url else None
        self._binary, self._settings = binary, settings

    def version(self) -> str:
        """Return OPA's version, as the binary or the server says it."""
        if self._address is None:
            assert self._binary is not None  # noqa: S101 - one of the two, see __init__
            return f"opa {opa_command.version(self._binary)}"
        client = self._address.client(self._settings)
        with closing(client), wrapped("asking for the version"):
            answer = client.ad_hoc_query("x := opa.runtime().version")
            return f"opa {answer['result'][0]['x']}"

    def prepare(self, bundle: PolicyBundle) -> OpaPolicies:
        """Put the bundle into the server.

        Raises PolicyLoadError where OPA refuses it, EngineError where others are in its way.
        """
        if self._address is not None:
            return OpaPolicies(bundle, self._address, self._settings, None)
        assert self._binary is not None  # noqa: S101 - one of the two, see __init__
        settings = self._settings
        modules = (*bundle.modules, entries(bundle).module)
        held = {module.path: module.text for module in modules}
        held[DATA] = json.dumps({"parameters": bundle.data["parameters"]})
        server = OwnServer(
            self._binary,
            lambda port, mark: ready(port, mark, settings),
            settings.start_seconds,
            held,
        )
        try:
            return OpaPolicies(bundle, Address("127.0.0.1", server.port), self._settings, server)
        except BaseException:
            server.stop()
            raise


def on_machine(machine: Machine) -> OpaEngine:
    """Return the engine for the server of CPCTL_OPA_URL, else for the `opa` of this machine."""
    url = machine.environment.get("CPCTL_OPA_URL", "")
    binary = None if url else machine.program("opa")
    if not url and binary is None:
        raise EngineUnavailableError(
            "OPA is not at hand: CPCTL_OPA_URL is not set and `opa` is not on PATH",
            remedy="set CPCTL_OPA_URL, install OPA (`make tools`), or use --engine embedded",
        )
    return OpaEngine(url=url, binary=binary)


class OpaPolicies(PoliciesByEntry):
    """A bundle in a server."""

    def __init__(
        self, bundle: PolicyBundle, address: Address, settings: Settings, own: OwnServer | None
    ) -> None:
        """Put every module there, unless the server began with them; read them back."""
        super().__init__(bundle)
        self._own = own
        self._client = address.client(settings)
        if own is not None:
            self._client._session.trust_env = False  # loopback is never behind a proxy
        prefix = "" if own else f"cpctl/{bundle.digest.removeprefix('sha256:')[:16]}/"
        modules = (*bundle.modules, self.entries.module)
        self._modules = {f"{prefix}{module.path}": module for module in modules}
        self._put: list[str] = []
        try:
            if own is None and not self._adopt():
                self._load()
            self.verify()
        except BaseException:
            self._remove()
            self._client.close_connection()
            raise

    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        """Ask the server; undefined is an answer without `result`."""
        document = given(json.loads(envelope), digest_bytes(envelope))
        try:
            answer = self._client.query_rule(
                document, PACKAGE, entry, query_params={"strict-builtin-errors": "true"}
            )
        except requests.Timeout as error:
            return Unanswered(Cause.TIMEOUT, str(error))
        except requests.HTTPError as error:
            return Unanswered(Cause.ERROR, _body(error.response))
        except (TooLargeError, ValueError) as error:  # no JSON, no UTF-8, no address to go on to
            return Unanswered(Cause.MALFORMED, str(error))
        except requests.RequestException as error:  # also of an answer that breaks off
            words = unreached(error) if isinstance(error, requests.ConnectionError) else str(error)
            return Unanswered(Cause.CRASH, words)
        if not isinstance(answer, dict) or "result" not in answer:
            return Unanswered(Cause.UNDEFINED, "the entry is undefined")
        return answer["result"]

    def verify(self) -> None:
        """Raise EngineError unless the server holds our text, our data and nothing beside it."""
        with wrapped("reading the policies back"):
            for name, module in self._modules.items():
                if self._raw(name) != module.text:
                    raise _changed(f"{module.path} in OPA is not the text in Git")
            if canonical(self._data()) != canonical(self.bundle.data["parameters"]):
                raise _changed("data.parameters in OPA are not the parameters of the repository")
        self._refuse_foreign()

    def close(self) -> None:
        """Take out what was put in, or end the server; raises EngineError where it was changed."""
        try:
            if self._own is None or self._own.is_running():
                self.verify()
        finally:
            if self._own is None:
                self._remove()
            else:
                self._own.stop()
            self._client.close_connection()

    def _adopt(self) -> bool:
        """Go by what the server began with, as from a bundle, if that is all of ours; else False.

        OPA compiles everything anew at each module that is put or taken out. What bears a name that
        we give is none of it: a run that was killed left that, and it is to be taken out.
        """
        texts = {module.text: module for module in self._modules.values()}
        with wrapped("listing the policies"):
            names = [name for name, package in self._listed() if package in OURS]
            if len(names) != len(self._modules) or self._modules.keys() & set(names):
                return False
            held = [self._raw(name) for name in names]
            if set(held) != texts.keys() or len(texts) != len(names):
                return False
        self._modules = {name: texts[text] for name, text in zip(names, held, strict=True)}
        return True

    def _load(self) -> None:
        self._refuse_foreign()
        with wrapped("putting the policies"):
            self._refuse_data()
            self._put.append("data")
            self._client.update_or_create_data(self.bundle.data["parameters"], "parameters")
            for name, module in _libraries_first(self._modules):
                self._put.append(name)
                self._put_module(name, module)

    def _put_module(self, name: str, module: PolicyModule) -> None:
        try:
            self._client.update_policy_from_string(module.text, name, rego_compat=False)
        except FAILURES as error:
            paths = {each: module.path for each, module in self._modules.items()}
            found = opa_command.located(getattr(error, "errors", ()), paths)
            raise PolicyLoadError(found or [_refusal(module, str(error))]) from error

    def _refuse_foreign(self) -> None:
        with wrapped("listing the policies"):
            listed = self._listed()
        for name, package in listed:
            if name not in self._modules and package in OURS:
                raise EngineError(
                    f"the OPA server holds {name}, whose package {package} is ours",
                    remedy="let the other run finish; if it was killed, start the server anew, "
                    "which forgets that; or give each run its own: unset CPCTL_OPA_URL and put "
                    "`opa` on PATH",
                )

    def _raw(self, name: str) -> Json:
        """Return the text of a policy; a name from a bundle may begin with a slash."""
        return self._client.get_policy(quote(name, safe="")).get("result", {}).get("raw")

    def _listed(self) -> list[tuple[str, str]]:
        """Return the name of each policy in the server, and the root of its package."""
        return [
            (name, str(about.get("path", "")).partition("/data/")[2].split("/")[0])
            for name, about in self._client.get_policies_info().items()
        ]

    def _refuse_data(self) -> None:
        held = self._data()
        if held is not None and canonical(held) != canonical(self.bundle.data["parameters"]):
            raise EngineError(
                "the OPA server holds other data under data.parameters",
                remedy="use a server of its own: unset CPCTL_OPA_URL and put `opa` on PATH",
            )

    def _data(self) -> Json | None:
        try:
            return self._client.get_data("parameters").get("result")
        except FAILURES:
            return None

    def _remove(self) -> None:
        # Dependants first: OPA compiles what is left after each deletion.
        for name in reversed(self._put):
            with contextlib.suppress(*UNREACHED):
                if name == "data":
                    self._client.delete_data("parameters")
                else:
                    self._client.delete_policy(name)
        self._put.clear()


def _libraries_first(modules: Mapping[str, PolicyModule]) -> list[tuple[str, PolicyModule]]:
    """Return the modules so that each comes after those it imports."""
    order = {"policies/lib/": 0, "policies/": 1}
    return sorted(
        modules.items(),
        key=lambda item: next((n for p, n in order.items() if item[1].path.startswith(p)), 2),
    )


def _changed(what: str) -> EngineError:
    return EngineError(
        f"{what}: somebody else writes to this server",
        remedy="use a server of its own: unset CPCTL_OPA_URL and put `opa` on PATH",
    )


def _refusal(module: PolicyModule, words: str) -> Problem:
    text = f"OPA refuses this: {words[:300]}"
    return Problem(Position(module.path), "rego/refused", text, opa_command.PORTABLE)


def _body(response: Any) -> str:
    return str(response.text)[:2000] if response is not None else "no answer"
