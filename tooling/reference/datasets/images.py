"""Golden images: PNG files of every kind written by Pillow, a JPEG with its decoded values, and resized images.

Run:  python images.py > ../../../packages/datasets/test/golden/images.json
Made with Python 3.11, Pillow 13.0, numpy 2.4, seed 20261128. Optional: nothing in the build needs it.
"""
import base64
import io
import json
import sys

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)

rng = np.random.default_rng(20261128)
height, width = 7, 9
colour = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
smooth = (127 + 100 * np.sin(np.mgrid[0:height, 0:width].sum(0) / 3)).astype(np.uint8)


def packed(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def over_white(image):
    rgba = np.asarray(image.convert("RGBA")).astype(float) / 255
    return (1 - rgba[..., 3:] + rgba[..., 3:] * rgba[..., :3]).ravel().round(9).tolist()


pictures = {
    "grey": Image.fromarray(colour[..., 0], "L"),
    "grey with alpha": Image.fromarray(colour[..., :2].copy(), "LA"),
    "colour": Image.fromarray(colour[..., :3].copy(), "RGB"),
    "colour with alpha": Image.fromarray(colour, "RGBA"),
    "palette": Image.fromarray(colour[..., :3].copy(), "RGB").quantize(8),
    "one bit": Image.fromarray(colour[..., 0], "L").convert("1"),
}
png = [{"kind": kind, "file": packed(image, format="PNG"), "values": over_white(image)} for kind, image in pictures.items()]
sixteen = rng.integers(0, 65536, (height, width), dtype=np.uint16)
png.append({"kind": "grey of 16 bits", "file": packed(Image.fromarray(sixteen), format="PNG"), "values": np.repeat(sixteen.ravel() / 65535, 3).tolist()})

photo = Image.fromarray(np.stack([smooth, smooth[::-1], np.flip(smooth)], -1), "RGB").resize((32, 24), Image.Resampling.BICUBIC)
file = packed(photo, format="JPEG", quality=95, subsampling=0)
decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(file))).convert("RGB"))

source = rng.uniform(0, 1, (height, width)).astype(np.float32)
resized = []
for size in [(3, 4), (7, 9), (5, 20), (14, 3), (1, 1)]:
    out = np.asarray(Image.fromarray(source, "F").resize((size[1], size[0]), Image.Resampling.BILINEAR))
    resized.append({"height": size[0], "width": size[1], "values": out.ravel().tolist()})

json.dump(
    {
        "shape": [height, width],
        "png": png,
        "jpeg": {"file": file, "shape": list(decoded.shape), "values": decoded.ravel().tolist()},
        "resize": {"source": source.ravel().tolist(), "results": resized},
    },
    sys.stdout,
)
