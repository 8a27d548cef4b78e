"""Named faults: everything the service, its relays and the line do wrong, on demand."""

from cavendish_emulator.faults.board import Fault, FaultBoard, FaultError
from cavendish_emulator.faults.entry import Entry
from cavendish_emulator.faults.framing import FRAMING
from cavendish_emulator.faults.network import NETWORK
from cavendish_emulator.faults.pictures import PICTURES
from cavendish_emulator.faults.refusals import REFUSALS
from cavendish_emulator.faults.replies import REPLIES
from cavendish_emulator.faults.shapes import SHAPES
from cavendish_emulator.faults.vices import VICES
from cavendish_emulator.faults.withheld import WITHHELD

NAMED: dict[str, Entry] = {
    **REFUSALS,
    **REPLIES,
    **WITHHELD,
    **SHAPES,
    **PICTURES,
    **NETWORK,
    **FRAMING,
    **VICES,
}

__all__ = ["NAMED", "Fault", "FaultBoard", "FaultError"]
