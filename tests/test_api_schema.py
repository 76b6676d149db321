"""The OpenAPI description that bank systems generate their clients from."""

from io import StringIO

from django.core.management import call_command


def test_the_schema_is_valid_and_nothing_in_it_is_guessed(tmp_path):
    target = tmp_path / "schema.yml"
    call_command("spectacular", file=str(target), validate=True, fail_on_warn=True, stderr=StringIO())
    assert target.read_text().startswith("openapi:")
