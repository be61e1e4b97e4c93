import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import {
  denoising,
  gaussianBlur,
  inpainting,
  motionBlur,
  saturatedBlur,
  stripeMask,
  superResolution,
  type MeasurementOperator,
} from '../operators';
import type { PresetTask } from '../stsl';

/** What happened to an image, and by how much it shrank. */
export interface Degradation {
  readonly preset: PresetTask;
  /** Of the whole image to what was measured. */
  readonly factor: number;
  /** For whole images [height, width, channels]. */
  readonly operator: (image: readonly [height: number, width: number]) => MeasurementOperator;
}

/** The kinds of `--task` and what their numbers are. */
export const taskWords = [
  'super-resolution:FACTOR',
  'blur:SIZE,DEVIATION',
  'motion-blur:SIZE,INTENSITY',
  'saturated-blur:SIZE,DEVIATION',
  'stripes:PERIOD,WIDTH',
  'inpaint (with --mask)',
  'denoise',
] as const;

/** @throws LabError `argument` for another task or other numbers */
export function readTask(text: string, mask: Array64 | undefined): Degradation {
  const [kind = '', rest = ''] = text.split(':', 2);
  const values = rest === '' ? [] : rest.split(',').map(Number);
  const numbers = (...defaults: number[]): number[] => {
    if (values.length > defaults.length || !values.every(Number.isFinite)) throw refusal(text);
    return defaults.map((each, i) => values[i] ?? each);
  };
  switch (kind) {
    case 'super-resolution': {
      const [factor] = numbers(4) as [number];
      const operator = superResolution({ factor });
      return { preset: 'super-resolution', factor, operator: () => operator };
    }
    case 'blur': {
      const [size, deviation] = numbers(13, 2) as [number, number];
      const operator = gaussianBlur({ size, deviation });
      return { preset: 'blur', factor: 1, operator: () => operator };
    }
    case 'saturated-blur': {
      const [size, deviation] = numbers(13, 2) as [number, number];
      const operator = saturatedBlur({ blur: gaussianBlur({ size, deviation }) });
      return { preset: 'blur', factor: 1, operator: () => operator };
    }
    case 'motion-blur': {
      const [size, intensity] = numbers(13, 0.5) as [number, number];
      const operator = motionBlur({ size, intensity, key: key(0) });
      return { preset: 'blur', factor: 1, operator: () => operator };
    }
    case 'stripes': {
      const [period, stripe] = numbers(8, 2) as [number, number];
      return {
        preset: 'inpainting',
        factor: 1,
        operator: ([height, width]) =>
          inpainting(stripeMask({ height, width, period, stripe }), { name: 'stripes' }),
      };
    }
    case 'inpaint': {
      numbers();
      if (!mask)
        throw new LabError('argument', '--task inpaint needs the mask of what is seen', {
          argument: '--mask',
          hint: 'an image of the same size, white where pixels are observed',
        });
      const operator = inpainting(mask);
      return { preset: 'inpainting', factor: 1, operator: () => operator };
    }
    case 'denoise': {
      numbers();
      const operator = denoising();
      return { preset: 'denoising', factor: 1, operator: () => operator };
    }
    default:
      throw refusal(text);
  }
}

function refusal(received: string): LabError {
  return new LabError('argument', '--task is none that is known', {
    argument: '--task',
    received,
    expected: taskWords.join(', '),
  });
}
