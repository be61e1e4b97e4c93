import { LabError } from '@lab/tensor-core/errors';
import { sideInformation, type SideInformation } from './side-information';

/**
 * Numbers of a CSV text, row by row: commas, semicolons or blanks between them, `inf`, `Infinity` or an empty cell for no
 * reading, lines that start with # and empty lines skipped.
 *
 * @throws LabError `format` naming line and column of what is not a number
 */
export function numbersFromCsv(text: string, { name = 'csv' }: { name?: string } = {}): number[][] {
  const rows: number[][] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const cells = /[,;]/.test(trimmed) ? trimmed.split(/\s*[,;]\s*/) : trimmed.split(/\s+/);
    rows.push(
      cells.map((cell, column) => numberOf(cell, `${name}: line ${index + 1}, column ${column + 1}`)),
    );
  });
  return rows;
}

/**
 * Side information from a CSV of standard deviations, a row for each arm played.
 *
 * @throws LabError as `numbersFromCsv` and `sideInformation`
 * @example
 * sideInformationFromCsv('1,inf\n2,1');
 */
export function sideInformationFromCsv(text: string, options: { name?: string } = {}): SideInformation {
  return sideInformation(numbersFromCsv(text, options));
}

function numberOf(cell: string, where: string): number {
  const word = cell.toLowerCase();
  if (word === '' || /^\+?inf(inity)?$/.test(word)) return Infinity;
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new LabError('format', `${where}: not a number`, {
    received: cell,
    expected: 'a number, or inf where playing the row tells nothing of the column',
  });
}
