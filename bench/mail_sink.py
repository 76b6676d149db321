"""python -m bench.mail_sink PORT FILE: accepts every mail and writes recipient and Message-ID of each, a line a mail."""

import asyncio
import sys
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Sink:
    def __init__(self, file) -> None:
        self.file = file

    async def handle_DATA(self, server, session, envelope) -> str:
        message = message_from_bytes(envelope.content)
        self.file.write(f"{envelope.rcpt_tos[0]} {message['Message-ID']} {len(envelope.content)}\n")
        self.file.flush()
        return "250 accepted"


async def serve(port: int, path: Path) -> None:
    with path.open("a") as file:
        sink = Sink(file)
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(sink, data_size_limit=None), "127.0.0.1", port
        )
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
