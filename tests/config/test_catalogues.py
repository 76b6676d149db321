"""Catalogues are compiled where they changed, whole, and without msgfmt."""

import gettext
import os

import pytest

from config import catalogues, env, prepare

PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "登录"\nmsgstr "{word}"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "en").mkdir()
    monkeypatch.setattr(catalogues, "FOLDERS", [tmp_path])
    return tmp_path / "en"


def said(folder) -> str:
    with (folder / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file).gettext("登录")


def test_what_changed_is_compiled_anew_and_the_rest_is_left_alone(folder):
    po = folder / "django.po"
    po.write_text(PO.format(word="Sign in"))
    assert (catalogues.compile_all(), said(folder), catalogues.compile_all()) == ([po], "Sign in", [])
    po.write_text(PO.format(word="Log in"))
    os.utime(po, (po.stat().st_atime, po.stat().st_mtime + 1))
    assert (catalogues.compile_all(), said(folder)) == ([po], "Log in")
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]


def test_where_nothing_may_be_written_the_start_says_so(folder, monkeypatch):
    def refuse() -> None:
        raise PermissionError(13, "Permission denied", "locale/en")

    monkeypatch.setattr(catalogues, "compile_all", refuse)
    with pytest.raises(env.ConfigurationError, match=r"config\.catalogues"):
        prepare._compile_catalogues()
