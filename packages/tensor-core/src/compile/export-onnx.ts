import { isTensor } from '../host/is-tensor';

import { treeFlatten } from '../tree';
import { portable } from './graph/portable';
import { encodeModel } from './onnx/model';
import { traceProgram } from './program';

export interface ExportOnnxOptions {
  /** Name of the graph in the file. @default the function's name */
  readonly name?: string;
  /** Positions of the arguments that are random keys; each draw becomes an input `draw0`, `draw1`, ... @default none */
  readonly keyArguments?: readonly number[];
}

/**
 * A pure function of trees of tensors as an ONNX file (operator set 20), which any ONNX tool reads: a trained model can
 * leave the project. Needs no ONNX Runtime.
 *
 * The tensors of the arguments are the file's inputs, with the shapes of the example: `input0` for a first argument that is
 * a tensor, `input0.path` for the leaves of a tree. Tensors that the function reaches otherwise, such as trained
 * parameters, are in the file. Outputs are `output`, or `output.path` for a tree.
 *
 * @param example arguments to trace the function with
 * @returns the bytes of the file
 * @throws LabError as `compile`
 * @example
 * await writeFile('model.onnx', exportOnnx((x) => network.apply(params, x), [tf.zeros([1, 28, 28, 1])]));
 */
export function exportOnnx<Args extends readonly unknown[]>(
  fn: (...args: Args) => unknown,
  example: Args,
  { name = fn.name === '' ? 'model' : fn.name, keyArguments = [] }: ExportOnnxOptions = {},
): Uint8Array {
  const { trace } = traceProgram(fn, example, keyArguments);
  const names = example.flatMap((argument, position) =>
    keyArguments.includes(position)
      ? []
      : treeFlatten<unknown>(argument).flatMap(([path, leaf]) =>
          isTensor(leaf) ? [joined(`input${position}`, path)] : [],
        ),
  );
  return encodeModel(
    portable({
      name,
      inputs: trace.inputs.map((input, i) => ({ ...input, name: names[i] ?? input.name })),
      outputs: trace.outputs.map(({ path, value }) => ({ name: joined('output', path), value })),
    }),
  );
}

function joined(name: string, path: string): string {
  return path === '' ? name : `${name}.${path}`;
}
