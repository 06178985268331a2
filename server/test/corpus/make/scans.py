"""Scans: printed pages with the turn, the grain and the shades of a scanner. Usage: scans.py FOLDER PAGE.png ..."""
import random
import sys
from pathlib import Path

from PIL import Image, ImageFilter

FOLDER = Path(sys.argv[1])
english, german = (Image.open(path).convert("L") for path in sys.argv[2:4])


def scanned(page, degrees, seed):
    page = page.rotate(degrees, expand=True, fillcolor=250, resample=Image.BICUBIC).filter(ImageFilter.GaussianBlur(0.4))
    random.seed(seed)
    noise = Image.effect_noise(page.size, 18)
    return Image.blend(page, noise, 0.06)


scanned(english, 0.6, 1).save(FOLDER / "scan-en.pdf", "PDF", resolution=150, quality=60)
scanned(german, -0.5, 2).convert("L").quantize(16).save(FOLDER / "scan-de.png", optimize=True, dpi=(150, 150))
scanned(english, 0.3, 3).rotate(90, expand=True).save(FOLDER / "turned-en.jpg", quality=55, dpi=(150, 150))
german.save(FOLDER / "notice-de.webp", quality=50)
fax = [page.point(lambda value: 255 if value > 150 else 0).convert("1") for page in (english, german)]
fax[0].save(FOLDER / "fax.tiff", save_all=True, append_images=fax[1:], compression="group4", dpi=(150, 150))
