from django.urls import path

from lending.recommendation_list import views

urlpatterns = [
    path("district/lists/", views.lists, name="district-lists"),
    path("district/lists/issue/", views.issue, name="district-lists-issue"),
    path("district/lists/<str:number>/", views.one, name="district-list"),
]
