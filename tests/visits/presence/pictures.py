"""Pictures as phones make them: each seed another scene, with what a camera writes beside the pixels."""

import random
import struct
from io import BytesIO

from PIL import Image, ImageDraw


def scene(seed: int = 1, size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """A street of coloured blocks: enough to tell one seed from another, and smooth enough to compress."""
    dice = random.Random(seed)
    tiles = Image.new("RGB", (12, 9))
    tiles.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(108)])
    return tiles.resize(size, Image.Resampling.BICUBIC)


def jpeg(seed: int = 1, *, size: tuple[int, int] = (1200, 900), quality: int = 85, **info) -> bytes:
    out = BytesIO()
    scene(seed, size).save(out, "JPEG", quality=quality, **info)
    return out.getvalue()


def with_position(seed: int = 1, *, size: tuple[int, int] = (1200, 900), orientation: int = 1) -> bytes:
    """What a phone's camera writes: maker, orientation and where the photo was taken; here a comment and XMP too."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretMaker", orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 11.0, 17.88), 3: "E", 4: (121.0, 26.0, 11.4)})
    out = BytesIO()
    facts = {
        "comment": b"SecretComment",
        "xmp": b"<x:xmpmeta>SecretXmp</x:xmpmeta>",
        "icc_profile": b"SecretProfile",
    }
    scene(seed, size).save(out, "JPEG", quality=85, exif=exif, **facts)
    return out.getvalue()


def with_odd_exif(
    tag: int, kind: int, count: int, value: bytes, *, size: tuple[int, int] = (800, 600)
) -> bytes:
    """Taken upright (orientation 6), and one field more of this TIFF type, of four bytes or eight."""
    short = len(value) <= 4
    fields = {
        0x0112: struct.pack(">HHIHxx", 0x0112, 3, 1, 6),
        tag: struct.pack(">HHI", tag, kind, count)
        + (value.ljust(4, b"\0") if short else struct.pack(">I", 38)),
    }
    written = b"".join(fields[name] for name in sorted(fields)) + bytes(4)
    head = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2)
    return jpeg(size=size, exif=head + written + (b"" if short else value))


def noise(size: tuple[int, int]) -> bytes:
    """Compresses to nearly nothing less than itself."""
    out = BytesIO()
    Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3)).save(
        out, "JPEG", quality=95
    )
    return out.getvalue()


def black(size: tuple[int, int] = (800, 600)) -> bytes:
    out = BytesIO()
    picture = Image.new("RGB", size)
    ImageDraw.Draw(picture).point((5, 5), "white")
    picture.save(out, "JPEG")
    return out.getvalue()
