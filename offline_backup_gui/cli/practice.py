"""The practice command: the whole journey on this computer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.job import Event
from offline_backup_gui.services.practice import Practice, PracticeOrder, PracticeResult, Step
from offline_backup_gui.services.watching import Watch


def run_practice(call: Call) -> ExitCode:
    """Walk the whole journey and print what it proved."""
    keep, speaker, say = call.arguments.keep, call.speaker, call.speaker.words.text
    order = PracticeOrder(Path(keep)) if keep else None
    practice = Practice(call.build)
    # What happens inside the jobs is for scripts; people see steps, bars and proofs.
    watch = Watch(speaker.reading, speaker.event) if speaker.as_json else Watch(speaker.reading)
    steps = list(Step)

    def on_step(step: Step) -> None:
        if speaker.as_json:
            speaker.event(Event(datetime.now(UTC), "practice-step", {"step": step.value}))
            return
        place, name = steps.index(step) + 1, say(f"practice.step.{step.value}")
        speaker.line(say("practice.at", place=place, steps=len(steps), name=name))

    speaker.line(say("practice.begin"))
    try:
        with stopping(practice.stop):
            result = practice.run(order, watch, on_step)
    except Stopped:
        speaker.result({"outcome": "stopped"})
        speaker.line(say("practice.stopped"))
        return ExitCode.CONTINUE
    finally:
        speaker.close()
    _tell(call, result)
    speaker.result(result.as_json())
    return ExitCode.DONE if result.good else ExitCode.FAILED


def _tell(call: Call, result: PracticeResult) -> None:
    speaker, say = call.speaker, call.speaker.words.text
    speaker.line()
    speaker.line(say("practice.proofs"))
    for proof in result.proofs:
        mark = say("practice.proved" if proof.good else "practice.not-proved")
        speaker.line(f"  {mark}  {say(f'practice.proof.{proof.claim.value}', **proof.figures)}")
        if not proof.good:
            for detail in proof.details:
                speaker.line(f"      {detail}")
    for line in result.exceptions:
        reason = speaker.words.term("left-out", line["reason"])
        speaker.line(say("practice.left-out", path=line["path"], reason=reason))
    speaker.line()
    speaker.line(say("practice.opens"))
    for item in result.open:
        speaker.line(f"  -  {say(f'practice.open.{item.value}')}")
    speaker.line()
    good = sum(proof.good for proof in result.proofs)
    speaker.line(
        say(
            "practice.end" if result.good else "practice.end-not-good",
            good=good,
            count=len(result.proofs),
            seconds=round(sum(result.seconds.values())),
        )
    )
    if result.kept:
        speaker.line(say("practice.kept", path=result.folder))
