"""What a credentials reference means on this machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from controlplane.errors import UsageError
from controlplane.settings import Connection, combine, parse_option, read
from reconciler.targets.directory.target import DirectoryTarget

ROOT = Path(__file__).parents[3]


def test_a_file_says_what_a_name_means() -> None:
    document = {"connections": {"eu": {"kind": "kubernetes", "kubeconfig": "/k", "context": "c"}}}
    connections = combine(read(document, "file"), [])
    assert connections.of("eu") == Connection("kubernetes", {"kubeconfig": "/k", "context": "c"})


def test_an_option_goes_before_the_file_and_a_name_before_the_star() -> None:
    file = read({"connections": {"eu": {"kind": "directory", "path": "/a"}}}, "file")
    connections = combine(file, ["eu=kubernetes:/k#admin", "*=directory:out/{name}"])
    assert connections.of("eu") == Connection(
        "kubernetes", {"kubeconfig": "/k", "context": "admin"}
    )
    assert connections.of("us") == Connection("directory", {"path": "out/us"})


def test_a_name_that_means_nothing_here_is_an_error_with_a_remedy() -> None:
    with pytest.raises(UsageError) as error:
        combine({}, []).of("eu")
    assert "eu" in str(error.value)
    assert "--connect" in error.value.remedy


@pytest.mark.parametrize("word", ["nme", "", "Name"])
def test_a_word_that_stands_for_nothing_is_refused(word: str) -> None:
    """Or every target would share a folder that is called so."""
    for given in (
        lambda: parse_option(f"*=directory:out/{{{word}}}"),
        lambda: read({"connections": {"*": {"kind": "directory", "path": f"{{{word}}}"}}}, "file"),
    ):
        with pytest.raises(UsageError, match=rf"`\{{{word}\}}` stands for nothing") as error:
            given()
        assert "{name}" in error.value.remedy


@pytest.mark.parametrize("text", ["", "eu", "eu=", "eu=directory", "eu=directory:", "=directory:x"])
def test_an_option_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_option(text)


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"connections": []}, {"connections": {"eu": "x"}}, {"connections": {"eu": {}}}],
)
def test_a_file_of_another_form_is_refused(document: object) -> None:
    with pytest.raises(UsageError):
        read(document, "file")


def test_the_connection_that_a_new_repository_is_told_to_write_is_one() -> None:
    readme = (ROOT / "scaffolds/repository/README.md").read_text("utf-8")
    (shown,) = re.findall(r"`local: (\{.*?\})`", readme)
    found = read({"connections": {"local": yaml.safe_load(shown)}}, "README.md")["local"]
    assert found.kind == "directory"
    DirectoryTarget.connect("local", found.settings).close()
