// How good a restoration is for what it costs: STSL beside every baseline on digits, at a quarter of their side or with a hole, by
// the diffusion model of them that comes with @lab/models; step sizes are chosen on other digits. Then the headline: how many evaluations
// each needs for one quality. `pnpm bench:quality [images] [beginnings of the rows' names, | between] [super-resolution or box]`.
// Build first: it measures dist.
import { engine } from '@lab/tensor-core';
import { inOwnProcesses, isRow, machine } from '@lab/testing/bench';
import { digits, rows, tasks, type Row, type Trial } from './digits';

const count = Number(process.argv[2] ?? 4);
const task = (process.argv[4] ?? 'super-resolution') as keyof typeof tasks;
const labelOf = ({ method, steps }: Row): string => `${method}, ${steps} steps`;
const beginnings = (process.argv[3] ?? '').split('|');
const wanted = rows.filter((row) => beginnings.some((each) => labelOf(row).startsWith(each)));

async function bestStrength({ strengths, steps, tuned, run }: Row, trial: Trial): Promise<number> {
  let best = { strength: strengths[0]!, decibels: -Infinity };
  for (const strength of strengths.length > 1 ? strengths : []) {
    const { latents } = await run(trial.problem, Math.min(steps, tuned), strength);
    const { decibels } = await trial.score(latents);
    latents.dispose();
    if (decibels > best.decibels) best = { strength, decibels };
  }
  return best.strength;
}

async function measure(label: string | undefined) {
  await engine();
  const trialOf = await digits(tasks[task]);
  const trial = trialOf(0, count);
  if (label === undefined) return undefined;
  const row = rows.find((each) => labelOf(each) === label)!;
  const strength = await bestStrength(row, trialOf(100, count));
  const { latents, stats } = await row.run(trial.problem, row.steps, strength);
  const { nfePaper, scoreEvaluations, seconds } = stats;
  return { strength, nfePaper, scoreEvaluations, seconds: seconds / count, ...(await trial.score(latents)) };
}

type Found = NonNullable<Awaited<ReturnType<typeof measure>>> & { readonly method: string };

/** The fewest evaluations with which a method comes within this many decibels of a quality. */
const slack = 0.25;
function fewest(found: readonly Found[], method: string, goal: number): string {
  const enough = found
    .filter((each) => each.method === method && each.decibels >= goal - slack)
    .sort((a, b) => a.scoreEvaluations - b.scoreEvaluations)[0];
  return enough ? `${enough.nfePaper} (${enough.scoreEvaluations} of the score)` : 'none of these';
}

if (!isRow()) {
  console.log(`${machine()}, ${count} images at once, ${task}`);
  console.log(
    '| method | step size | evaluations | of the score | seconds an image | MiB above the model | PSNR (dB) | feature distance |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|');
}
const found: Found[] = [];
for await (const { name, measured, mebibytes } of inOwnProcesses(wanted.map(labelOf), measure)) {
  const { strength, nfePaper, scoreEvaluations, seconds, decibels, distance } = measured;
  found.push({ ...measured, method: rows.find((row) => labelOf(row) === name)!.method });
  const cells = [seconds.toFixed(2), mebibytes.toFixed(0), decibels.toFixed(2), distance.toFixed(3)];
  console.log(`| ${[name, strength, nfePaper, scoreEvaluations, ...cells].join(' | ')} |`);
}
for (const reference of ['STSL', 'PSLD']) {
  const own = found.filter(({ method }) => method === reference);
  if (own.length === 0) continue;
  const goal = Math.max(...own.map(({ decibels }) => decibels));
  console.log(
    `\nWithin ${slack} dB of the best of ${reference} (${goal.toFixed(2)} dB): ` +
      ['STSL', 'PSLD'].map((method) => `${method} ${fewest(found, method, goal)}`).join(', '),
  );
}
