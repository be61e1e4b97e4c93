import { choice, slider } from '../../page/controls';
import { pictures } from '../../page/pictures';
import { anyView, type View } from '../../page/view';
import type { Colours, StyleInput, StyleProgress, StyleResult } from './compute';

const styles = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`style-${i}`, `style ${i + 1}`]));
const digits = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`digit-${i}`, String(i)]));
const number = ({ value }: { readonly value: string }): number => Number(value.split('-')[1]);

export const create = anyView(({ changed }): View<StyleInput, StyleProgress, StyleResult> => {
  const digit = choice({ label: 'Prompt: the digit', options: digits, value: 'digit-4', onInput: changed });
  const style = choice({
    label: 'Style of the reference',
    options: styles,
    value: 'style-1',
    onInput: changed,
  });
  const shown = choice({
    label: 'Digit of the reference',
    options: digits,
    value: 'digit-7',
    onInput: changed,
  });
  const eta = slider({ label: 'Step size eta', min: 0, max: 0.3, step: 0.01, value: 0.1, onInput: changed });
  const seed = slider({ label: 'Seed', min: 0, max: 99, step: 1, value: 0, onInput: changed });

  const options = { side: 8, channels: 3, size: 112 } as const;
  const reference = pictures({ ...options, title: 'The reference' });
  const plain = pictures({ ...options, title: 'Without the controller' });
  const styled = pictures({ ...options, title: 'With the controller' });
  const row = (what: string, images: readonly Colours[]) =>
    images.map((pixels, i) => ({ label: `${what}, sample ${i + 1}`, caption: `sample ${i + 1}`, pixels }));

  return {
    controls: [digit.root, style.root, shown.root, eta.root, seed.root],
    figures: [reference.root, plain.root, styled.root],
    input: () => ({
      digit: number(digit),
      style: number(style),
      shown: number(shown),
      eta: eta.value,
      seed: seed.value,
    }),
    progress({ stage, done, images }) {
      (stage === 'plain' ? plain : styled).show(row(`The digit ${number(digit)} on its way`, images));
      return { done, text: stage === 'plain' ? 'Sampling without the controller' : 'Sampling with it' };
    },
    result({ reference: pixels, plain: before, styled: after, costs, modelCalls, seconds }) {
      const what = `The digit ${number(digit)}`;
      const label = `The digit ${number(shown)} in style ${number(style) + 1}`;
      reference.show([{ label, caption: label, pixels }]);
      plain.show(row(`${what} in any style`, before));
      styled.show(row(`${what} in the style of the reference`, after));
      return `Distance to the reference's colours and textures: ${costs.plain.toFixed(2)} without, ${costs.styled.toFixed(3)} with the controller. ${modelCalls} calls of the flow, ${seconds.toFixed(1)} s.`;
    },
  };
});
