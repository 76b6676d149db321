from django.urls import path

from visits import api

urlpatterns = [
    path("businesses/", api.Businesses.as_view(), name="api-businesses"),
    path("businesses/<str:credit_code>/", api.OneBusiness.as_view(), name="api-business"),
    path("codes/<str:token>/", api.OneCode.as_view(), name="api-code"),
    path("consent-notices/current/", api.CurrentNotice.as_view(), name="api-consent-notice"),
    path("visits/", api.Visits.as_view(), name="api-visits"),
    path("visits/<uuid:pk>/", api.OneVisit.as_view(), name="api-visit"),
    path("visits/<uuid:pk>/annul/", api.AnnulVisit.as_view(), name="api-visit-annul"),
    path("visits/<uuid:visit>/photos/<uuid:photo>/", api.OnePhoto.as_view(), name="api-visit-photo"),
]
