// Pulls a second of the policies, beside the same policies as plain NumPy loops where Python has NumPy (LAB_PYTHON names the
// interpreter), with the regret of both at the end; and milliseconds a program, beside HiGHS.
// `pnpm bench [rounds] [replications of the reference]`.
import { cpus, availableParallelism } from 'node:os';
import { key, uniform64 } from '@lab/tensor-core/random';
import { graphFeedback, erdosRenyiGraph, policyFrom, regretConstant, regretConstantByHighs, simulate, type PolicySpec } from '../src'; // prettier-ignore
import { informant, standard, star } from '../src/experiments/instances';
import { runReference } from './reference';

const horizon = Number(process.argv[2] ?? 100_000);
const replications = Number(process.argv[3] ?? 3);

const pairs: { policy: 'asymptotic' | 'ucb' | 'thompson'; spec: PolicySpec }[] = [
  { policy: 'asymptotic', spec: { kind: 'asymptotic', logLogWeight: 0 } },
  { policy: 'ucb', spec: { kind: 'ucb', logLogWeight: 1 } },
  { policy: 'thompson', spec: { kind: 'thompson' } },
];

const million = (pulls: number, seconds: number): string => `${(pulls / seconds / 1e6).toFixed(3)} M/s`;
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const errorOf = (values: readonly number[]): number =>
  Math.sqrt(meanOf(values.map((each) => (each - meanOf(values)) ** 2)) / Math.max(1, values.length - 1));

console.log(
  `${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}, ${horizon} rounds`,
);
for (const instance of [standard, star, informant]) {
  const { arms, sigma } = instance.information;
  for (const { policy, spec } of pairs) {
    const options = {
      policy: policyFrom(spec, instance.information),
      means: instance.means,
      horizon,
      key: key(0),
    };
    await simulate({ ...options, replications: 2 }); // warms up
    const ours = await simulate({ ...options, replications: 20 });
    const line = `${instance.id.padEnd(10)} ${policy.padEnd(10)} here ${million(ours.cost.pulls, ours.cost.seconds)}`;
    const reference = runReference({
      means: instance.means,
      sigma: Array.from({ length: arms }, (_, j) =>
        Array.from(sigma.subarray(j * arms, (j + 1) * arms), (each) => (each === Infinity ? null : each)),
      ),
      policy,
      horizon,
      replications,
      checkpoints: [horizon],
      seed: 0,
    });
    if (typeof reference === 'string') {
      console.log(`${line}; NumPy loop ${reference}`);
      continue;
    }
    const theirs = reference.regret.map((curve) => curve.at(-1)!);
    const ratio = ours.cost.pulls / ours.cost.seconds / (reference.pulls / reference.seconds);
    const distance =
      Math.abs(meanOf(theirs) - ours.mean.at(-1)!) / Math.hypot(errorOf(theirs), ours.error.at(-1)!);
    console.log(
      `${line}, NumPy loop ${million(reference.pulls, reference.seconds)}: ${ratio.toFixed(0)} times; regret ` +
        `${ours.mean.at(-1)!.toFixed(0)} +- ${ours.error.at(-1)!.toFixed(0)} and ${meanOf(theirs).toFixed(0)} +- ` +
        `${errorOf(theirs).toFixed(0)} (${distance.toFixed(1)} standard errors apart)`,
    );
  }
}

for (const arms of [10, 50, 100, 300]) {
  const sizes = uniform64(key(2), arms * arms, { low: 0.3, high: 3 });
  const information = graphFeedback(erdosRenyiGraph(arms, { p: 3 / arms, key: key(1) }), {
    deviation: Array.from({ length: arms }, (_, j) => sizes.subarray(j * arms, (j + 1) * arms)),
  });
  const means = uniform64(key(3), arms);
  // Until the compiler has seen it often enough.
  const rounds = arms < 100 ? 500 : 30;
  for (let n = 0; n < rounds; n++) regretConstant(means, information);
  await regretConstantByHighs(means, information);
  const start = performance.now();
  for (let n = 0; n < rounds; n++) regretConstant(means, information);
  const middle = performance.now();
  for (let n = 0; n < 30; n++) await regretConstantByHighs(means, information);
  const end = performance.now();
  console.log(`program, ${arms} arms: simplex ${((middle - start) / rounds).toFixed(2)} ms, HiGHS ${((end - middle) / 30).toFixed(2)} ms`); // prettier-ignore
}
const { rss } = process.memoryUsage();
console.log(`memory of the process: ${(rss / 2 ** 20).toFixed(0)} MiB`);
