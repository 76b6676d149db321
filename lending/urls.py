from django.urls import include, path

from lending.go import go

urlpatterns = [
    path("", include("lending.dashboard.urls")),
    path("go/<str:number>/", go, name="go-case"),
]
