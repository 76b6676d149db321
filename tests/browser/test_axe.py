"""axe-core finds nothing wrong on any screen of officers and owners, in light and dark, at 320 and 390 px."""

import pytest
from playwright.sync_api import Page

from tests.browser import screens, world
from tests.browser.harness import Chromium, must_have

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`));
}"""


@pytest.fixture(scope="module")
def chrome(chromium: str):
    started = Chromium(chromium)
    yield started
    started.close()


@pytest.fixture(scope="module")
def axe() -> str:
    return must_have("node_modules/axe-core/axe.min.js").read_text()


@pytest.fixture
def examine(chrome, live_server, axe):
    def look(page: Page) -> list[str]:
        """The page as it stands, light on the smallest phone, and then dark on a larger one."""
        page.evaluate(axe)
        found = page.evaluate(RUN)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        found += [f"{said} (dark)" for said in page.evaluate(RUN)]
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 320, "height": 640})
        return found

    def walk(shown, client=None):
        return screens.walk(
            chrome, shown, look, address=live_server.url, client=client, reduced_motion="reduce"
        )

    return walk


def test_no_screen_of_an_officer_breaks_a_rule(cast, web, examine):
    made = world.of(cast)
    assert examine(screens.of_officer(made), web(cast.officer)) == {}


def test_no_screen_of_an_officer_on_the_first_day_breaks_a_rule(cast, web, examine):
    made = world.of(cast)
    assert examine(screens.of_new_officer(made), web(cast.officer2)) == {}


def test_no_screen_of_an_owner_breaks_a_rule(cast, examine):
    assert examine(screens.of_owner(world.of(cast))) == {}


def test_no_screen_about_suspensions_and_deadlines_breaks_a_rule(cast, web, examine):
    made = world.of(cast)
    found = examine(screens.of_team(made), web(cast.panel))
    assert found | examine(screens.of_clock(made), web(cast.bank)) == {}


def test_a_broken_page_is_found(chrome, live_server, axe, examine):
    """The harness itself: an input without a name and grey on grey do not pass."""

    def spoil(page: Page) -> None:
        page.evaluate("""() => { document.body.innerHTML = '<main><h1 id="pale">走访登记</h1><input></main>';
          document.getElementById("pale").style.cssText = "color: #777; background: #888"; }""")

    found = examine([screens.Screen("spoilt", "/sign-in/", spoil)])
    assert {said.split(":")[0] for said in found["spoilt"]} >= {"label", "color-contrast"}
