from django.urls import path

from lending.dashboard import api

urlpatterns = [
    path("dashboard/funnel/", api.Funnel.as_view(), name="api-dashboard-funnel"),
    path("dashboard/sla/", api.Sla.as_view(), name="api-dashboard-sla"),
    path("dashboard/banks/", api.Banks.as_view(), name="api-dashboard-banks"),
]
