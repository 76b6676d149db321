"""Every screen of officers and owners, as a table: where it is, who sees it, what to do there before looking.

`walk` takes a browser through some of them and asks `look` at each. SCREENSHOTS=folder keeps a picture of every one.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from lending.sla.letters import tokens
from tests.browser.harness import PHONE, Chromium, cookie_of

OPEN_ALL = "() => { for (const part of document.querySelectorAll('details')) part.open = true; }"
SETTLE_MS = 150
Act = Callable[[Page], None]


@dataclass(frozen=True)
class Screen:
    name: str
    path: str
    act: Act | None = None
    status: int = 200


def walk(
    chrome: Chromium,
    screens: list[Screen],
    look: Callable[[Page], object],
    *,
    address: str,
    client=None,
    **context,
) -> dict[str, object]:
    """{name of the screen: what `look` found there}, leaving out where it found nothing."""

    def story(page: Page) -> dict[str, object]:
        found = {}
        for screen in screens:
            if said := _visit(page, screen, look):
                found[screen.name] = said
        return found

    cookies = [cookie_of(client, address)] if client else []
    facts = {
        "viewport": {"width": 320, "height": 640},
        "base_url": address,
        "cookies": cookies,
        **PHONE,
        **context,
    }
    return chrome.tell(story, **facts)


def _visit(page: Page, screen: Screen, look: Callable[[Page], object]) -> object:
    answer = page.goto(screen.path, wait_until="load")
    if answer.status != screen.status:
        return f"answered {answer.status}"
    if screen.act:
        screen.act(page)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(SETTLE_MS)
    _keep_picture(page, screen.name)
    return look(page)


def _keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        size, scheme = page.evaluate("() => [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
        text = page.evaluate("() => getComputedStyle(document.documentElement).fontSize")
        Path(folder).mkdir(parents=True, exist_ok=True)
        target = f"{re.sub(r'[^a-z0-9]+', '-', name)}-{size}-{text}{'-dark' if scheme else ''}.png"
        page.screenshot(path=Path(folder) / target, full_page=True)


# ---- What is done on a screen before it is looked at ----
def choose(outcome: str) -> Act:
    return lambda page: page.click(f".outcome:has([value={outcome}])")


def click(selector: str) -> Act:
    return lambda page: page.click(selector)


def send(selector: str) -> Act:
    """Send a form as it stands: what is missing is said on the page that comes back."""

    def act(page: Page) -> None:
        with page.expect_navigation(wait_until="load"):
            page.click(selector)

    return act


def send_visit_with_an_amount_in_words(page: Page) -> None:
    choose("need")(page)
    page.fill("[name=amount_wan]", "不到一百")
    page.click("button[form=visit-form]")
    page.wait_for_selector(".field--error")


def send_visit_with_nothing_but_a_need(page: Page) -> None:
    choose("need")(page)
    page.fill("[name=amount_wan]", "")  # a draft of the screen before comes back
    page.click("button[form=visit-form]")
    page.wait_for_url("**/m/visits/**")
    page.wait_for_load_state("networkidle")


def leave_without_a_substitute(page: Page) -> None:
    page.fill("[name=away_from]", "2026-01-02")
    send("main form button[type=submit]")(page)


def declare(*, until: str) -> Act:
    """From the first step of an owner's declaration to the one named; `banks`, `consent`, `refused` or `done`."""

    def act(page: Page) -> None:
        go_on = "button[form=owner-form]"
        page.fill("[name=amount_wan]", "30")
        page.select_option("[name=purpose]", "purchase")
        page.select_option("[name=term_months]", "12")
        page.fill("[name=contact_name]", "李老板")
        page.fill("[name=contact_phone]", "13900001111")
        page.click(go_on)
        page.wait_for_url("**/need/banks/")
        if until == "banks":
            return
        page.check("[name=how][value=own]")
        page.select_option("[name=bank_1]", "DEMO-B1")
        page.click(go_on)
        page.wait_for_url("**/need/consent/")
        if until == "consent":
            return
        if until == "done":
            for box in page.locator("[name=scopes], [name=recipients]").all():
                box.check()
            page.fill("[name=signed_name]", "李老板")
        send(go_on)(page)

    return act


# ---- The table ----
OUTCOMES = "need no_need deferred unreachable wrong_address closed_down refused already_served".split()


