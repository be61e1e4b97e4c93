import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSentenceEncoderFiles } from '@lab/models/node';
import { expect, test } from 'vitest';

test('the npm package has the files; a folder without them, or with others, is refused', async () => {
  const { arrays, vocabulary } = await loadSentenceEncoderFiles();
  expect(arrays['module/Embeddings_en']!.shape).toEqual([8002, 256]);
  expect(vocabulary).toHaveLength(8000);
  const dir = await mkdtemp(join(tmpdir(), 'lab-models-'));
  try {
    await expect(loadSentenceEncoderFiles({ dir })).rejects.toThrow(/no file model.json/);
    await writeFile(join(dir, 'model.json'), '{');
    await writeFile(join(dir, 'vocab.json'), '[]');
    await expect(loadSentenceEncoderFiles({ dir })).rejects.toThrow(/model.json is not JSON/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
