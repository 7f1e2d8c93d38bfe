"""Scores the rows of each day with `slipway batch run`: one file in, one file out, a summary for the tasks that follow.

A run that is interrupted is repeated by Airflow with the same command, and goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import shlex
from datetime import datetime, timedelta

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import dag, task

# Exit code 6 is "busy or late": the database is away, another process is at work. Any other failure is the same the next time.
AGAIN_LATER = 6


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1, tags=["slipway"])
def score_nightly():
    @task(retries=3, retry_delay=timedelta(minutes=5))
    def score(ds: str | None = None, data_interval_start=None) -> dict:
        """The summary of the run, which is also pushed to XCom."""
        folder = os.environ["SCORES_FOLDER"]
        command = [
            *shlex.split(os.environ.get("SLIPWAY_COMMAND", "slipway")),
            *("batch", "run", "--json"),
            *("--model", os.environ.get("SCORES_MODEL", "fraud@champion")),
            *("--from", f"{folder}/in/{ds}.jsonl"),
            *("--to", f"{folder}/out/{ds}.jsonl"),
            *("--key", "id"),
            *("--logical-time", data_interval_start.isoformat()),
            *("--state", os.environ.get("SLIPWAY_STATE", ".slipway")),
        ]
        result = SubprocessHook().run_command(command)
        if result.exit_code == 0:
            return json.loads(result.output)
        message = f"slipway ended with {result.exit_code}: {result.output}"
        raise AirflowException(message) if result.exit_code == AGAIN_LATER else AirflowFailException(message)

    @task
    def report(summary: dict) -> str:
        """Stands for what follows: load the file, tell a channel, stop when too much was bad."""
        return f"{summary['counts']['written']} rows in {summary['output']['location']}"

    report(score())


score_nightly()
