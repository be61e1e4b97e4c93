import { differs, tolerance, type LeftOut, type Measured } from './measure';
import { median, ratio } from './statistics';
import { table } from './table';

export interface Section {
  readonly title: string;
  readonly results: readonly (Measured | LeftOut)[];
}

const isMeasured = (result: Measured | LeftOut): result is Measured => 'wall' in result;
const measuredOf = ({ results }: Section): Measured[] => results.filter(isMeasured);

/** The side of this kind with as many threads, if it took part. */
const find = (section: Section, kind: Measured['side']['kind'], threads: number) =>
  measuredOf(section).find(({ side }) => side.kind === kind && side.threads === threads);

/** True if all sides of all sections computed the same. */
export function allAgree(sections: readonly Section[]): boolean {
  return sections.every((section) => {
    const results = measuredOf(section);
    return results.every((each) => differs(each, results[0]!) <= tolerance);
  });
}

/** The table of one workload. */
export function sectionText(section: Section): string {
  const results = measuredOf(section);
  const first = results[0];
  if (!first) return `## ${section.title}\n\n${leftOutText(section)}`;
  const rows = results.map((each) => {
    const { side } = each;
    const eager = find(section, 'eager', 1);
    const torch = find(section, 'torch', side.threads);
    const difference = differs(each, first);
    return [
      side.title,
      middle(each.wall),
      middle(each.cpu),
      String(Math.round(each.peakBytes / 1e6)),
      eager && each !== eager ? ratio(eager.wall, each.wall).median.toFixed(1) : '',
      torch && each !== torch ? spread(each.wall, torch.wall) : '',
      torch && each !== torch ? ratio(each.cpu, torch.cpu).median.toFixed(2) : '',
      each === first ? '' : difference <= tolerance ? difference.toExponential(0) : `**${difference}**`,
    ];
  });
  const head = [
    'side',
    'wall, ms',
    'CPU, ms',
    'peak, MB',
    'times faster than eager',
    "wall of PyTorch eager's",
    "CPU of PyTorch eager's",
    'difference',
  ];
  const about = `${first.weights.toLocaleString('en')} weights. ${othersText(results)}`;
  return [`## ${section.title}`, about, table(head, rows), leftOutText(section)].filter(Boolean).join('\n\n');
}

/** Whether the machine was ours. */
function othersText(results: readonly Measured[]): string {
  const cores = results.flatMap(({ others }) => others);
  const most = Math.max(...cores).toFixed(2);
  return `Other processes kept ${median(cores).toFixed(2)} cores at work meanwhile, at most ${most} in a turn.`;
}

function leftOutText({ results }: Section): string {
  return results
    .flatMap((each) =>
      isMeasured(each) ? [] : [`- ${each.side.title}: left out. ${withoutFolders(each.error)}`],
    )
    .join('\n');
}

/** Results are published: a file's name may stand in an error, its place on this machine may not. */
export function withoutFolders(text: string): string {
  return text.replace(/(?<=^|[\s('"`])(?:file:\/\/)?(?:[A-Za-z]:)?[\\/](?:[^\s\\/]+[\\/])+/g, '');
}

/** What the project asks of `compile`, one row a workload. */
export function summaryText(sections: readonly Section[]): string {
  const rows = sections.map((section) => [
    section.title,
    ...[1, 2].map((threads) => {
      const [eager, compiled] = [find(section, 'eager', 1), find(section, 'compiled', threads)];
      return eager && compiled ? ratio(eager.wall, compiled.wall).median.toFixed(1) : '';
    }),
    ...[1, 2].map((threads) => {
      const [compiled, torch] = [find(section, 'compiled', threads), find(section, 'torch', threads)];
      return compiled && torch ? spread(compiled.wall, torch.wall) : '';
    }),
  ]);
  const head = [
    'compiled',
    'times faster than eager: 1 thread',
    '2 threads',
    "wall of PyTorch eager's: 1 thread each",
    '2 threads each',
  ];
  return table(head, rows);
}

const middle = (rounds: readonly number[]): string => {
  const value = median(rounds);
  return value.toFixed(value < 10 ? 2 : 1);
};

/** The ratio, and between what it lay. */
function spread(above: readonly number[], below: readonly number[]): string {
  const { median, lowest, highest } = ratio(above, below);
  return `${median.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
}
