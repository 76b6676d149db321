"""Pictures as phones make them: each seed another scene, with what a camera writes beside the pixels."""

import random
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
