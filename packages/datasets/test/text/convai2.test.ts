import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPersonaDialogues } from '../../src/text';
import { loadConvai2 } from '../../src/node';

test('personas and turns, one dialogue after another', () => {
  const text =
    "1 your persona: i row.\n2 your persona: i read.\n3 hi ?\thello .\n4 bye\tciao .\t\ta|b\n1 your persona: i cook.\n2 partner's persona: i sail.\n3 yo\tyo .\n";
  expect(readPersonaDialogues(text)).toEqual([
    {
      persona: ['i row.', 'i read.'],
      turns: [
        { said: 'hi ?', reply: 'hello .' },
        { said: 'bye', reply: 'ciao .' },
      ],
    },
    { persona: ['i cook.'], turns: [{ said: 'yo', reply: 'yo .' }] },
  ]);
  expect(() => readPersonaDialogues('1 your persona: a\n2 no reply\n')).toThrow(/line 2 has no reply/);
  expect(() => readPersonaDialogues('x\n')).toThrow(/line 1 does not begin/);
});

const folder = process.env['LAB_DATA_DIR'] ?? join(import.meta.dirname, '../../../../../shared/data');

test.skipIf(!existsSync(join(folder, 'convai2-valid.txt')))('the file has 1,000 dialogues', async () => {
  const { dialogues, licence } = await loadConvai2(folder);
  expect(dialogues).toHaveLength(1000);
  expect(dialogues[0]!.persona[0]).toBe('i read twenty books a year.');
  expect(dialogues.reduce((sum, { turns }) => sum + turns.length, 0)).toBe(7801);
  expect(licence).toMatch(/do not republish/);
});
