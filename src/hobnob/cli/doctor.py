"""`hobnob doctor`: looks at everything a server needs, changes nothing, and says what to do."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from hobnob.cli.chore import attempt
from hobnob.cli.outcome import DONE, FAILED
from hobnob.config import Config

if TYPE_CHECKING:
    from hobnob.cli.checks.finding import Finding

EXAMPLES = """\
Examples:
  hobnob doctor
  hobnob doctor --port 9000 --data ./chat
  hobnob doctor --json | jq '.[] | select(.state != "ok")'

It takes the settings that serve takes, and asks whether a server with them can
run here. Each line begins with ok, warn or fail; the exit status is 1 if one
begins with fail. A server may run meanwhile.
"""

app = App(name="doctor", help_epilogue=EXAMPLES)


@app.default
def doctor(
    *,
    config: Annotated[Config | None, Parameter(name="*")] = None,
    file: Annotated[Path | None, Parameter(name="--config", help="TOML file with any of these settings.")] = None,
    thorough: Annotated[
        bool, Parameter(help="Compare every index of the database; takes minutes.", show_default=False)
    ] = False,
    machine: Annotated[bool, Parameter(name="--json", help="Findings as one JSON list.", show_default=False)] = False,
) -> int:
    """Look whether all is well with the port, the data and this machine."""
    config = config or Config()  # `file` is read by sources.py, before this is called

    def chore() -> int:
        findings: list[Finding] = []
        for finding in _findings(config, thorough):
            findings.append(finding)
            if not machine:
                print(finding.line(), flush=True)
        if machine:
            print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return FAILED if any(finding.state == "fail" for finding in findings) else DONE

    return attempt(chore)


def _findings(config: Config, thorough: bool) -> Iterator["Finding"]:
    from hobnob.cli.checks.folder import check_folder
    from hobnob.cli.checks.leftovers import check_leftovers
    from hobnob.cli.checks.network import check_certificate, check_port
    from hobnob.cli.checks.programs import check_programs

    now = time.time_ns() // 1_000_000
    yield check_programs()
    yield check_port(config.host, config.port)
    if config.tls_cert is not None and config.tls_key is not None:
        yield check_certificate(config.tls_cert, config.tls_key, now)
    yield from check_folder(config.data, now, thorough=thorough)
    yield from check_leftovers([config.data, Path(), Path(gettempdir())])
