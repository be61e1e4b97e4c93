import { LabError } from '@lab/tensor-core/errors';
import { readText } from '@lab/experiment/cli';
import type { TextDocument } from '@lab/datasets/text';

/**
 * Documents of the user's files: of a `.jsonl` each line's `text`, of any other the parts between blank lines put
 * together to at least `least` characters, so that a split by document has something to split.
 *
 * @throws LabError `missing` for a file that cannot be read, `format` naming the line of a JSONL without text
 */
export async function readDocuments(
  cwd: string,
  files: readonly string[],
  { least = 2000 }: { readonly least?: number } = {},
): Promise<TextDocument[]> {
  const documents: TextDocument[] = [];
  for (const file of files) {
    const { text, name } = await readText(cwd, file);
    const parts = file.endsWith('.jsonl') ? jsonLines(text, name) : paragraphs(text, least);
    documents.push(...parts.map((part, i) => ({ name: `${name} ${i + 1}`, text: part })));
  }
  if (documents.every(({ text }) => text.trim() === ''))
    throw new LabError('argument', 'there is no text in the files', {
      argument: 'FILE',
      received: files.length === 0 ? 'no file' : files,
    });
  return documents;
}

function jsonLines(content: string, name: string): string[] {
  return content
    .split('\n')
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      const text = textOf(line);
      if (text !== undefined) return text;
      throw new LabError('format', `${name}: line ${number} is no JSON object with a text`, {
        argument: `line ${number}`,
        expected: '{"text": "..."}',
      });
    });
}

function textOf(line: string): string | undefined {
  try {
    const { text } = JSON.parse(line) as { text?: unknown };
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

function paragraphs(content: string, least: number): string[] {
  const parts: string[] = [];
  for (const paragraph of content.split(/\n{2,}/)) {
    const last = parts.at(-1);
    if (last !== undefined && last.length < least) parts[parts.length - 1] = `${last}\n\n${paragraph}`;
    else parts.push(paragraph);
  }
  return parts.filter((part) => part.trim() !== '');
}