def of_officer(world) -> list[Screen]:
    form = f"/m/visit/{world.firm.credit_code}/"
    return [
        Screen("today", "/m/"),
        Screen("today, done", "/m/?show=done"),
        Screen("today, found", "/m/?search=示范"),
        Screen("today, nothing found", "/m/?search=没有这一家"),
        Screen("scan", "/m/scan/"),
        Screen("scan, no camera", "/m/scan/", click("[data-scan-start]")),
        Screen("scan, typed wrongly", "/m/scan/?text=91310104MA", status=404),
        Screen("visit", form),
        *[Screen(f"visit, {outcome}", form, choose(outcome)) for outcome in OUTCOMES],
        Screen("visit, with an error", form, send_visit_with_an_amount_in_words),
        Screen("own visit, incomplete", form, send_visit_with_nothing_but_a_need),
        Screen("visit, by code", f"/m/visit/code/{world.door}/"),
        Screen("own visits", "/m/visits/"),
        Screen("own visit, new", f"/m/visits/{world.visit.pk}/?done=1"),
        Screen("own visit", f"/m/visits/{world.visit.pk}/"),
        Screen("own visit, in vain", f"/m/visits/{world.vain.pk}/"),
        Screen("case, with the bank", f"/m/cases/{world.pushed.number}/"),
        Screen("case, returned", f"/m/cases/{world.returned.number}/"),
        Screen("me", "/m/me/"),
        Screen("letters", "/letters/"),
        Screen("letters, wrong", "/letters/", leave_without_a_substitute),
        Screen(
            "letters, refused", f"/letters/unsubscribe/{tokens.make(world.visit.officer_id, ['due_soon'])}/"
        ),
        Screen("outbox", "/m/outbox/"),
        Screen("offline, today", "/m/offline/"),
        Screen("offline, visit", "/m/visit/offline/"),
        Screen("code of a firm", f"/q/{world.grid}/"),
    ]


def of_new_officer(world) -> list[Screen]:
    return [
        Screen("today, empty", "/m/"),
        Screen("own visits, none", "/m/visits/"),
        Screen("me, no code", "/m/me/"),
        Screen("code of another bank's officer", f"/q/{world.badge}/"),
    ]


def of_owner(world) -> list[Screen]:
    door, badge = f"/q/{world.door}/", f"/q/{world.badge}/"
    return [
        Screen("sign-in", "/sign-in/"),
        Screen("sign-in, wrong", "/sign-in/", _sign_in_wrongly),
        Screen("find a code", "/q/"),
        Screen("door", door),
        Screen("badge", badge),
        Screen("grid", f"/q/{world.grid}/"),
        Screen("refused, invented", "/q/0123456789ABCDEF/", status=404),
        Screen("refused, revoked", f"/q/{world.revoked}/", status=410),
        Screen("need", f"{door}need/"),
        Screen("need, sent empty", f"{door}need/", send("button[form=owner-form]")),
        Screen("need, banks", f"{door}need/", declare(until="banks")),
        Screen("need, consent", f"{door}need/", declare(until="consent")),
        Screen("need, consent sent empty", f"{door}need/", declare(until="refused")),
        Screen("need, done", f"{door}need/", declare(until="done")),
        Screen("need, cannot", f"/q/{world.closed_door}/need/", status=422),
        Screen("quiet", f"{door}quiet/"),
        Screen("report", f"{badge}report/"),
        Screen("report, sent empty", f"{badge}report/", send("button[form=owner-form]")),
        *[Screen(f"track, {name}", f"/track/{case.track_token}/") for name, case in world.cases.items()],
        *[
            Screen(f"track, {deed}", f"/track/{world.cases['with the bank'].track_token}/{deed}/")
            for deed in ("complain", "disown", "quiet", "consent")
        ],
        Screen("track, unknown", "/track/no-such-token/", status=404),
    ]


def of_team(world) -> list[Screen]:
    waiting = world.cases["waiting for papers"]
    return [
        Screen("suspensions", "/district/suspensions/"),
        Screen("suspensions, running", "/district/suspensions/?show=running"),
        Screen("suspensions, none", "/district/suspensions/?show=answered"),
        Screen("dashboard", "/district/"),
        Screen("what if", "/district/what-if/?length=1&unit=workdays&roll=1"),
        Screen("what if, firms", "/district/what-if/counted/"),
        Screen("case, suspended", f"/district/cases/{waiting.number}/"),
        *of_clock(world),
    ]


def of_clock(world) -> list[Screen]:
    clocks = world.cases["waiting for papers"].deadlines.order_by("pk")
    return [
        Screen(f"deadline, {clock.kind}", f"/deadlines/{clock.pk}/")
        for clock in clocks
        if clock.bound.kind == "bank"
    ]


def _sign_in_wrongly(page: Page) -> None:
    page.fill("[name=username]", "officer")
    page.fill("[name=password]", "wrong")
    send("main button[type=submit]")(page)
