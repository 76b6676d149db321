from django.urls import path

from lending.go import go

urlpatterns = [
    path("go/<str:number>/", go, name="go-case"),
]
