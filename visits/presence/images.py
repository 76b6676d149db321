"""A photo as it came from a phone, made into one that may be kept: a small JPEG with nothing but its pixels."""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from visits.errors import PhotoTooManyPixels, PhotoUnreadable

MAX_PIXELS = 25_000_000  # a progressive JPEG is held whole while it is decoded: 6 bytes a pixel
MAX_EDGE_PX = 1600
MAX_KEPT_BYTES = 400_000
SMALL_EDGE_PX = 240
STEPS = (
    (1600, 80),
    (1600, 65),
    (1600, 50),
    (1200, 50),
    (900, 45),
)  # edge, quality; a picture of noise ends last
# what Pillow raises depends on where the file breaks off
BROKEN = (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, EOFError, struct.error)
ORIENTATION = 0x0112  # of EXIF: how the camera was held
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """`dhash` is signed, as a database keeps 64 bits."""

    jpeg: bytes
    width: int
    height: int
    dhash: int


def clean(sent: bytes) -> Picture:
    """Decode, turn upright, shrink and encode anew, so that EXIF, comments and whatever else came with it stay behind.

    Raises `PhotoUnreadable` for what is no whole JPEG and `PhotoTooManyPixels` before the pixels are decoded.
    """
    pixels = _decoded(sent)
    for edge, quality in STEPS:
        pixels.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        jpeg = _encoded(pixels, quality)
        if len(jpeg) <= MAX_KEPT_BYTES:
            break
    return Picture(jpeg, pixels.width, pixels.height, _dhash(pixels))


def small(jpeg: bytes) -> bytes:
    """The thumbnail of a kept photo."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        image.draft("RGB", (SMALL_EDGE_PX, SMALL_EDGE_PX))
        image.thumbnail((SMALL_EDGE_PX, SMALL_EDGE_PX))
        return _encoded(image, 70)


def _decoded(sent: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(sent), formats=["JPEG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PhotoTooManyPixels()
            image.draft("RGB", (MAX_EDGE_PX, MAX_EDGE_PX))  # a large one is decoded at half or a quarter
            turn = _turn(image)
            upright = (image if turn is None else image.transpose(turn)).convert("RGB")
    except Image.DecompressionBombError:
        raise PhotoTooManyPixels() from None
    except BROKEN:
        raise PhotoUnreadable() from None
    bare = Image.new("RGB", upright.size)  # `save` would take the comment of `upright` along
    bare.paste(upright)
    return bare


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What puts it upright; None where nothing is to be done. EXIF that cannot be read is no fault of the pixels.

    `ImageOps.exif_transpose` would also write the other fields anew, and fails at what cameras put there."""
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION))
    except BROKEN:
        return None


def _encoded(pixels: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    pixels.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _dhash(pixels: Image.Image) -> int:
    """Each of 64 bits says whether a pixel of the 9×8 grey picture is brighter than its neighbour to the right."""
    grey = pixels.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column] > grey[row * 9 + column + 1])
    return bits - (1 << 64) if bits >> 63 else bits
