import { fencedBlocks, snippets } from '../readme/blocks';

/** The sections of a package's README in their order: what it is and when to use it stands above the first. */
const sections = [
  { name: 'Install', heading: /install/i, of: 'all' },
  { name: 'Quickstart', heading: /quick\s?start|example|usage/i, of: 'all' },
  { name: 'API', heading: /\bapi\b/i, of: 'all' },
  { name: 'Theory to code', heading: /theory/i, of: 'paper' },
  { name: 'Departures from the paper', heading: /departure/i, of: 'paper' },
  { name: 'Results', heading: /results/i, of: 'paper' },
  { name: 'Cost', heading: /\bcost/i, of: 'paper' },
  { name: 'Limits', heading: /limit/i, of: 'all' },
  { name: 'Citation', heading: /citation|cite/i, of: 'all' },
] as const;

/**
 * What a README lacks or has in the wrong order, one sentence each; empty when it is in order. Other headings may
 * stand between.
 */
export function readmeFaults(markdown: string, kind: 'paper' | 'package'): string[] {
  const prose = markdown.replace(/^(`{3,}|~{3,})[\s\S]*?^\1\s*$/gm, '');
  const faults: string[] = [];
  const title = /^# \S.*$/m.exec(prose);
  if (!title) faults.push('it has no title (# ...)');
  const headings = [...prose.matchAll(/^## (.+)$/gm)].map((match) => ({ text: match[1]!, at: match.index }));
  const intro = prose.slice(title ? title.index + title[0].length : 0, headings[0]?.at).trim();
  if (intro.length < 80) faults.push('above the first section it does not say what it is and when to use it');

  let last = { name: 'the title', at: -1 };
  for (const { name, heading, of } of sections) {
    if (of === 'paper' && kind !== 'paper') continue;
    const found = headings.filter(({ text }) => heading.test(text));
    const next = found.find(({ at }) => at > last.at);
    if (found.length === 0) faults.push(`it has no section "${name}"`);
    else if (!next) faults.push(`section "${name}" must come after "${last.name}"`);
    else last = { name, at: next.at };
  }
  return [...faults, ...notInstalled(markdown)];
}

/** A strict package manager hides what the reader did not install, even where a dependency brings it. */
function notInstalled(markdown: string): string[] {
  const installed = new Set(
    fencedBlocks(markdown)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split('\n'))
      .filter((line) => line.startsWith('npm install '))
      .flatMap((line) => line.split(/\s+/).slice(2)),
  );
  const imported = snippets(markdown).flatMap(({ code }) =>
    [...code.matchAll(/(?:from|import\() ?'((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^']*)?'/g)].map(([, name]) => name!),
  );
  return [...new Set(imported)]
    .filter((name) => !installed.has(name))
    .map((name) => `its code imports ${name}, which no line \`npm install ...\` of it installs`);
}
