from django.urls import path

from accounts import api

urlpatterns = [
    path("organisations/", api.Organisations.as_view(), name="api-organisations"),
    path("me/", api.Me.as_view(), name="api-me"),
]
