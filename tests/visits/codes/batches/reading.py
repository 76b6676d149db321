"""Reading a printed sheet as scanners do: PDF pages as pictures, pictures through zbar."""

import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageFilter
from reportlab.lib.units import mm

from visits.codes.batches import pdf

ZBAR = ["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable"]


@pytest.fixture(scope="session")
def zbar() -> str:
    """Without zbar-tools the test is skipped, and with CI=true it fails."""
    if path := shutil.which("zbarimg"):
        return path
    reason = "no zbarimg on this machine (on Debian: apt install zbar-tools)"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def decode(image: Image.Image, folder: Path) -> list[str]:
    """Every address zbar finds in the picture."""
    image.save(folder / "scan.png")
    return subprocess.run([*ZBAR, folder / "scan.png"], capture_output=True, text=True).stdout.split()


def pages(content: bytes, dpi: int) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(BytesIO(content))
    return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]


def texts(content: bytes) -> list[str]:
    """What each page says, without line breaks: that is what was set, whatever it looks like."""
    document = pypdfium2.PdfDocument(BytesIO(content))
    return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def cut_out(page: Image.Image, dpi: int) -> list[Image.Image]:
    """The twelve labels of a page, cut along the marks."""
    left, top = pdf.LEFT / mm, (pdf.A4[1] - pdf.TOP) / mm
    wide, high, dots = pdf.CELL_WIDTH / mm, pdf.CELL_HEIGHT / mm, dpi / 25.4
    corners = [(left + n % pdf.COLUMNS * wide, top + n // pdf.COLUMNS * high) for n in range(pdf.PER_PAGE)]
    return [
        page.crop((round(x * dots), round(y * dots), round((x + wide) * dots), round((y + high) * dots)))
        for x, y in corners
    ]


def grey(image: Image.Image) -> Image.Image:
    """Out of focus, and on grey paper in poor light."""
    return image.point(lambda value: 60 + value * 130 // 255).filter(ImageFilter.GaussianBlur(1))


def askew(image: Image.Image) -> Image.Image:
    return image.rotate(3, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
