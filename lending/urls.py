from django.urls import include, path

from lending.go import go

urlpatterns = [
    path("", include("lending.dashboard.urls")),
    path("", include("lending.progress.urls")),
    path("", include("lending.recommendation_list.urls")),
    path("", include("lending.sla.urls")),
    path("", include("lending.sla.letters.urls")),
    path("go/<str:number>/", go, name="go-case"),
]
