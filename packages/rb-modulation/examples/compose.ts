// One denoiser, one style reference, and three companions from other papers: a hard constraint, an inverted image, a measurement.
import { glyphs } from '@lab/datasets';
import {
  clampEstimate,
  controlToFloat64,
  pointsDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  toFloat64,
} from '@lab/diffusion-core';
import { engine, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { bounds, compileConstraints, constrain } from '@lab/cps';
import { editFlow, invertFlow } from '@lab/rf-inversion';
import { imageProblem, identityAutoencoder, stsl, superResolution } from '@lab/stsl';
import { describe, descriptorCost, momentDescriptor, proximalSoc } from '@lab/rb-modulation';

await engine({ prefer: 'wasm' });
// The model: coloured glyphs have an exact flow. A trained network takes its place.
const all = glyphs();
const images = { shape: [640, 8, 8, 3], data: all.images };
const schedule = rectifiedFlowSchedule();
const labels = all.glyphs.map(({ digit }) => digit);
const denoiser = pointsDenoiser({ points: images, labels, deviation: 0.05, schedule, space: tensorSpace });

// The style: that of a seven; what is asked for is a four.
const number = all.glyphs.findIndex(({ digit, style }) => digit === 7 && style === 5);
const image = (index: number) =>
  tf.tensor4d(Float32Array.from(images.data.subarray(192 * index, 192 * (index + 1))), [1, 8, 8, 3]);
const reference = image(number);
const descriptor = momentDescriptor(images);
const target = await describe(descriptor, reference);
const cost = descriptorCost([{ descriptor, target }]);
const style = proximalSoc(cost, { eta: 0.1 });
const likeness = (x: tf.Tensor): string => (1 - tf.tidy(() => cost.losses(x).dataSync()[0]!)).toFixed(2);
const run = { schedule, steps: 20, key: key(1), condition: [4] };

const { samples: plain } = await sample(denoiser, { ...run, shape: [1, 8, 8, 3] });
console.log(`without control: style ${likeness(plain)}`);

// With a hard constraint: no pixel is darker than -0.6 or brighter than 0.8, to 1e-9.
const projector = compileConstraints(bounds({ lower: -0.6, upper: 0.8 }), { shape: [192, 1] });
const { samples: bounded } = await sample(toFloat64(flat(denoiser)), {
  ...run,
  shape: [1, 192, 1],
  controls: [controlToFloat64(proximalSoc(flatCost(), { eta: 0.1 })), constrain(projector)],
});
const range = [Math.min(...bounded.data), Math.max(...bounded.data)];
const boundedImage = tf.tensor4d(Float32Array.from(bounded.data), [1, 8, 8, 3]);
console.log(
  `bounded: style ${likeness(boundedImage)}, from ${range[0]!.toFixed(1)} to ${range[1]!.toFixed(1)}`,
);

// After the inversion of an image: a four of another style is pulled towards itself for the first steps, and takes on the style.
const source = image(all.glyphs.findIndex(({ digit, style }) => digit === 4 && style === 2));
const inversion = await invertFlow(denoiser, source, { gamma: 0, steps: 20 });
const eta = { kind: 'constant', value: 0.9, stop: 4 } as const;
const edited = await editFlow(denoiser, inversion, { condition: [4], eta, controls: [style], key: key(3) });
console.log(`inverted: style ${likeness(source)} before, ${likeness(edited.image)} after`);

// With a measurement: a coarse image of a four, and pixels that stay in range.
const operator = superResolution({ factor: 2, kernel: 'average' });
const y = operator.forward(source);
const autoencoder = identityAutoencoder();
const problem = imageProblem({ denoiser, schedule, autoencoder, operator, y });
const measured = await stsl(problem, { eta: 0, inner: 3, step: { kind: 'lipschitz', lambda: 0.25 } });
const { samples: restored } = await sample(denoiser, {
  ...run,
  condition: [-1],
  shape: [1, 8, 8, 3],
  controls: [clampEstimate({ low: -1, high: 1 }), measured],
});
const residual = tf.tidy(() => tf.max(tf.abs(tf.sub(operator.forward(restored), y))).dataSync()[0]!);
console.log(`measured: off by ${residual.toFixed(1)} at most`);

for (const each of [reference, plain, boundedImage, source, edited.image, y, restored]) each.dispose();
inversion.dispose();

/** The same denoiser of flat images [B, 192, 1], as constraints see them. */
function flat(inner: typeof denoiser): typeof denoiser {
  const square = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 8, 8, 3]);
  return {
    ...inner,
    predict: (x, t, condition) =>
      tf.tidy(() => tf.reshape(inner.predict(square(x), t, condition) as tf.Tensor, x.shape)),
  };
}

function flatCost() {
  return descriptorCost([{ descriptor, target }], { decode: (z) => tf.reshape(z, [-1, 8, 8, 3]) });
}
