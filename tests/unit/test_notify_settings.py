"""What `server.toml` may say about notifications, and what is said when it says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.directory import Directory, DirectoryError, read_config
from governance_server.engine.notices import NoticeKind

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "secret-5f4dcc3b"
HEAD = 'listen = "127.0.0.1:0"\nhosts = ["localhost"]\n'


def configured(root: Path, text: str, mode: int = 0o600) -> Directory:
    """A directory with nothing in it but its configuration."""
    directory = Directory(root)
    directory.config.write_text(HEAD + text.replace("SECRET", SECRET))
    directory.config.chmod(mode)
    return directory


def test_a_destination_hears_of_everything_unless_it_is_said(tmp_path: Path) -> None:
    """Every kind, every risk."""
    config = read_config(configured(tmp_path, '[[notify]]\nname = "soc"\nurl = "json://SECRET"\n'))
    (setting,) = config.notify
    assert (setting.name, setting.url) == ("soc", f"json://{SECRET}")
    assert setting.kinds == frozenset(NoticeKind)
    assert setting.min_risk == v1.RISK_LEVEL_LOW
    assert SECRET not in repr(config)


def test_a_telephone_may_hear_of_critical_decisions_alone(tmp_path: Path) -> None:
    """Kinds and the lowest risk are the destination's own."""
    text = (
        '[[notify]]\nname = "phone"\nurl = "json://x"\non = ["sla_breach", "nobody_reachable"]\nmin_risk = "critical"'
    )
    (setting,) = read_config(configured(tmp_path, text)).notify
    assert setting.kinds == {NoticeKind.SLA_BREACH, NoticeKind.NOBODY_REACHABLE}
    assert setting.min_risk == v1.RISK_LEVEL_CRITICAL


def test_without_the_setting_nobody_is_notified(tmp_path: Path) -> None:
    """And the file may be readable, since it holds no secret then."""
    assert read_config(configured(tmp_path, "", 0o644)).notify == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[notify]]\nname = "soc"\nurl = "SECRET"', "(soc): url has to be one that apprise understands"),
        ('[[notify]]\nname = "soc"', "(soc): url has to be one that apprise understands"),
        ('[[notify]]\nname = "soc"\nurl = ["json://SECRET"]', "(soc): url has to be one that apprise understands"),
        ('[[notify]]\nurl = "json://SECRET"', "number 1: name has to be letters"),
        ('[[notify]]\nname = "../soc"\nurl = "json://SECRET"', "number 1: name has to be letters"),
        (
            '[[notify]]\nname = "soc"\nurl = "json://SECRET"\non = ["all"]',
            "on has to be a list of some of halt_declared",
        ),
        ('[[notify]]\nname = "soc"\nurl = "json://SECRET"\non = "halt_declared"', "on has to be a list"),
        ('[[notify]]\nname = "soc"\nurl = "json://SECRET"\non = []', "on has to be a list"),
        ('[[notify]]\nname = "soc"\nurl = "json://SECRET"\non = [["x"]]', "on has to be a list"),
        (
            '[[notify]]\nname = "soc"\nurl = "json://SECRET"\nmin_risk = "grave"',
            "min_risk has to be one of low, medium",
        ),
        ('[[notify]]\nname = "soc"\nurl = "json://SECRET"\nmin_risk = []', "min_risk has to be one of low, medium"),
        ('[[notify]]\nname = "soc"\nurl = "json://SECRET"\nsms = 1', "a setting that is not known: sms"),
        ('[[notify]]\nname = "a"\nurl = "json://SECRET"\n' * 2, "two [[notify]] have the name a"),
        ('[notify]\nname = "soc"\nurl = "json://SECRET"', "notify has to be written as [[notify]]"),
        ("notify = [1]", "notify has to be written as [[notify]]"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_without_the_url(tmp_path: Path, text: str, sentence: str) -> None:
    """Which destination, and what the setting has to be."""
    with pytest.raises(DirectoryError) as refused:
        read_config(configured(tmp_path, text))
    assert sentence in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_configuration_with_secrets_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The sentence says how to mend it."""
    directory = configured(tmp_path, '[[notify]]\nname = "soc"\nurl = "json://SECRET"', mode)
    with pytest.raises(DirectoryError, match=f"Run: chmod 600 {directory.config}"):
        read_config(directory)
