"""A chart through the real helm: offline, in bounds, and the same every time."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from controlplane.render.charts import chart_documents
from controlplane.render.errors import FieldPlace, RenderError, RendererUnavailableError
from controlplane.render.helm import HelmCharts, Release, text_faults
from tests.support import binaries
from tests.support.company import golden, golden_path, rendered
from tests.support.waiting import eventually

pytestmark = pytest.mark.requires("helm")

CHART = b"apiVersion: v2\nname: web\nversion: 1.0.0\n"
MAP = b"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  given: {{ .Values.given | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Version }}
"""


def charts() -> HelmCharts:
    return HelmCharts(binaries.need("helm"))


def release(files: dict[str, bytes], **values: Any) -> Release:
    place = FieldPlace("Tenant", "acme", ("spec", "packs", 0))
    return Release("web", "acme-prod", "catalog/web/chart", files, values, place)


def refused(files: dict[str, bytes], **values: Any) -> tuple[str, str, str]:
    with pytest.raises(RenderError) as caught:
        charts().render(release(files, **values))
    (fault,) = caught.value.faults
    return fault.code, str(fault.place), fault.message


def test_values_reach_the_chart_and_the_version_of_kubernetes_is_fixed() -> None:
    text = charts().render(release({"Chart.yaml": CHART, "templates/map.yaml": MAP}, given="a b"))
    ((path, document),) = chart_documents(text, "catalog/web/chart")
    assert path == "catalog/web/chart/templates/map.yaml"
    assert document.body["metadata"] == {"name": "web", "namespace": "acme-prod"}
    assert document.body["data"] == {"given": "a b", "kubernetes": "v1.35.0"}


EVERYTHING = b"""\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Chart.Name }}-all}
data:
  all: {{ print . (list .Chart .Capabilities) | quote }}
  known: {{ .Chart.Version }} {{ .Capabilities.KubeVersion.GitVersion }} {{ .Files.Get "files/templates/a" }}
  served: {{ .Capabilities.APIVersions.Has "apps/v1" | quote }}
"""


def test_no_address_is_in_what_a_chart_writes() -> None:
    """It would be another each time, and a chart could go by it."""
    files = {
        "Chart.yaml": CHART + b"maintainers: [{name: ada}]\n",
        "files/templates/a": b"as it is",
        "charts/inner/Chart.yaml": CHART.replace(b"web", b"inner"),
        **{
            f"{chart}templates/{name}.yaml": mark
            + EVERYTHING.replace(b"-all", b"-" + name.encode())
            for chart in ("", "charts/inner/")
            for name, mark in (("a", b""), ("b", b"\xef\xbb\xbf"))
        },
    }
    text = charts().render(release(files))
    assert text.count("known: 1.0.0 v1.35.0 as it is") == 2
    assert text.count('served: "true"') == 4
    assert "0x" not in text
    assert charts().render(release(files)) == text


LOCAL = MAP.replace(
    b"{{ .Values.given | quote }}", b'"{{ (toDate "2006-01-02" "2024-01-01").Unix }}"'
)


def test_the_time_zone_of_the_machine_is_not_in_what_a_chart_writes(
    tmp_path: Path,
) -> None:
    zone = tmp_path / "helm"  # as where /etc/localtime says so, which helm reads without TZ
    real = binaries.need("helm")
    zone.write_text(f'#!/bin/sh\nTZ="${{TZ-Asia/Tokyo}}" exec {real} "$@"\n')
    zone.chmod(0o755)
    files = {"Chart.yaml": CHART, "templates/map.yaml": LOCAL}
    text = HelmCharts(zone).render(release(files))
    assert 'given: "1704067200"' in text


EVERYWHERE = b"""\
{{- range $index, $text := .Values.texts }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: text-{{ $index }}
plain: {{ $text }}
quoted: {{ $text | quote }}
amid: a/{{ $text }}/b
list:
- {{ $text }}
- name: {{ $text }}
block: |
  {{ $text }}
{{- end }}
"""


