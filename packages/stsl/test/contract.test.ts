import { fromRows, identity, type Array64 } from '@lab/tensor-core/linalg64';
import { methodCase, notApplicable, paperContract, type AnyMethodCase, type MethodRun } from '@lab/testing';
import {
  diffPir,
  dps,
  gmlDps,
  ldps,
  linearAutoencoder,
  linearProblem,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stslSample,
  type RestorationMethod,
} from '../src';
import { fixture, trained } from './support';

interface Input {
  readonly y: Array64;
}

const problemOf = ({ y }: Input) =>
  linearProblem({
    prior: fixture(trained),
    matrix: fromRows([[1, 0.5]]),
    y,
    autoencoder: linearAutoencoder({ basis: identity(2) }),
  });
const rows = [0.8, -0.5, 0.3];
const of = (values: readonly number[]): Input => ({
  y: { shape: [values.length, 1], data: Float64Array.from(values) },
});

function restoration(
  name: string,
  run: (input: Input, run: MethodRun) => Promise<{ latents: Array64 }>,
  random: boolean,
): AnyMethodCase {
  return methodCase<Input, { latents: Array64 }>({
    name,
    input: () => of(rows),
    run,
    numbers: ({ latents }) => latents,
    random,
    withNaN: () => of([0.8, NaN, 0.3]),
    empty: () => of([]),
    single: () => of([0.8]),
    abort: true,
    saved: notApplicable('latents are plain numbers'),
    batch: random
      ? { prefixes: () => [of(rows.slice(0, 1)), of(rows.slice(0, 2))], rtol: 1e-9, atol: 1e-9 }
      : { members: () => rows.map((value) => of([value])), rtol: 1e-9, atol: 1e-9 },
  });
}

const method = (each: RestorationMethod, random = false): AnyMethodCase =>
  restoration(
    each.name,
    (input, { key, signal, onStep }) =>
      runMethod(problemOf(input), each, {
        steps: 6,
        // From the encoded measurement a run draws nothing of its own.
        init: 'ddimForward',
        key,
        signal,
        onStep,
      }),
    random,
  );

paperContract(import.meta.dirname, {
  methods: [
    restoration('STSL', (input, run) => stslSample(problemOf(input), { steps: 6, ...run }), true),
    restoration(
      'STSL, first order',
      (input, run) => stslSample(problemOf(input), { steps: 6, eta: 0, ...run }),
      false,
    ),
    method(ldps()),
    method(dps(), true),
    method(gmlDps()),
    method(psld()),
    method(momentMatched({ deviation: 0.3 })),
    method(diffPir({ deviation: 0.3 })),
    method(reSample({ every: 3 }), true),
    method(p2l()),
  ],
});
