"""Settings shared by all tests."""

from hypothesis import settings

# Time limits for single examples fail on a busy machine and say nothing about the code.
settings.register_profile("powerseek", deadline=None)
settings.load_profile("powerseek")
