"""What the practice command prints, without walking the journey once more."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui import words
from offline_backup_gui.cli.arguments import parse
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.practice import run_practice
from offline_backup_gui.cli.speaker import Speaker
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.services import Services
from offline_backup_gui.services.practice import Practice, PracticeOrder, PracticeResult, Step
from offline_backup_gui.services.practice_result import Claim, Open, Proof
from offline_backup_gui.services.watching import Watch

_NUMBERS = """
stored_bytes largest_bytes size_bytes sent_bytes drives count objects arrived expected files
differences
"""
_FIGURES = dict.fromkeys(_NUMBERS.split(), 7)


def _build(_: Path | None) -> Services:
    raise AssertionError("nothing is built")


def _walked(result: PracticeResult | None) -> Callable[..., PracticeResult]:
    def run(
        _self: Practice,
        _order: PracticeOrder | None,
        _watch: Watch,
        on_step: Callable[[Step], None],
    ) -> PracticeResult:
        for step in Step:
            on_step(step)
        if result is None:
            raise Stopped
        return result

    return run


def _result(*, good: bool) -> PracticeResult:
    result = PracticeResult("practice-folder", kept=True)
    result.exceptions = [{"path": "office/locked", "reason": "access-denied", "detail": ""}]
    result.seconds = dict.fromkeys(Step, 1.0)
    result.open = list(Open)
    result.proofs = [
        Proof(claim, good or claim is not Claim.ARRIVED, {**_FIGURES, "name": "packs/x"}, ("why",))
        for claim in Claim
    ]
    return result


def _say(
    monkeypatch: pytest.MonkeyPatch, result: PracticeResult | None, *options: str
) -> tuple[ExitCode, str]:
    monkeypatch.setattr(Practice, "run", _walked(result))
    out = io.StringIO()
    arguments = parse(["practice", *options])
    speaker = Speaker(words.load("en"), as_json=arguments.json, out=out, err=io.StringIO())
    return run_practice(Call(arguments, speaker, _build)), out.getvalue()


def test_every_step_and_every_proof_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = _say(monkeypatch, _result(good=True))

    assert code is ExitCode.DONE
    assert f"{len(Step)}/{len(Step)}  Flipping one bit on a copy of a drive" in text
    assert text.count("\n  yes  ") == len(Claim)
    assert "All 12 claims are proved" in text
    assert "office/locked" in text
    assert "practice-folder" in text
    assert "{" not in text


def test_a_claim_that_is_not_proved_is_named_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, text = _say(monkeypatch, _result(good=False))

    assert code is ExitCode.FAILED
    assert "  NO   Everything expected arrived" in text
    assert "Only 11 of 12 claims are proved" in text


def test_json_ends_with_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = _say(monkeypatch, _result(good=True), "--json")

    lines = [json.loads(line) for line in text.splitlines()]
    assert code is ExitCode.DONE
    assert [line["event"] for line in lines[:-1]] == ["practice-step"] * len(Step)
    assert lines[-1]["event"] == "result"
    assert lines[-1]["outcome"] == "done"
    assert [proof["claim"] for proof in lines[-1]["proofs"]] == [claim.value for claim in Claim]
    assert set(lines[-1]["seconds"]) == {step.value for step in Step}


def test_a_stopped_practice_ends_as_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = _say(monkeypatch, None, "--json")

    assert code is ExitCode.CONTINUE
    assert json.loads(text.splitlines()[-1]) == {"event": "result", "outcome": "stopped"}
