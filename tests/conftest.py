"""What holds for every test."""

from hypothesis import settings

settings.register_profile("shared", deadline=None)  # other work shares the machine
settings.load_profile("shared")
