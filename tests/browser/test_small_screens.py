"""On the smallest phone, and with text at twice its size, nothing scrolls sideways, is cut off, covered or too small."""

import pytest
from playwright.sync_api import Page

from tests.browser import screens, world
from tests.browser.harness import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What a person set as text size in the browser or the phone; `rem` and the `em` of media queries follow it.
TWICE = "--blink-settings=defaultFontSize=32,defaultFixedFontSize=26"

# Left out on purpose: links inside running text (WCAG 2.5.8 lets them be a line high), what only exists for the keyboard
# (skip link), and a receipt chip, whose invisible edge takes the thumb (parts.css `button.chip::before`).
LOOK = """() => {
  const problems = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) problems.push(`scrolls sideways by ${root.scrollWidth - root.clientWidth} px`);
  const name = (one) => `${one.tagName.toLowerCase()}${[...one.classList].map((part) => "." + part).join("")}`
    + ` «${(one.innerText || one.value || one.name || "").trim().slice(0, 20)}»`;
  const scrolls = (one) => one && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const isSeen = (one) => one.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true })
    && one.getClientRects().length && !one.closest(".skip-link, .visually-hidden");
  const LEAST = 43.5;
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!isSeen(one)) continue;
    const owner = (one.matches("input[type=checkbox], input[type=radio], input[type=file]") && one.closest("label")) || one;
    const isInline = getComputedStyle(owner).display === "inline";
    if (owner.getBoundingClientRect().width < 2) continue;
    owner.scrollIntoView({ block: "center", behavior: "instant" });
    const at = owner.getBoundingClientRect();
    if ((at.left < -0.5 || at.right > root.clientWidth + 0.5) && !scrolls(owner.parentElement)) problems.push(`cut off: ${name(owner)}`);
    if (owner.matches("button:not(.chip), .button") && owner.scrollWidth > owner.clientWidth + 1) problems.push(`words do not fit: ${name(owner)}`);
    if (isInline || owner.matches("button.chip")) continue;
    if (at.height < LEAST || at.width < LEAST) problems.push(`${Math.round(at.width)}×${Math.round(at.height)} px: ${name(owner)}`);
    const middle = document.elementFromPoint(
      Math.min(Math.max(at.left + at.width / 2, 1), root.clientWidth - 1), Math.min(Math.max(at.top + at.height / 2, 1), innerHeight - 1));
    const isOwn = middle && (owner.contains(middle) || middle.contains(one) && middle.matches("label, fieldset"));
    if (!isOwn && !scrolls(owner.parentElement)) problems.push(`covered: ${name(owner)} by ${middle ? name(middle) : "nothing"}`);
  }
  return [...new Set(problems)];
}"""


@pytest.fixture(scope="module", params=["", TWICE], ids=["16px", "32px"])
def chrome(request, chromium: str):
    started = Chromium(chromium, *filter(None, [request.param]))
    yield started
    started.close()


@pytest.fixture
def look_at(chrome, live_server):
    def look(page: Page) -> list[str]:
        return page.evaluate(LOOK)

    def walk(shown, client=None):
        return screens.walk(
            chrome, shown, look, address=live_server.url, client=client, reduced_motion="reduce"
        )

    return walk


def test_the_screens_of_an_officer_hold(cast, web, look_at):
    made = world.of(cast)
    found = look_at(screens.of_officer(made), web(cast.officer))
    assert found | look_at(screens.of_new_officer(made), web(cast.officer2)) == {}


def test_the_screens_of_an_owner_hold(cast, look_at):
    assert look_at(screens.of_owner(world.of(cast))) == {}


def test_a_bad_page_is_found(chrome, look_at):
    """The harness itself: too wide, too small, too long for its button, covered."""

    def spoil(page: Page) -> None:
        page.evaluate("""() => {
          document.querySelector("main").insertAdjacentHTML("afterbegin", `<div id="wide">.</div><button id="small">小</button>
            <button id="long" class="button">很长很长的一句话</button><button id="under" class="button">盖住</button><div id="over"></div>`);
          const styled = { wide: "width: 50rem", small: "width: 20px; height: 20px; padding: 0",
            long: "width: 3em; white-space: nowrap; overflow: hidden", under: "width: 100%",
            over: "height: 10rem; margin-top: -9rem; position: relative; background: red" };
          for (const [id, css] of Object.entries(styled)) document.getElementById(id).style.cssText = css; }""")

    found = look_at([screens.Screen("spoilt", "/sign-in/", spoil)])["spoilt"]
    seen = [
        any(word in said for said in found)
        for word in ("sideways", "20×20", "words do not fit", "covered: button.button «盖住»")
    ]
    assert seen == [True] * 4


def test_text_is_as_large_as_the_person_set_it(chrome, live_server, request):
    wanted = "32px" if "32px" in request.node.name else "16px"

    def story(page: Page) -> str:
        page.goto(f"{live_server.url}/sign-in/")
        return page.evaluate("() => getComputedStyle(document.body).fontSize")

    assert chrome.tell(story) == wanted
