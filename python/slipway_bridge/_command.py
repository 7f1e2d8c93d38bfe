"""Where slipway is found, and what it is started with."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from typing import List, Optional, Sequence, Union

Command = Union[str, Sequence[str], None]
Columns = Union[str, Sequence[str]]


class SlipwayError(RuntimeError):
    """The scoring process ended with an error; `exit_code` is that of slipway's error table."""

    def __init__(self, message: str, exit_code: Optional[int] = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Options:
    """One model, and how its rows are scored. Plain values, so that engines can send it to their workers."""

    model: str
    slipway: Command = None
    state: Optional[str] = None
    pass_columns: Columns = ()
    bad: str = "null"

    def command(self, *flags: str) -> List[str]:
        """The whole command line; looked up where it is started, not where it was written."""
        args = ["score", "--model", self.model, "--format", "arrow", "--bad", self.bad, *flags]
        passed = self.pass_columns if isinstance(self.pass_columns, str) else ",".join(self.pass_columns)
        if passed:
            args += ["--pass", passed]
        state = self.state or os.environ.get("SLIPWAY_STATE")
        if state:
            args += ["--state", state]
        return find_slipway(self.slipway) + args


def find_slipway(given: Command = None) -> List[str]:
    """The argument, `SLIPWAY_COMMAND`, `slipway` on the path, `npx slipway` of the folder: the first that is there.

    A command that ends in `.js` is run by the Node of `SLIPWAY_NODE`, else by the one on the path.
    """
    found = given or os.environ.get("SLIPWAY_COMMAND")
    if found:
        words = shlex.split(found) if isinstance(found, str) else list(found)
        return [os.environ.get("SLIPWAY_NODE", "node"), *words] if words[0].endswith(".js") else words
    on_path = shutil.which("slipway")
    if on_path:
        return [on_path]
    npx = shutil.which("npx")
    if npx:
        return [npx, "--no-install", "slipway"]
    raise SlipwayError("slipway is not found: give slipway=…, set SLIPWAY_COMMAND, or put it on the PATH")
