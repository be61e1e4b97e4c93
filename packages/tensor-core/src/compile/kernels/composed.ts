import type { ConvAttrs } from '../../kernels/conv-2d';
import { contract } from '../../kernels/einsum';
import { tf, type Tensor, type Tensor4D } from '../../tf';
import { mapKernel } from '../trace/registry';
import type { TraceBackend } from '../trace/trace-backend';

interface Epilogue {
  readonly activation?: Parameters<typeof tf.backend_util.applyActivation>[1];
  readonly leakyreluAlpha?: number;
}

type FusedInputs = { readonly bias?: Tensor; readonly preluActivationWeights?: Tensor };
type ConvInputs = FusedInputs & { readonly x: Tensor4D; readonly filter: Tensor4D };

/** Kernels that are other kernels one after the other. */
export function mapComposed(): void {
  composed<Record<string, Tensor>, { equation: string }>('Einsum', (inputs, { equation }) =>
    contract(equation, Object.values(inputs)),
  );
  composed<FusedInputs & { a: Tensor; b: Tensor }, Epilogue & { transposeA: boolean; transposeB: boolean }>(
    '_FusedMatMul',
    ({ a, b, ...rest }, attrs) => finish(tf.matMul(a, b, attrs.transposeA, attrs.transposeB), rest, attrs),
  );
  composed<ConvInputs, ConvAttrs & Epilogue>('FusedConv2D', ({ x, filter, ...rest }, attrs) => {
    const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attrs;
    const found: Tensor = tf.conv2d(x, filter, strides, pad, dataFormat, dilations, dimRoundingMode);
    return finish(found, rest, attrs, dataFormat);
  });
  composed<ConvInputs, ConvAttrs & Epilogue>('FusedDepthwiseConv2D', ({ x, filter, ...rest }, attrs) => {
    const { strides, pad, dilations = 1, dimRoundingMode } = attrs;
    const found: Tensor = tf.depthwiseConv2d(x, filter, strides, pad, 'NHWC', dilations, dimRoundingMode);
    return finish(found, rest, attrs);
  });
}

function composed<Inputs, Attrs>(name: string, compose: (inputs: Inputs, attrs: Attrs) => Tensor): void {
  mapKernel<object, Attrs>(name, ({ infos, attrs }) => {
    const { backend } = tf.engine() as unknown as { readonly backend: TraceBackend };
    // The trace frees the tensor of the result, which may be an input handed back.
    return backend.lookUp(tf.tidy(() => compose(infos as unknown as Inputs, attrs)));
  });
}

function finish(
  x: Tensor,
  { bias, preluActivationWeights }: FusedInputs,
  { activation, leakyreluAlpha }: Epilogue,
  dataFormat?: string,
): Tensor {
  // A list of numbers stands for channels, wherever those are.
  const perChannel = (each: Tensor): Tensor =>
    dataFormat === 'NCHW' && each.rank === 1 ? tf.reshape(each, [each.size, 1, 1]) : each;
  const sum: Tensor = bias ? tf.add(x, perChannel(bias)) : x;
  if (activation === undefined) return sum;
  const weights = preluActivationWeights && perChannel(preluActivationWeights);
  return tf.backend_util.applyActivation(sum, activation, weights, leakyreluAlpha);
}
