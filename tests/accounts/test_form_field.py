"""The partial of one form field, as every page draws it."""

import pytest
from django import forms
from django.template.loader import render_to_string


class Asked(forms.Form):
    name = forms.CharField(help_text="<b>not markup</b>")
    is_sure = forms.BooleanField(help_text="<b>not markup</b>")
    way = forms.ChoiceField(choices=[("a", "甲")], widget=forms.RadioSelect, help_text="<b>not markup</b>")


@pytest.mark.parametrize("name", ["name", "is_sure", "way"])
def test_a_help_text_is_text(name):
    html = render_to_string("_partials/form_field.html", {"field": Asked()[name]})
    assert (html.count("<b>"), html.count("&lt;b&gt;not markup")) == (0, 1)
