from django.urls import path

from lending.credit_lookup.api import CreditLookups
from lending.district_review.api import DistrictReviews
from lending.progress.api import CaseDetail, Cases
from lending.recommendation_list.api import RecommendationListDetail, RecommendationLists

urlpatterns = [
    path("cases/", Cases.as_view(), name="api-cases"),
    path("cases/<str:number>/", CaseDetail.as_view(), name="api-case"),
    path("cases/<str:number>/credit-lookup/", CreditLookups.as_view(), name="api-credit-lookup"),
    path("cases/<str:number>/district-review/", DistrictReviews.as_view(), name="api-district-review"),
    path("recommendation-lists/", RecommendationLists.as_view(), name="api-recommendation-lists"),
    path(
        "recommendation-lists/<str:number>/",
        RecommendationListDetail.as_view(),
        name="api-recommendation-list",
    ),
]
