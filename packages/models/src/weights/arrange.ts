import { storedShape, sizeOf, type Weight } from './weight';

/** A weight's values in the order of its tree, from those of the file's array. */
export function fromStored(weight: Weight, values: Float32Array): Float32Array {
  const { shape, stored } = weight;
  const whole = inRows(weight, values);
  if (!stored.part) return whole;
  const { index, of } = stored.part;
  const width = shape.at(-1)!;
  const rows = sizeOf(shape) / width;
  const part = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const from = (row * of + index) * width;
    part.set(whole.subarray(from, from + width), row * width);
  }
  return part;
}

/** The file's array from its parts in the order of the tree (one, where it is not shared), in the order of their indices. */
export function toStored(weight: Weight, parts: readonly Float32Array[]): Float32Array {
  const { shape, stored } = weight;
  const { outputs, inputs, places } = sides(weight);
  const whole = stored.part ? sideBySide(parts, shape.at(-1)!) : parts[0]!;
  if (stored.layout === undefined || stored.layout === 'same') return whole;
  const turned = new Float32Array(whole.length);
  for (let place = 0; place < places; place++)
    for (let input = 0; input < inputs; input++)
      for (let output = 0; output < outputs; output++)
        turned[(output * inputs + input) * places + place] =
          whole[(place * inputs + input) * outputs + output]!;
  return turned;
}

function inRows(weight: Weight, values: Float32Array): Float32Array {
  if (weight.stored.layout === undefined || weight.stored.layout === 'same') return values;
  const { outputs, inputs, places } = sides(weight);
  const turned = new Float32Array(values.length);
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let place = 0; place < places; place++)
        turned[(place * inputs + input) * outputs + output] =
          values[(output * inputs + input) * places + place]!;
  return turned;
}

/** The file's array seen as [outputs, inputs, places]; a linear layer has one place. */
function sides(weight: Weight): {
  readonly outputs: number;
  readonly inputs: number;
  readonly places: number;
} {
  const [outputs = 1, inputs = 1, ...places] = storedShape(weight);
  return { outputs, inputs, places: sizeOf(places) };
}

function sideBySide(parts: readonly Float32Array[], width: number): Float32Array {
  const rows = parts[0]!.length / width;
  const whole = new Float32Array(parts.length * parts[0]!.length);
  parts.forEach((part, index) => {
    for (let row = 0; row < rows; row++)
      whole.set(part.subarray(row * width, (row + 1) * width), (row * parts.length + index) * width);
  });
  return whole;
}
