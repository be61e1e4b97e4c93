// What an edit costs and how good it is, RF-Inversion beside its baselines, on the models of digits that come with @lab/models:
// network evaluations, seconds, and the most memory that a process of its own took above one that has loaded the models.
// `pnpm bench:rivals [images] [what the names of the rows wanted begin with]`. Build first: it measures dist.
import { engine } from '@lab/tensor-core';
import { inOwnProcesses, isRow, machine } from '@lab/testing/bench';
import { methods, scoredBy } from './methods';
import { makeWorld } from './world';

const count = Number(process.argv[2] ?? 16);
const names = Object.keys(methods).filter((name) => name.startsWith(process.argv[3] ?? ''));

async function measure(name: string | undefined) {
  await engine();
  const world = await makeWorld(count);
  if (name === undefined) return undefined;
  const run = methods[name]!;
  // What is compiled is compiled once: the first run is not timed, but where nothing is and the run is long.
  if (!name.startsWith('null-text')) (await run(world)).dispose();
  world.passes.count = 0;
  const start = performance.now();
  const edited = await run(world);
  const seconds = (performance.now() - start) / 1000 / count;
  return { passes: world.passes.count, seconds, ...world.score(edited) };
}

if (!isRow()) {
  console.log(`${machine()}, ${count} images at once, guidance 3`);
  console.log(
    '| method | evaluations | seconds an image | MiB above the models | wanted digit | distance to the image |',
  );
  console.log('|---|---:|---:|---:|---:|---:|');
}
for await (const { name, measured, mebibytes } of inOwnProcesses(names, measure)) {
  const { passes, seconds, wanted, distance } = measured;
  const by = scoredBy(name);
  const quality = [by.wanted ? wanted.toFixed(2) : '', by.distance ? distance.toFixed(3) : ''];
  console.log(`| ${[name, passes, seconds.toFixed(3), mebibytes.toFixed(0), ...quality].join(' | ')} |`);
}
