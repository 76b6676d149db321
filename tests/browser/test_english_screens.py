"""English words are longer than Chinese ones: no screen of officers and owners runs off the smallest phone for it, with
text at twice its size. What holds then holds at the usual size; sizes of targets are looked at in Chinese."""

import pytest
from playwright.sync_api import Page

from tests.browser import screens, world
from tests.browser.harness import Chromium, cookie_of
from tests.browser.test_small_screens import LOOK, TWICE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def chrome(chromium: str):
    started = Chromium(chromium, TWICE)
    yield started
    started.close()


@pytest.fixture
def look_at(chrome, live_server):
    def look(page: Page) -> list[str]:
        assert page.get_attribute("html", "lang") == "en"
        return page.evaluate(LOOK)

    def walk(shown, client=None):
        cookies = [{"name": "language", "value": "en", "url": live_server.url}]
        cookies += [cookie_of(client, live_server.url)] if client else []
        return screens.walk(
            chrome, shown, look, address=live_server.url, cookies=cookies, reduced_motion="reduce"
        )

    return walk


def test_the_screens_of_an_officer_hold_in_english(cast, web, look_at):
    made = world.of(cast)
    found = look_at(screens.of_officer(made), web(cast.officer))
    assert found | look_at(screens.of_new_officer(made), web(cast.officer2)) == {}


def test_the_screens_of_an_owner_hold_in_english(cast, look_at):
    assert look_at(screens.of_owner(world.of(cast))) == {}
