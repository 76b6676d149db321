"""A mail server in a process of its own: `python -m tests.faults.mail_server PORT FOLDER`.

What it accepts stands in FOLDER/accepted, one JSON line a mail, on disk *before* the client has its answer. How it
behaves stands in FOLDER/mode and is read again for every mail: `accept`, an answer such as `451 not now`, `hang`
(silent for a minute), `drop` (accepts, then hangs up without an answer) or `drop/5` (every fifth mail). FOLDER/pause
holds the seconds that each mail takes.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP

CASE = re.compile(r"\b\d{6}-\d{4}-\d{7}\b")


class Handler:
    def __init__(self, folder: Path) -> None:
        self.folder, self.mails = folder, 0
        self.accepted = (folder / "accepted").open("a")

    async def handle_RCPT(self, server, session, envelope, address, options):
        mode = self._read("mode", "accept")
        if mode[0].isdigit():
            return mode
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mode = self._read("mode", "accept")
        await asyncio.sleep(float(self._read("pause", "0")))
        if mode == "hang":
            await asyncio.sleep(60)
            return "451 too late"
        self.mails += 1
        is_dropped = mode.startswith("drop") and self.mails % int(mode.partition("/")[2] or 1) == 0
        self._write(envelope, is_dropped)
        if is_dropped:
            server.transport.abort()
        return "250 accepted"

    def _write(self, envelope, is_dropped: bool) -> None:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",)).get_content()
        line = {"at": time.time(), "id": mail["Message-ID"], "to": envelope.rcpt_tos[0],
                "cases": sorted(set(CASE.findall(text))), "dropped": is_dropped}  # fmt: skip
        self.accepted.write(json.dumps(line) + "\n")
        self.accepted.flush()
        os.fsync(self.accepted.fileno())

    def _read(self, name: str, otherwise: str) -> str:
        try:
            return (self.folder / name).read_text() or otherwise
        except FileNotFoundError:
            return otherwise


async def serve(port: int, folder: Path) -> None:
    loop, handler = asyncio.get_running_loop(), Handler(folder)
    stopped = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, stopped.set_result, None)
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", port)
    print("ready", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await stopped
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
