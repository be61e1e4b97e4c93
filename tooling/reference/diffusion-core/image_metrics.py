"""Golden values of image metrics: SSIM and PSNR by scikit-image, the distance of feature maps by the lpips package's own parts.

Run:  python image_metrics.py > ../../../packages/diffusion-core/test/golden/image-metrics.json
Made with Python 3.11, numpy 2.4, scikit-image 0.26, torch 2.15, lpips 0.1.4, seed 20261128. Optional: nothing in the build needs it.
"""
import json
import sys

try:
    import numpy as np
    import torch
    from lpips import normalize_tensor, spatial_average
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed", file=sys.stderr)
    sys.exit(0)

rng = np.random.default_rng(20261128)
height, width, channels = 14, 17, 2
rows, columns = np.mgrid[0:height, 0:width]
truth = np.stack([np.sin(rows / 3 + k) * np.cos(columns / 4) for k in range(channels)], -1)
noisy = np.clip(truth + 0.2 * rng.standard_normal(truth.shape), -1, 1).round(4)
truth = truth.round(4)


def ssim(window, sigma):
    # truncate fixes scikit-image's window: radius = int(truncate * sigma + 0.5).
    assert window == 2 * int(3.5 * sigma + 0.5) + 1
    return structural_similarity(
        truth, noisy, data_range=2, channel_axis=-1, gaussian_weights=True, sigma=sigma, use_sample_covariance=False
    )


features = [rng.standard_normal((2, 2, 3, 3)).round(4), rng.standard_normal((2, 1, 2, 4)).round(4)]
others = [rng.standard_normal(each.shape).round(4) for each in features]
weights = [rng.uniform(0, 1, each.shape[-1]).round(4) for each in features]
distance = 0
for a, b, w in zip(features, others, weights):
    a, b = (torch.tensor(np.moveaxis(each, -1, 1)) for each in (a, b))
    squared = (normalize_tensor(a) - normalize_tensor(b)) ** 2 * torch.tensor(w)[None, :, None, None]
    distance = distance + spatial_average(squared.sum(1, keepdim=True)).flatten()

json.dump(
    {
        "truth": truth.ravel().tolist(),
        "noisy": noisy.ravel().tolist(),
        "shape": [1, height, width, channels],
        "psnr": peak_signal_noise_ratio(truth, noisy, data_range=2),
        "ssim": [{"window": 11, "deviation": 1.5, "value": ssim(11, 1.5)}, {"window": 7, "deviation": 0.9, "value": ssim(7, 0.9)}],
        "features": [{"shape": list(a.shape), "a": a.ravel().tolist(), "b": b.ravel().tolist(), "weights": w.tolist()} for a, b, w in zip(features, others, weights)],
        "featureDistance": distance.tolist(),
    },
    sys.stdout,
)
