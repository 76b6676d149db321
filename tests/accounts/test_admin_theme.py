"""The admin speaks Chinese: the theme's own words are translated, and the compiled catalogue is the written one."""

import gettext
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.lending.bank_decision import stage

CATALOGUE = Path(__file__).resolve().parents[2] / "accounts/theme_words/zh_Hans/LC_MESSAGES/django.po"
LATIN = re.compile(r"[A-Za-z]{3,}")
# names, codes and what is not for eyes
KNOWN = {"Doorstep", "CSV", "esc", "DEMO", "invalid", "test", "English"}  # English: the switch


def written() -> dict[str, str]:
    """msgid → msgstr of the .po, which holds nothing but plain entries."""
    text = re.sub(r'"\n"', "", CATALOGUE.read_text())
    pairs = re.findall(r'^msgid "(.*)"\nmsgstr "(.*)"$', text, re.MULTILINE)
    return {key.replace('\\"', '"'): value.replace('\\"', '"') for key, value in pairs if key}


def test_the_compiled_catalogue_is_the_written_one():
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    assert {key: value for key, value in compiled.items() if key} == written()


class Words(HTMLParser):
    """What a person reads on a page, without the names of icons."""

    def __init__(self) -> None:
        super().__init__()
        self.found, self.skipped = [], []

    def handle_starttag(self, tag, attrs) -> None:
        is_icon = "material-symbols-outlined" in (dict(attrs).get("class") or "")
        is_inside = bool(self.skipped) and tag == self.skipped[-1]
        if is_icon or is_inside or tag in ("script", "style", "code"):
            self.skipped.append(tag)

    def handle_endtag(self, tag) -> None:
        if self.skipped and tag == self.skipped[-1]:
            self.skipped.pop()

    def handle_data(self, data) -> None:
        if not self.skipped:
            self.found += LATIN.findall(data)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("bank", "/admin/"), ("bank", "/admin/lending/recommendation/?q=x"), ("bankhead", "/admin/lending/recommendation/"),
        ("bank", "/admin/lending/recommendation/?tab=withdrawn"), ("secadmin", "/admin/axes/accessattempt/"),
        ("sysadmin", "/admin/"), ("sysadmin", "/admin/accounts/user/add/"), ("sysadmin", "/admin/accounts/organisation/?q=x"), ("auditor", "/admin/admin/logentry/"),
        ("auditor", "/admin/lending/event/"),
    ],
)  # fmt: skip
def test_a_page_of_the_admin_has_no_english_left_over(cast, web, person, path):
    stage.push(cast)
    reader = Words()
    reader.feed(web(getattr(cast, person)).get(path).content.decode())
    named = {person, "bank", "panel", "officer"}
    is_digest = re.compile("[a-f]+$").match
    left = {word for word in reader.found if word not in KNOWN | named and not is_digest(word)}
    assert left == set()
