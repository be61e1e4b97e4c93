import { LabError } from '@lab/tensor-core/errors';

/** Element types that states, times and conditions may have in a file. */
export type OnnxDtype = 'float32' | 'float16' | 'float64' | 'int32' | 'int64';

/** A tensor of the runtime. */
export interface OnnxTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** What a file says of an input or output. Sizes that are left open are names. */
export interface OnnxValue {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

export interface OnnxSession {
  readonly inputMetadata: readonly OnnxValue[];
  readonly outputMetadata: readonly OnnxValue[];
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
}

/** The parts of `onnxruntime-node` (or `onnxruntime-web`, which has the same) that are used. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: OnnxDtype, data: OnnxData, dims: readonly number[]) => OnnxTensor;
}

export type OnnxData = Float32Array | Float64Array | Uint16Array | Int32Array | BigInt64Array;

/** @throws LabError `missing` when onnxruntime-node is not installed or does not load */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    // As a CommonJS module it may have its exports under `default` alone.
    const loaded: { readonly default?: unknown } = await import('onnxruntime-node');
    return ('InferenceSession' in loaded ? loaded : loaded.default) as OnnxRuntime;
  } catch (cause) {
    throw new LabError('missing', 'onnxDenoiser: onnxruntime-node is not installed, or does not load', {
      received: firstLine(cause),
      hint: 'npm install onnxruntime-node; in a browser pass onnxruntime-web as `runtime`',
      cause,
    });
  }
}

/**
 * @throws LabError `format` when the runtime does not take the file, `unsupported` for an execution provider that it does
 * not have
 */
export async function startOnnxSession(
  { InferenceSession }: OnnxRuntime,
  model: string | Uint8Array,
  { providers, threads }: { readonly providers: readonly string[]; readonly threads: number | undefined },
): Promise<OnnxSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: providers,
      ...(threads !== undefined && { intraOpNumThreads: threads }),
    });
  } catch (cause) {
    const said = firstLine(cause);
    const isProvider = /provider|backend/i.test(said);
    throw new LabError(
      isProvider ? 'unsupported' : 'format',
      isProvider
        ? 'onnxDenoiser: the runtime does not have this execution provider'
        : 'onnxDenoiser: the runtime does not take this file',
      {
        argument: isProvider ? 'executionProviders' : 'model',
        received: isProvider ? providers : said,
        ...(isProvider && { hint: said }),
        cause,
      },
    );
  }
}

/** What the runtime says of an error, without the places in its own code that follow. */
export function firstLine(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  return said.split('\n', 1)[0] ?? said;
}
