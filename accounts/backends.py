"""Loading the signed-in person, once per request."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class PersonBackend(ModelBackend):
    def get_user(self, user_id: int) -> User | None:
        """With the organisation, its parent and its district: nearly every gate asks for them (`user.bank`, `.district`)."""
        people = User.objects.select_related("organisation__parent", "organisation__district")
        user = people.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
