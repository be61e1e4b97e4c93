// What a styled sample costs and how near it comes to the style: both controllers and AFA beside every baseline, on the flow of digits
// that comes with @lab/models. Memory is the most that a process of its own took above one that has loaded the models.
// `pnpm bench:rivals [images] [what the names of the rows wanted begin with]`. Build first: it measures dist.
import { engine } from '@lab/tensor-core';
import { inOwnProcesses, isRow, machine } from '@lab/testing/bench';
import { methods } from './methods';
import { makeWorld } from './world';

const count = Number(process.argv[2] ?? 16);
const names = Object.keys(methods).filter((name) => name.startsWith(process.argv[3] ?? ''));
/** Training is most of their time, and warms up in its first steps. */
const isTrained = (name: string): boolean => name.includes('LoRA');

async function measure(name: string | undefined) {
  await engine();
  const world = await makeWorld(count);
  if (name === undefined) return undefined;
  const run = methods[name]!;
  if (!isTrained(name)) (await run(world)).dispose();
  world.passes.count = 0;
  const start = performance.now();
  const samples = await run(world);
  const seconds = (performance.now() - start) / 1000 / count;
  return { passes: world.passes.count, seconds, ...(await world.score(samples)) };
}

if (!isRow()) {
  console.log(`${machine()}, ${count} images at once, 20 steps`);
  console.log(
    '| method | evaluations | seconds an image | MiB above the models | distance to the style | digit right |',
  );
  console.log('|---|---:|---:|---:|---:|---:|');
}
for await (const { name, measured, mebibytes } of inOwnProcesses(names, measure)) {
  const { passes, seconds, style, right } = measured;
  const cells = [seconds.toFixed(3), mebibytes.toFixed(0), style.toPrecision(2), right.toFixed(2)];
  console.log(`| ${[name, passes, ...cells].join(' | ')} |`);
}
