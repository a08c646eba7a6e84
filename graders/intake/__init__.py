"""Finding who handed in what: plain folders, exports of learning platforms as downloaded, and the roster."""

from graders.intake.hand_in import HandIn, open_hand_in
from graders.intake.layouts import Intake, take_in
from graders.intake.roster import Member, match, read_roster

__all__ = ["HandIn", "Intake", "Member", "match", "open_hand_in", "read_roster", "take_in"]
