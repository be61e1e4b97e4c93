/** A fenced block of Markdown. */
export interface Block {
  /** `ts`, `js`, `sh`, `text` ... */
  readonly language: string;
  /** The words after the language. */
  readonly flags: readonly string[];
  readonly code: string;
  /** The line of its first code line, from 1. */
  readonly line: number;
  /** The heading it stands under. */
  readonly heading: string;
}

/** A code block that runs as pasted, with what the README says it prints. */
export interface Snippet extends Block {
  readonly output: string | undefined;
}

const code = new Set(['ts', 'typescript', 'js', 'javascript', 'mjs']);
const output = new Set(['', 'text', 'txt', 'console', 'output']);

export function fencedBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { fence: string; info: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const fence = /^\s*(`{3,}|~{3,})(.*)$/.exec(line);
    if (open) {
      if (fence?.[1]?.startsWith(open.fence) && fence[2]?.trim() === '') {
        const [language = '', ...flags] = open.info.split(/\s+/);
        blocks.push({ language, flags, code: open.lines.join('\n'), line: open.line, heading });
        open = undefined;
      } else open.lines.push(line);
    } else if (fence) open = { fence: fence[1]!, info: fence[2]!.trim(), line: index + 2, lines: [] };
    else heading = /^#+\s+(.*)$/.exec(line)?.[1]?.trim() ?? heading;
  }
  return blocks;
}

/**
 * The TypeScript and JavaScript blocks that a reader can paste and run. A block marked as a fragment
 * (`ts fragment`) is left out. A plain text block next under the same heading is what the snippet prints.
 */
export function snippets(markdown: string): Snippet[] {
  const blocks = fencedBlocks(markdown);
  return blocks.flatMap((block, index) => {
    if (!code.has(block.language) || block.flags.includes('fragment')) return [];
    const next = blocks[index + 1];
    const isOutput = next !== undefined && output.has(next.language) && next.heading === block.heading;
    return [{ ...block, output: isOutput ? next.code : undefined }];
  });
}

/** True when `actual` is `expected`, where `...` stands for any text in a line, and alone on a line for any lines. */
export function matchesOutput(actual: string, expected: string): boolean {
  const pattern = expected
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      line.trim() === '...' ? '(?:.*\n)*?' : `${line.trimEnd().split('...').map(escape).join('.*')}[ \\t]*\n`,
    )
    .join('');
  return new RegExp(`^${pattern}$`).test(`${actual.replaceAll('\r\n', '\n').trim()}\n`);
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