def test_no_text_that_is_given_to_a_chart_changes_what_it_writes() -> None:
    chance = random.Random(7)
    letters = "aZ09 ._/@%+=~-:" * 4 + "#,'\"{}[]&*!|>\n\t"
    drawn = ["".join(chance.choices(letters, k=chance.randrange(1, 9))) for _ in range(20_000)]
    # What begins like a number may be one without quotes; the strict reader says so.
    safe = {text for text in drawn if not list(text_faults(release({}, given=text)))}
    texts = sorted(text for text in safe if text[0] in "aZ")[:400]
    given = release({"Chart.yaml": CHART, "templates/all.yaml": EVERYWHERE}, texts=texts)
    found = chart_documents(charts().render(given), "root")
    assert len(texts) == len(found) == 400
    for text, (_, document) in zip(texts, found, strict=True):
        body = document.body
        assert set(body) == {
            "apiVersion", "kind", "metadata", "plain", "quoted", "amid", "list", "block"
        }  # fmt: skip
        assert body["quoted"] == text
        assert str(body["plain"]) == str(body["list"][0]) == text
        assert [type(item) for item in body["list"][1:]] == [dict]
        assert list(body["list"][1]) == ["name"]


def test_the_same_release_is_the_same_text() -> None:
    given = release({"Chart.yaml": CHART, "templates/map.yaml": MAP}, given="x")
    assert charts().render(given) == charts().render(given)


def test_what_helm_refuses_is_said_with_its_place_and_without_a_path_of_this_machine() -> None:
    broken = MAP.replace(b".Values.given", b'required "say what" .Values.given')
    code, place, message = refused({"Chart.yaml": CHART, "templates/map.yaml": broken})
    assert (code, place) == ("chart", "catalog/web/chart/templates/map.yaml:7")
    assert "say what" in message
    assert "/tmp" not in message


def test_a_dependency_that_is_not_in_the_chart_is_refused_not_fetched() -> None:
    needs = CHART + b"dependencies:\n- {name: db, version: 1.0.0, repository: https://c.example}\n"
    code, place, message = refused({"Chart.yaml": needs, "templates/map.yaml": MAP}, given="x")
    assert (code, place) == ("chart", "catalog/web/chart/Chart.yaml:1")
    assert "db" in message


def test_output_without_end_is_refused() -> None:
    loop = b"{{ range $i := until 400000 }}\n# {{ $i }} 0123456789\n{{ end }}\na: b\n"
    assert refused({"Chart.yaml": CHART, "templates/map.yaml": loop})[0] == "chart-size"


def test_a_helm_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "helm"
    marker = tmp_path / "pid"
    slow.write_text(f"#!/bin/sh\necho $$ > {marker}\nexec sleep 600\n")
    slow.chmod(0o755)
    with pytest.raises(RendererUnavailableError) as caught:
        HelmCharts(slow, seconds=0.5).render(release({"Chart.yaml": CHART}))
    assert caught.value.retry_after is not None
    process = Path("/proc") / marker.read_text().strip()
    assert eventually(lambda: not process.exists())


def test_helm_sees_nothing_of_this_machines_environment(tmp_path: Path) -> None:
    spy = tmp_path / "helm"
    spy.write_text("#!/bin/sh\nexport -p\n")
    spy.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", "http://proxy.example")
        patch.setenv("KUBECONFIG", "/home/somebody/.kube/config")
        text = HelmCharts(spy).render(release({"Chart.yaml": CHART}))
    assert "proxy.example" not in text
    assert "KUBECONFIG" not in text
    assert "HELM_NO_PLUGINS" in text


def test_a_suspended_tenant_with_a_chart_comes_out_as_it_must() -> None:
    placement = rendered("harbor-travel")["harbor-travel/prod@us-east-1"]
    assert golden(placement) == golden_path(placement).read_bytes()
