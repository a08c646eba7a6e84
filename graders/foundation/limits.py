"""What a submission may use. Every number is the rubric's to set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one exam room, enforced from outside the process that they bind.

    Args:
        question_seconds: wall and CPU seconds for one question; a call's weight multiplies it.
        import_seconds: wall and CPU seconds for importing one of the submission's modules.
        submission_seconds: wall seconds for all questions of one room together.
        memory_mb: resident memory of the room's whole process tree.
        output_kb: how much of what the submission prints is kept; a hundred times as much ends the room.
        answer_mb: the largest answer to one question.
        file_mb: the largest file that the submission may write.
        scratch_mb: what the submission's files may fill together, where there is a sandbox.
        processes: processes and threads in the room's tree, as processes plus threads beyond the first.
    """

    question_seconds: float = 15.0
    import_seconds: float = 30.0
    submission_seconds: float = 600.0
    memory_mb: int = 4096
    output_kb: int = 64
    answer_mb: int = 64
    file_mb: int = 64
    scratch_mb: int = 256
    processes: int = 32
