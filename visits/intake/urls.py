"""Pages of people without an account, and the desk where what they report is answered."""

from django.urls import path

from visits.intake import code_pages, declaring, desk, reporting

urlpatterns = [
    path("q/", code_pages.find_code, name="find-code"),
    path("q/<str:token>/", code_pages.open_code, name="open-code"),
    path("q/<str:token>/need/", declaring.need, name="declare"),
    path("q/<str:token>/need/banks/", declaring.banks, name="declare-banks"),
    path("q/<str:token>/need/consent/", declaring.consent, name="declare-consent"),
    path("q/<str:token>/need/done/", declaring.done, name="declare-done"),
    path("q/<str:token>/quiet/", declaring.quiet, name="door-quiet"),
    path("q/<str:token>/report/", reporting.report, name="report-visit"),
    path("q/<str:token>/report/<uuid:form_id>/", reporting.reported, name="report-made"),
    path("district/reports/", desk.reports_list, name="owner-reports"),
    path("district/reports/<int:pk>/answer/", desk.answer, name="owner-report-answer"),
]
