import { tensorSpace, type Denoiser, type Prediction } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  loadOnnxRuntime,
  startOnnxSession,
  type OnnxRuntime,
  type OnnxSession,
  type OnnxTensor,
  type OnnxValue,
  firstLine,
} from './runtime';
import { assertFits, decode, dtypeOf, encode } from './values';

export interface OnnxDenoiserOptions<Condition> {
  /** What the network puts out. */
  readonly predicts: Prediction;
  /** Names of the file's inputs for the state and the time. */
  readonly inputs: { readonly x: string; readonly t: string };
  /** Name of the file's output. @default its only one */
  readonly output?: string | undefined;
  /**
   * The file's other inputs by name, such as the states of a text. The tensors stay the caller's.
   *
   * @default the condition itself where the file has one more input, nothing where it has none
   */
  readonly condition?: ((condition: Condition) => Readonly<Record<string, Tensor>>) | undefined;
  /** What the network is told of a time in (0, 1], such as `(t) => 1000 * t - 1`. @default t itself */
  readonly time?: ((t: number) => number) | undefined;
  /** Where the file has the channels of states [batch, height, width, channels]. @default 'last' */
  readonly channels?: 'first' | 'last' | undefined;
  /** What computes, the first that can: `cpu`, `cuda`, `dml`, `coreml` ... @default ['cpu'] */
  readonly executionProviders?: readonly string[] | undefined;
  /** Threads of the CPU provider. @default the runtime's own choice */
  readonly threads?: number | undefined;
  /** The runtime, such as onnxruntime-web. @default onnxruntime-node */
  readonly runtime?: OnnxRuntime | undefined;
}

