"""What stands before helm: values that are safe as text, charts whose answer never varies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render import charts, helm
from controlplane.render.errors import FieldPlace, RenderError, RendererUnavailableError

PLACE = FieldPlace("Tenant", "acme", ("spec", "packs", 0, "config"))


def release(template: str = "", **values: Any) -> helm.Release:
    files = {"Chart.yaml": b"", "templates/a.yaml": template.encode()}
    return helm.Release("p", "acme-prod", "catalog/p/chart", files, values, PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a: b",
        "a #b",
        "{{ x }}",
        '"',
        "'",
        "- a",
        "[a]",
        "a, b",
        "*a",
        "&a",
        "!a",
        "a:",
        "\t",
        "é",
        "|",
    ],
)
def test_a_text_that_could_change_the_structure_is_refused(text: str) -> None:
    found = list(helm.text_faults(release(a={"b": [text]})))
    assert [str(fault.place) for fault in found] == ["Tenant/acme spec.packs[0].config.a.b[0]"]


@pytest.mark.parametrize("text", ["", "a", "10:30", "https://example.com/a?b", "a b-c_d.e/f@g"])
def test_an_honest_text_is_taken(text: str) -> None:
    expected = [] if "?" not in text else [PLACE.identity]
    assert [
        f.place.identity
        for f in helm.text_faults(release(a=text))
        if isinstance(f.place, FieldPlace)
    ] == expected


@given(st.from_regex(helm._TEXT, fullmatch=True))
def test_a_text_that_is_taken_is_one_plain_scalar(text: str) -> None:
    assert "\n" not in text
    assert ": " not in text
    assert " #" not in text
    assert not text.endswith(":")
    assert text[0].isalnum() or text[0] == "/"


def test_keys_are_held_to_the_same() -> None:
    assert len(list(helm.text_faults(release(**{"a: b": 1})))) == 1


@pytest.mark.parametrize(
    "call",
    ["now", "randAlphaNum 5", "genCA `x` 1", "uuidv4", 'lookup "v1" "Pod" "" ""', "tpl .x ."],
)
def test_a_call_whose_answer_varies_is_refused_with_its_line(call: str) -> None:
    found = list(helm.purity_faults(release("a: 1\nb: {{ " + call + " }}\n")))
    assert [str(fault.place) for fault in found] == ["catalog/p/chart/templates/a.yaml:2"]


@pytest.mark.parametrize(
    "text", ["{{/* not now */}}", "now: 1", '{{ default "now" .Values.x }}', "{{ .Values.known }}"]
)
def test_a_word_that_is_no_call_is_left_alone(text: str) -> None:
    assert list(helm.purity_faults(release(text))) == []


def test_without_helm_nothing_is_known() -> None:
    with pytest.raises(RendererUnavailableError) as caught:
        helm.HelmCharts(None).render(release())
    assert caught.value.exit_code == 4
    assert "make tools" in caught.value.remedy


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
def test_a_chart_cannot_write_outside_of_its_folder(tmp_path: Path, path: str) -> None:
    hostile = helm.Release("p", "n", "root", {path: b""}, {}, PLACE)
    with pytest.raises(RenderError):
        helm._written(tmp_path, hostile)


@pytest.mark.parametrize(
    "template",
    [
        '{{ print "}}" now }}',
        '{{ "{{/*" }}{{ now }}{{ "*/}}" }}',
        "{{ `}}` | cat now }}",
        "{{ '\\'' | print now }}",
        '{{ htmlDateInZone "x" "UTC" }}',
        '{{ durationRound (toDate "2006-01-02" "2020-01-01") }}',
        "{{ keys .Values.a | first }}",
        "{{ keys .Values.a | first | sortAlpha }}",
        "{{ first (keys .Values.a) | sortAlpha }}",
        "{{ list (keys .Values.a) | sortAlpha }}",
        "{{ $a := list (keys .Values.a) | sortAlpha }}",
        "{{ keys now | sortAlpha }}",
        '{{ printf "%p" .Values }}',
        '{{ printf "%[1]p" .Values }}',
        '{{ printf "%\\x70" .Values }}',
        '{{ printf (print "%" "p") .Values }}',
        "{{ printf $format .Values }}",
        '{{ printf "%d" (list (semver "1.2.3")) }}',
        "{{ values .Values.a | first }}",
        '{{ "never closed',
    ],
)
def test_an_impure_call_cannot_hide(template: str) -> None:
    code = f"{template} {{{{ now }}}}" if "closed" in template else template
    assert list(helm.purity_faults(release(code)))


@pytest.mark.parametrize(
    "template",
    [
        "{{/* now }} */}}",
        "{{- /* now */ -}}",
        '{{ "now" }}',
        "{{ keys .Values.a | sortAlpha | join }}",
        "{{ (keys .Values.a) | sortAlpha }}",
        "{{- range $k := keys .Values.a $.Values.b | sortAlpha }}",
        "{{ range (keys .Values.a) | sortAlpha }}",
        '{{ printf "%s-%d" .Values.a 1 | quote }}{{ "printf" }}',
        '{{ semverCompare ">=1.2" .Values.a }}',
        "{{ .Values.keys }}{{ $values }}",
        "now",
    ],
)
def test_a_word_that_is_no_call_is_taken(template: str) -> None:
    assert not list(helm.purity_faults(release(template)))


def test_an_archive_among_the_subcharts_is_refused() -> None:
    files = {"Chart.yaml": b"", "charts/s.tgz": b"", "files/data.tgz": b""}
    found = helm.purity_faults(helm.Release("p", "n", "catalog/p", files, {}, PLACE))
    assert [str(fault.place) for fault in found] == ["catalog/p/charts/s.tgz:1"]


def test_a_program_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    (tmp_path / "helm").write_text("")
    with pytest.raises(RendererUnavailableError, match="cannot be started"):
        helm.HelmCharts(tmp_path / "helm").render(release())


def test_output_that_is_not_utf8_is_a_fault_of_the_chart(tmp_path: Path) -> None:
    program = tmp_path / "helm"
    program.write_bytes(b"#!/bin/sh\nprintf '\\377'\n")
    program.chmod(0o755)
    with pytest.raises(RenderError, match="UTF-8"):
        helm.HelmCharts(program).render(release())


def test_no_document_of_a_chart_is_lost() -> None:
    text = "---\n# Source: c/templates/a b.yaml\nkind: A\n"
    assert [path for path, _ in charts.chart_documents(text, "r")] == ["r/templates/a b.yaml"]
    with pytest.raises(RenderError, match="of no file"):
        charts.chart_documents("kind: A\n", "r")
