"""Where the black-box test starts its programs; a failure comes with their logs."""

from tests.interop.conftest import opampgo_binary, pytest_runtest_makereport, stage

__all__ = ["opampgo_binary", "pytest_runtest_makereport", "stage"]