export interface OnnxDenoiser<Condition> extends Denoiser<Tensor, Condition> {
  /** What the file takes and gives. Sizes that are left open are names. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  dispose(): void;
}

/**
 * A denoiser or velocity field in an ONNX file, whoever exported it. States, times and conditions are turned into the
 * types that the file has (float32, float16, float64, int32, int64); predictions are float32. Gradients do not pass.
 *
 * @param model the file's path or bytes
 * @throws LabError `missing` without onnxruntime-node, `format` for what is no ONNX file, `unsupported` for an execution
 * provider that the runtime lacks or another element type, `argument` for a name that the file does not have; when it
 * predicts, `shape` where the file wants another shape, `argument` where it has an input that nobody feeds
 * @example
 * const denoiser = await onnxDenoiser('unet/model.onnx', {
 *   predicts: 'epsilon',
 *   inputs: { x: 'sample', t: 'timestep' },
 *   condition: (text: Tensor) => ({ encoder_hidden_states: text }),
 *   time: (t) => 1000 * t - 1,
 *   channels: 'first',
 * });
 */
export async function onnxDenoiser<Condition = Tensor>(
  model: string | Uint8Array,
  options: OnnxDenoiserOptions<Condition>,
): Promise<OnnxDenoiser<Condition>> {
  const { predicts, time = (t) => t, channels = 'last', executionProviders = ['cpu'], threads } = options;
  const runtime = options.runtime ?? (await loadOnnxRuntime());
  const start = async (): Promise<OnnxSession> =>
    startOnnxSession(runtime, model, { providers: executionProviders, threads });
  const first = await start();
  const { inputMetadata: inputs, outputMetadata: outputs } = first;
  const [state, times] = [
    named(inputs, options.inputs.x, 'inputs.x'),
    named(inputs, options.inputs.t, 'inputs.t'),
  ];
  const output = outputOf(outputs, options.output);
  const others = inputs.filter((input) => input !== state && input !== times);
  for (const value of [state, times, output, ...others]) dtypeOf(value);

  let session: Promise<OnnxSession> | undefined = Promise.resolve(first);
  return {
    predicts,
    space: tensorSpace,
    inputs,
    outputs,
    async predict(x, t, condition) {
      const given = conditionsOf(others, condition, options.condition);
      const isTurned = channels === 'first' && x.rank === 4;
      const turned = isTurned ? tf.transpose(x, [0, 3, 1, 2]) : x;
      try {
        assertFits(state, turned.shape, 'x');
        const feeds: Record<string, OnnxTensor> = {
          [state.name]: encode(runtime, state, { data: await turned.data(), shape: turned.shape }),
          [times.name]: encode(runtime, times, timesFor(times, x.shape[0], time(t))),
        };
        for (const [input, tensor] of given) {
          assertFits(input, tensor.shape, `condition.${input.name}`);
          feeds[input.name] = encode(runtime, input, { data: await tensor.data(), shape: tensor.shape });
        }
        const results = await run(await (session ??= start()), feeds, output.name);
        const y = decode(output.name, results[output.name]!);
        const back = isTurned && y.rank === 4 ? tf.tidy(() => tf.transpose(y, [0, 2, 3, 1])) : tf.clone(y);
        y.dispose();
        return predictionOf(back, x.shape, output.name);
      } finally {
        if (isTurned) turned.dispose();
      }
    },
    dispose() {
      const ended = session;
      session = undefined;
      void ended?.then(async (open) => open.release());
    },
  };
}

function named(values: readonly OnnxValue[], name: string, argument: string): OnnxValue {
  const found = values.find((value) => value.name === name);
  if (found) return found;
  throw new LabError('argument', 'onnxDenoiser: the file has no input or output of this name', {
    argument,
    received: name,
    expected: values.map((value) => value.name).join(', '),
  });
}

function outputOf(outputs: readonly OnnxValue[], name: string | undefined): OnnxValue {
  if (name !== undefined) return named(outputs, name, 'output');
  if (outputs.length === 1) return outputs[0]!;
  throw new LabError('argument', 'onnxDenoiser: the file has several outputs, say which one predicts', {
    argument: 'output',
    expected: outputs.map((value) => value.name).join(', '),
  });
}

/** The file's other inputs, each with its tensor. */
function conditionsOf<Condition>(
  others: readonly OnnxValue[],
  condition: Condition | undefined,
  name: OnnxDenoiserOptions<Condition>['condition'],
): (readonly [OnnxValue, Tensor])[] {
  const only = others.length === 1 && condition instanceof tf.Tensor ? others[0]!.name : undefined;
  const given: Readonly<Record<string, Tensor>> =
    name && condition !== undefined
      ? name(condition)
      : only === undefined
        ? {}
        : { [only]: condition as unknown as Tensor };
  for (const each of Object.keys(given)) named(others, each, 'condition');
  return others.map((input) => {
    const tensor = given[input.name];
    if (tensor) return [input, tensor] as const;
    throw new LabError('argument', `onnxDenoiser: nothing is given for the file's input ${input.name}`, {
      argument: 'condition',
      expected: others.map((value) => value.name).join(', '),
      received: condition === undefined ? 'no condition' : Object.keys(given),
      hint: 'say by the option `condition` which tensor each input gets',
    });
  });
}

/** One time for all, in the shape that the file has: a scalar, one entry, or one for each state. */
function timesFor(input: OnnxValue, batch: number, t: number): { data: number[]; shape: number[] } {
  const sizes = input.shape ?? [];
  if (sizes.length === 0) return { data: [t], shape: [] };
  const count = sizes[0] === 1 ? 1 : batch;
  const shape = [count, ...sizes.slice(1).map(() => 1)];
  assertFits(input, shape, 't');
  return { data: Array<number>(count).fill(t), shape };
}

async function run(
  session: OnnxSession,
  feeds: Readonly<Record<string, OnnxTensor>>,
  output: string,
): Promise<Readonly<Record<string, OnnxTensor>>> {
  try {
    return await session.run(feeds, [output]);
  } catch (cause) {
    throw new LabError('shape', 'onnxDenoiser: the runtime refused the inputs while it computed', {
      received: Object.entries(feeds).map(([name, { dims }]) => `${name} [${dims.join(',')}]`),
      hint: firstLine(cause),
      cause,
    });
  }
}

function predictionOf(y: Tensor, expected: readonly number[], output: string): Tensor {
  if (y.shape.join() === expected.join()) return y;
  const received = y.shape;
  y.dispose();
  throw new LabError('shape', `onnxDenoiser: the output ${output} is no prediction for the state`, {
    argument: 'output',
    expected,
    received,
    hint: "a file of PyTorch has its channels first: channels: 'first'",
  });
}
