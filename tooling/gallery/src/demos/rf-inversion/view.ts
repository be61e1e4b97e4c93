import digits from 'virtual:gallery/digits';
import { choice, slider } from '../../page/controls';
import { pictures } from '../../page/pictures';
import { anyView, type View } from '../../page/view';
import type { EditInput, EditProgress, EditResult, Pixels } from './compute';

const stages = {
  inverting: 'To the noise of the image',
  editing: 'Back, as the wanted digit',
  reconstructing: 'Back, as whatever it was',
} as const;

export const create = anyView((): View<EditInput, EditProgress, EditResult> => {
  const labels = digits.labels.map((label, i) => `a ${label}, number ${1 + (i % 3)}`);
  const image = choice({
    label: 'Image, of those that no model was trained on',
    options: Object.fromEntries(labels.map((label, i) => [`image-${i}`, label])),
    value: 'image-21',
  });
  const target = choice({
    label: 'Shall become',
    options: Object.fromEntries(Array.from({ length: 10 }, (_, digit) => [`digit-${digit}`, `a ${digit}`])),
    value: 'digit-1',
  });
  const gamma = slider({
    label: 'gamma, to fresh noise on the way there',
    min: 0,
    max: 1,
    step: 0.1,
    value: 0.3,
  });
  const eta = slider({ label: 'eta, to the image on the way back', min: 0, max: 1, step: 0.1, value: 0.7 });
  const stop = slider({ label: 'Steps of 28 in which eta pulls', min: 0, max: 28, step: 1, value: 6 });
  const guidance = slider({ label: 'Guidance to the wanted digit', min: 1, max: 6, step: 0.5, value: 4 });
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0 });

  const options = { side: 28, channels: 1 } as const;
  const results = pictures({ ...options, title: 'There and back', size: 148 });
  const way = pictures({ ...options, title: 'The way to the edited image', size: 76 });
  const now = pictures({ ...options, title: 'At work', size: 76 });
  const number = (control: { readonly value: string }): number => Number(control.value.split('-')[1]);
  const wanted = (): number => number(target);

  return {
    controls: [image.root, target.root, gamma.root, eta.root, stop.root, guidance.root, seed.root],
    figures: [results.root, way.root, now.root],
    input: () => ({
      image: number(image),
      target: wanted(),
      gamma: gamma.value,
      eta: eta.value,
      stop: stop.value,
      guidance: guidance.value,
      seed: seed.value,
    }),
    progress({ stage, done, image: pixels }) {
      now.show([{ label: `The state while computing: ${stages[stage]}`, caption: stages[stage], pixels }]);
      return { done, text: stages[stage] };
    },
    result({ original, noise, edited, reconstructed, strip, chances, error, modelCalls, seconds }) {
      const item = (caption: string, pixels: Pixels, label = caption) => ({ caption, label, pixels });
      results.show([
        item('image', original, `The image: ${labels[number(image)]!}`),
        item('its noise', noise, 'Its structured noise'),
        item(`as a ${wanted()}`, edited, `The edit; the classifier reads a ${chances.reads}`),
        item('reconstructed', reconstructed, `The reconstruction, off by ${error.toFixed(2)}`),
      ]);
      way.show(strip.map((pixels, i) => item(`step ${4 * (i + 1)}`, pixels)));
      now.show([]);
      return `A classifier reads the edit as a ${chances.reads}; it gives the wanted digit ${(100 * chances.after).toFixed(0)} %, before ${(100 * chances.before).toFixed(0)} %. The reconstruction is off by ${error.toFixed(2)} (root mean square, paper \u22121, ink 1). ${modelCalls} runs of the network, ${seconds.toFixed(1)} s.`;
    },
  };
});
