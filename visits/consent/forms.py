"""The finger signature of a form: a PNG as base64, as `static/signature.js` writes it."""

import base64
import binascii

from django import forms
from django.utils.translation import gettext_lazy as _

from visits.consent.rules import signature_problem


class SignatureField(forms.CharField):
    """Cleans to the bytes of the PNG, None where nobody drew: a typed name is enough."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=300_000)

    def clean(self, value: str | None) -> bytes | None:
        text = super().clean(value).removeprefix("data:image/png;base64,")
        try:
            image = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise forms.ValidationError(_("签名没有传完整,请重签。")) from None
        if image and (problem := signature_problem(image)):
            raise forms.ValidationError(problem)
        return image or None
