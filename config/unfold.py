"""The look of the admin: the colours of static/tokens.css as the theme wants them, and who finds what where."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.roles import BANK_ROLES

BASE = {
    "50": "#f4f5f7", "100": "#eef0f3", "200": "#e2e5ea", "300": "#ccd1d9", "400": "#949ca8", "500": "#626a76",
    "600": "#454c57", "700": "#3b434e", "800": "#2a3039", "900": "#161a20", "950": "#0e1116",
}  # fmt: skip
PRIMARY = {
    "50": "#f1f6fe", "100": "#e8f0fc", "200": "#c9dcf8", "300": "#9dc0f4", "400": "#85b3ff", "500": "#4f8ae6",
    "600": "#1a5bc7", "700": "#134799", "800": "#143d80", "900": "#16263f", "950": "#0f2247",
}  # fmt: skip


def navigation(request: HttpRequest) -> list[dict]:
    """The sidebar: the way home, then every list this person may open, app by app; what is empty is not shown."""
    from django.contrib import admin  # settings name this module before the apps are there

    from accounts.access import may
    from accounts.roles import Do

    home = {"title": _("工作台"), "icon": "home", "link": reverse("admin:index")}
    heaps = inbox(request)
    if request.user.role == "city":
        home = {"title": _("市级看板"), "icon": "monitoring", "link": "/city/"}
    own = (
        [{"title": _("走访保护"), "icon": "shield", "link": reverse("visit-report")}]
        if request.user.role in BANK_ROLES
        else []
    )
    groups = [{"items": [home, *heaps, *own]}]
    if may(request.user, Do.IMPORT_OUTBOX):
        link = reverse("outbox-import")
        groups[0]["items"].append({"title": _("导入待传文件"), "icon": "upload_file", "link": link})
    for app in admin.site.get_app_list(request):
        items = [
            {
                "title": model["name"],
                "icon": ICONS.get(model["object_name"], "list_alt"),
                "link": model["admin_url"],
            }
            for model in app["models"]
            if model["admin_url"] and not (heaps and model["object_name"] in IN_INBOX)
        ]
        if items:
            groups.append({"title": app["name"], "separator": True, "items": items})
    return groups


def inbox(request: HttpRequest) -> list[dict]:
    """A bank's work, each heap with its height; one query for all of them."""
    from lending.bank_decision.inbox import heaps

    found = heaps(request)
    return [
        {
            "title": heap.label, "icon": heap.icon, "link": heap.url, "badge": str(heap.count) if heap.count else "",
            "badge_variant": heap.variant, "badge_style": "solid" if heap.variant == "danger" else "",
            "active": heap.is_current,
        }
        for heap in found
    ]  # fmt: skip


IN_INBOX = {"Recommendation"}
ICONS = {
    "User": "person", "Organisation": "account_balance", "LogEntry": "history", "AccessAttempt": "lock_clock",
    "AccessLog": "login", "Event": "timeline", "Recommendation": "inbox", "Deadline": "hourglass", "CreditItem": "fact_check", "ListMembership": "list",
    "ImportRejection": "rule_folder", "Alert": "mail", "FinancingCase": "folder_open", "Sweep": "update", "Stall": "heart_broken", "DeliveryReport": "mark_email_read",
    "DeadlinePolicy": "timer", "CalendarDay": "event", "CalendarYear": "calendar_month", "DeclineReason": "block",
    "Business": "storefront", "BusinessList": "checklist", "Grid": "grid_on", "Assignment": "assignment_ind",
    "ImportRun": "upload_file", "ConsentNotice": "description", "Code": "qr_code_2", "CriterionGuide": "rule",
    "RecommendationList": "playlist_add_check", "BankDecision": "gavel", "Disbursement": "payments",
}  # fmt: skip


def account(request: HttpRequest) -> list[dict]:
    """Behind one's name."""
    links = [{"title": _("提醒邮件"), "link": reverse("letters")}]
    if request.user.is_authenticated and request.user.has_usable_password():
        links.append({"title": _("修改密码"), "link": reverse("admin:password_change")})
    return links


UNFOLD = {
    "SITE_TITLE": _("走访通"),
    "SITE_HEADER": _("走访通 Doorstep"),
    "SITE_URL": None,
    "SITE_SYMBOL": "door_front",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": BASE, "primary": PRIMARY},
    "STYLES": [lambda request: static("admin.css")],
    "SCRIPTS": [
        lambda request: static("receipt.js"),
        lambda request: static("submit-once.js"),
        lambda request: static("admin-queue.js"),
    ],
    "ACCOUNT": {"navigation": account},
    "DASHBOARD_CALLBACK": "lending.bank_decision.inbox.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "config.unfold.navigation",
    },
}
