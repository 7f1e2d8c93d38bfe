"""One scoring process: its pipes, its last words, its end."""

from __future__ import annotations

import collections
import json
import subprocess
import threading
from typing import Deque, List, Optional

from ._command import SlipwayError

# Without a buffer, short reads of the pipe reach pyarrow as damaged messages.
BUFFER_BYTES = 1 << 20
_TAIL_LINES = 50


class Child:
    """A started process. It sees the end of its input when this process dies, and ends by itself."""

    def __init__(self, command: List[str]) -> None:
        self._command = command
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=BUFFER_BYTES,
            )
        except OSError as error:
            raise SlipwayError(f"{command[0]} cannot be started: {error}") from error
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin = self.process.stdin
        self.stdout = self.process.stdout
        _widen(self.stdin)
        _widen(self.stdout)
        self._tail: Deque[str] = collections.deque(maxlen=_TAIL_LINES)
        # A full pipe of messages would stop the child.
        self._reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._reader.start()

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._tail.append(line.decode("utf-8", "replace").rstrip())

    def wait(self, timeout: Optional[float] = None) -> None:
        """Waits for the end; raises SlipwayError with what the child said last when it failed."""
        code = self.process.wait(timeout)
        if code != 0:
            raise self.failure(code)

    def failure(self, code: Optional[int] = None) -> SlipwayError:
        """Why the child failed, in its own words."""
        if code is None:
            try:
                code = self.process.wait(10)
            except subprocess.TimeoutExpired:
                code = None
        self._reader.join(1)
        lines = list(self._tail)
        said = [message for message in map(_error_of, lines) if message]
        reason = said[-1] if said else "\n".join(lines)
        return SlipwayError(f"slipway ended with {code}: {reason}", code)

    def kill(self) -> None:
        """Ends the child whatever it does, and closes the pipes; never raises."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if pipe is not None:
                    pipe.close()
            except (OSError, ValueError):
                pass


def _error_of(line: str) -> Optional[str]:
    try:
        error = json.loads(line)["error"]
        return f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return None


def _widen(pipe: object) -> None:
    """A wider pipe costs fewer switches between the processes; where it may not be widened, it stays as it is."""
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), getattr(fcntl, "F_SETPIPE_SZ", 1031), BUFFER_BYTES)  # type: ignore[attr-defined]
    except (ImportError, OSError, ValueError):
        pass
