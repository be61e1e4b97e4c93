import { discoverPapers, type Paper } from '../discovery/papers';
import type { Io } from '../terminal/io';
import { isLabError } from '@lab/tensor-core/errors';

/** One paper as `lab list --json` prints it. */
export interface ListedPaper {
  readonly id: string;
  readonly title: string;
  readonly arxiv?: string;
  readonly package: string;
  readonly version: string;
  readonly experiments: readonly {
    readonly id: string;
    readonly title: string;
    readonly summary: string;
    readonly data: readonly string[];
  }[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** Why the package could not be loaded, when it could not. */
  readonly problem?: string;
}

/** `lab list`: the installed papers with their experiments and verbs. */
export async function list({ json }: { readonly json: boolean }, io: Io): Promise<number> {
  const papers: ListedPaper[] = [];
  for (const paper of discoverPapers(io)) papers.push(await describePaper(paper));
  if (json) {
    io.stdout(`${JSON.stringify(papers, undefined, 2)}\n`);
    return 0;
  }
  if (papers.length === 0)
    io.stdout('No paper is installed here. Install one, for example: npm install @lab/cps\n');
  for (const paper of papers) io.stdout(text(paper));
  return 0;
}

async function describePaper(paper: Paper): Promise<ListedPaper> {
  const about = {
    id: paper.id,
    title: paper.title,
    ...(paper.arxiv === undefined ? {} : { arxiv: paper.arxiv }),
    package: paper.package,
    version: paper.version,
  };
  try {
    const experiments = await paper.experiments();
    const commands = await paper.commands();
    return {
      ...about,
      experiments: experiments.map(({ id, title, summary, data }) => ({ id, title, summary, data })),
      commands: commands.map(({ name, summary }) => ({ name, summary })),
    };
  } catch (error) {
    // One broken package must not hide the others.
    const problem = isLabError(error) ? error.message : String(error);
    return { ...about, experiments: [], commands: [], problem };
  }
}

function text({
  id,
  title,
  arxiv,
  package: name,
  version,
  experiments,
  commands,
  problem,
}: ListedPaper): string {
  const lines = [`${id}  ${title}`, `  ${name} ${version}${arxiv === undefined ? '' : `, arXiv ${arxiv}`}`];
  if (problem !== undefined) lines.push(`  cannot be loaded: ${problem}`);
  for (const experiment of experiments) {
    lines.push(
      `  lab run ${id}/${experiment.id}`,
      `      ${experiment.title} (data: ${experiment.data.join(', ')})`,
    );
  }
  for (const { name: verb, summary } of commands) lines.push(`  lab ${id} ${verb}`, `      ${summary}`);
  return `${lines.join('\n')}\n`;
}
