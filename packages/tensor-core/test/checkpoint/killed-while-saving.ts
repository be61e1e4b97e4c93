import { fileCheckpoints } from '../../src/checkpoint/file-checkpoints';
import { hostArray } from '../../src/io/host-array';

/*
 * Saves one checkpoint after another until it is killed. Of checkpoint n every value is n, so the reader can tell a
 * whole one from a mixture; the step is told once it is safe.
 */
const store = fileCheckpoints(process.argv[2]!);
const latest = await store.load();
for (let step = (latest?.step ?? 0) + 1; ; step++) {
  const weights = hostArray({
    shape: [200_000],
    dtype: 'float32',
    data: new Float32Array(200_000).fill(step),
  });
  await store.save({ step, trees: { params: { weights } }, json: { step } });
  process.stdout.write(`${step}\n`);
}
