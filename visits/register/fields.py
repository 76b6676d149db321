"""Two columns that are always worked out from others, on every save and bulk_create alike."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from visits.register import rules_code, rules_name


def search_grams(form: str, code: str) -> list[int]:
    """What the search index holds of one business: grams of the name's search form, cuts of the credit code."""
    return sorted({*rules_name.grams(form), *rules_code.pieces(code)})


class SearchNameField(models.TextField):
    """`name` in its search form. Migrations see a plain TextField."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        form = rules_name.search_form(model_instance.name)
        setattr(model_instance, self.attname, form)
        return form

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class SearchGramsField(ArrayField):
    """The numbers `queries.search_businesses` asks the GIN index for. Migrations see a plain ArrayField."""

    def pre_save(self, model_instance: models.Model, add: bool) -> list[int]:
        form = rules_name.search_form(model_instance.name)
        grams = search_grams(form, model_instance.credit_code)
        setattr(model_instance, self.attname, grams)
        return grams

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.contrib.postgres.fields.ArrayField", args, kwargs
