"""A camera that sees what a test draws: Chromium plays a Y4M file in place of the picture.

Y4M is uncompressed: one header line, then per frame the word FRAME and the three planes of YUV 4:2:0.
"""

from pathlib import Path

from PIL import Image, ImageFilter

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 480, 10
WALL = (182, 178, 170)


def switches(film: Path) -> list[str]:
    """What Chromium is started with. The file is read anew each time a page opens the camera."""
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def at_the_door(sheet: Image.Image, *, width: int = 330, turned: float = 4.0) -> Image.Image:
    """What a hand-held phone sees of a printed label: small, a little askew, a little soft, on a grey wall."""
    frame = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    label = sheet.convert("RGB")
    label.thumbnail((width, HEIGHT - 40))
    label = label.rotate(turned, expand=True, fillcolor=WALL, resample=Image.Resampling.BICUBIC)
    frame.paste(label, ((WIDTH - label.width) // 2, (HEIGHT - label.height) // 2))
    return frame.filter(ImageFilter.GaussianBlur(0.6))


def wall() -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), WALL)


def film(path: Path, pictures: list[Image.Image]) -> None:
    """Each picture for one frame; Chromium begins again after the last."""
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for picture in pictures:
            light, blue, red = picture.convert("YCbCr").split()
            half = (WIDTH // 2, HEIGHT // 2)
            out.write(b"FRAME\n" + light.tobytes())
            out.write(blue.resize(half).tobytes() + red.resize(half).tobytes())
