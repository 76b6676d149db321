from django.urls import include, path, re_path

from visits.codes import views as codes
from visits.codes.batches import views as batches
from visits.consent import views as consent
from visits.field import today
from visits.field import views as field
from visits.field import visit_views as visit
from visits.outbox import desk as outbox_desk
from visits.outbox import views as outbox
from visits.presence import views as presence
from visits.protection import report_views

urlpatterns = [
    path("district/visits/", report_views.by_bank, name="visit-report"),
    path("district/visits/<slug:what>/", report_views.behind, name="visit-report-behind"),
    path("", include("visits.intake.urls")),
    path("codes/", codes.index, name="codes"),
    path("codes/print/", codes.print_sheet, name="codes-print"),
    path("codes/renew/", batches.renew, name="codes-renew"),
    path("codes/revoke/", batches.revoke, name="codes-revoke"),
    path("codes/batches/", batches.batches, name="code-batches"),
    path("codes/batches/recent/", batches.recent, name="code-batches-recent"),
    re_path(r"^codes/batches/(?P<pk>[0-9]{1,18})/$", batches.batch, name="code-batch"),
    re_path(
        r"^codes/batches/(?P<pk>[0-9]{1,18})/(?P<part>progress)/$", batches.batch, name="code-batch-progress"
    ),
    re_path(r"^codes/batches/(?P<pk>[0-9]{1,18})/file/$", batches.file, name="code-batch-file"),
    re_path(
        r"^codes/batches/(?P<pk>[0-9]{1,18})/(?P<deed>cancel|resume)/$",
        batches.change,
        name="code-batch-change",
    ),
    re_path(r"^codes/(?P<pk>[0-9]{1,18})/(?P<deed>reissue|revoke)/$", codes.change, name="code-change"),
    path("sw.js", outbox.worker, name="service-worker"),
    path("manifest.webmanifest", outbox.manifest, name="manifest"),
    path("m/day.json", outbox.day, name="day"),
    path("m/outbox/", outbox.outbox, name="outbox"),
    path("outbox/import/", outbox_desk.import_page, name="outbox-import"),
    path("m/offline/", outbox.today_offline, name="today-offline"),
    path("m/visit/offline/", outbox.visit_offline, name="visit-offline"),
    path("m/", today.today, name="today"),
    path("m/near/", today.near, name="today-near"),
    path("m/scan/", field.scan, name="scan"),
    path("m/visit/code/<str:token>/", visit.visit_by_code, name="visit-by-code"),
    path("m/visit/<str:credit_code>/", visit.visit, name="visit"),
    path("m/visits/<uuid:pk>/", visit.own_visit, name="own-visit"),
    path("m/visits/<uuid:pk>/annul/", visit.annul, name="own-visit-annul"),
    path("m/visits/<uuid:pk>/do-not-disturb/", visit.do_not_disturb, name="own-visit-do-not-disturb"),
    path("m/visits/<uuid:pk>/photos/", presence.add_photos, name="own-visit-photos"),
    path("visits/<uuid:visit>/photos/<uuid:pk>/", presence.photo, name="visit-photo"),
    re_path(r"^consents/(?P<pk>[0-9]{1,18})/signature/$", consent.signature, name="consent-signature"),
    path("m/me/", field.me, name="me"),
    path("m/me/code/", field.own_code, name="own-code"),
]
