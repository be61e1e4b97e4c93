// `pnpm --filter @lab/bench bench`: every side of every workload, in turns. Build first: it measures dist.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { engine } from '@lab/tensor-core';
import { inputsFile } from './inputs';
import { measure } from './measure';
import { allAgree, sectionText, type Section } from './report';
import { resultsText } from './results';
import { samplingLoop } from './sampling';
import { findTorch, isPython, sides } from './sides';
import { versionsText } from './versions';
import { workloads } from './workloads';

const all = [...workloads, samplingLoop];
const usage = `bench [--rounds 7] [--seconds 1.5] [--workloads ${all.map(({ name }) => name).join()}]
      [--sides ${sides.map(({ name }) => name).join()}] [--write]

  --rounds     turns of each side
  --seconds    length of a turn, about
  --workloads  which ones, with commas between; --sides likewise
  --write      writes RESULTS.md

The environment variable LAB_PYTHON names the Python that has PyTorch (default python3); without one, its sides are
left out.
`;

/** Those of a list that were named on the command line, in the list's order. */
function chosen<T extends { readonly name: string }>(list: readonly T[], names: string | undefined): T[] {
  const asked = names?.split(',') ?? list.map(({ name }) => name);
  const unknown = asked.find((name) => !list.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`there is no '${unknown}'\n\n${usage}`);
  return list.filter(({ name }) => asked.includes(name));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '1.5' },
      workloads: { type: 'string' },
      sides: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0)) throw new Error(usage);
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);

  const torch = await findTorch();
  const notice = 'missing' in torch ? torch.missing : undefined;
  if (notice !== undefined) tell(notice);
  const taking = chosen(sides, values.sides).filter((side) => !isPython(side) || notice === undefined);

  await engine({ prefer: 'wasm' }); // Weights and batches are drawn here for Python.
  const folder = await mkdtemp(join(tmpdir(), 'lab-bench-'));
  const sections: Section[] = [];
  try {
    for (const { name, title } of chosen(all, values.workloads)) {
      const inputs = join(folder, `${name}.safetensors`);
      await writeFile(inputs, await inputsFile(name));
      const section = { title, results: await measure(name, taking, { rounds, seconds, inputs, tell }) };
      sections.push(section);
      process.stdout.write(`${sectionText(section)}\n\n`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }

  const versions = versionsText('version' in torch ? torch.version : undefined);
  tell(versions);
  if (values.write)
    await writeFile(
      new URL('../RESULTS.md', import.meta.url),
      resultsText(sections, { versions, rounds, seconds, notice }),
    );
  if (!allAgree(sections)) throw new Error('the sides did not compute the same: see the differences');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
