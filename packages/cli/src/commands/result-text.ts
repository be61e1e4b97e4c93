import { formatNumber, formatSummary, isSummary, type RunResult, type Table } from '@lab/experiment';
import { formatSeconds } from '../terminal/progress';

/** One run for a reader at a terminal: its claims and tables. */
export function resultText(result: RunResult): string {
  const { experiment, title, scale, seed, seconds, peakMemory, status, claims, tables } = result;
  const cost = [`${scale} scale`, `seed ${seed}`, formatSeconds(seconds)];
  if (peakMemory !== undefined) cost.push(`peak ${Math.round(peakMemory / 2 ** 20)} MiB`);
  const lines = [`${experiment}  ${title}`, `  ${status}: ${cost.join(', ')}`];
  for (const { statement, measured, criterion, paper, holds } of claims)
    lines.push(
      `  ${holds ? 'holds        ' : 'does not hold'}  ${statement}`,
      `                 measured: ${measured}; criterion: ${criterion}; paper: ${paper}`,
    );
  for (const table of tables) lines.push('', ...tableLines(table).map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

/** `4 of 5 claims hold`, with those that do not. */
export function claimsLine(results: readonly RunResult[]): string {
  const claims = results.flatMap((result) =>
    result.claims.map((claim) => ({ ...claim, of: result.experiment })),
  );
  if (claims.length === 0) return 'no claim was measured';
  const failing = claims.filter(({ holds }) => !holds);
  const names = failing.map(({ of, id }) => `${of}: ${id}`).join(', ');
  return `${claims.length - failing.length} of ${claims.length} claims hold${names && ` (not: ${names})`}`;
}

function tableLines({ title, columns, rows, note }: Table): string[] {
  const cells = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [title, ...cells.map(line), ...(note === undefined ? [] : [note])];
}

function cellText(cell: Table['rows'][number][number]): string {
  if (typeof cell === 'string') return cell;
  return isSummary(cell) ? formatSummary(cell) : formatNumber(cell);
}
