import pytest

from reconciler.source import failures, remote
from reconciler.source.failures import CommandFailed

REMOTE = remote.parse("https://host/a", token="s3cr3t-canary")


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            "fatal: could not read Username for 'http://h': terminal prompts disabled",
            "the repository refused the credentials",
        ),
        (
            "fatal: unable to access 'u': The requested URL returned error: 403",
            "the repository refused the credentials",
        ),
        (
            "git@h: Permission denied (publickey).",
            "the repository refused the credentials",
        ),
        (
            "fatal: unable to access 'u': Failed to connect to h port 1 after 3 ms",
            "the server cannot be reached",
        ),
        (
            "fatal: unable to access 'http://h/': Could not resolve host: h",
            "the server cannot be reached",
        ),
        (
            "ssh: connect to host h port 22: Connection refused",
            "the server cannot be reached",
        ),
        (
            "Host key verification failed.\nfatal: Could not read from remote",
            "the SSH host key is unknown or has changed",
        ),
        (
            "fatal: repository 'http://h/a/' not found",
            "the repository is gone, or hidden from these credentials",
        ),
        (
            "fatal: unable to access 'u': The requested URL returned error: 503",
            "the server answered that it cannot serve now",
        ),
        (
            "fatal: unable to access 'u': SSL certificate problem: no local issuer",
            "the server's TLS certificate cannot be trusted, or TLS failed",
        ),
        (
            "fatal: unable to access 'http://h/tls-redirect/': Could not resolve host",
            "the server cannot be reached",
        ),
        (
            "error: unable to write file: No space left on device",
            "the data folder is full or cannot be written",
        ),
    ],
)
def test_a_known_cause_is_told_in_the_same_words_each_time(
    stderr: str, message: str
) -> None:
    cause = failures.known(CommandFailed(128, stderr))
    assert cause
    assert cause.message == message
    assert cause.hint


def test_only_refused_access_asks_for_a_long_pause() -> None:
    refused = failures.known(CommandFailed(128, "fatal: Authentication failed for 'x'"))
    away = failures.known(CommandFailed(128, "fatal: Could not resolve host: h"))
    assert refused
    assert refused.retry_after == failures.ACCESS_RETRY
    assert away
    assert away.retry_after is None


def test_an_unknown_cause_is_told_in_gits_words_without_the_secret() -> None:
    stderr = "remote: \x1b[31mOdd s3cr3t-canary\nfatal: the rest"
    cause = failures.explain(CommandFailed(128, stderr), REMOTE)
    assert cause.message == "Git broke off: [31mOdd ***"


def test_silence_is_told_by_its_status() -> None:
    cause = failures.explain(CommandFailed(-11, ""), REMOTE)
    assert cause.message == "Git broke off: git ended with -11"


def test_content_that_git_forbids_is_no_failure_of_the_network() -> None:
    stderr = (
        "error: object 4b825dc642cb6eb9a060e54bf8d69288fbee4904: hasDotgit: contains "
        "'.git'\nfatal: fsck error in packed object"
    )
    stalled = failures.refusal(CommandFailed(128, stderr), REMOTE)
    assert stalled
    assert "hasDotgit" in stalled.message
    assert failures.refusal(CommandFailed(128, "fatal: early EOF"), REMOTE) is None
