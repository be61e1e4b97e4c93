import { formatNumber, isSummary } from '../format';
import type { Summary, Table } from '../types';
import { html, type Html } from './html';

/** A table of an experiment's results; wide ones scroll by themselves, the page does not. */
export function resultTable({ title, columns, rows, note }: Table, experiment: string): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}, ${experiment}">
      <table>
        <caption>
          ${title}
        </caption>
        <thead>
          <tr>
            ${columns.map((column) => (column === '' ? html`<td></td>` : html`<th scope="col">${column}</th>`))}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell, column) => tableCell(cell, column === 0))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${note !== undefined && html`<p class="small muted">${note}</p>`}`;
}

function tableCell(cell: string | number | Summary, isFirst: boolean): Html {
  if (typeof cell === 'string')
    return isFirst && cell !== '' ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`;
  if (!isSummary(cell)) return html`<td class="number">${formatNumber(cell)}</td>`;
  const { mean, low, high, n } = cell;
  const interval = Number.isFinite(low) && Number.isFinite(high);
  const spread = interval ? `${formatNumber(low)} to ${formatNumber(high)}` : 'no interval';
  return html`<td class="number">${formatNumber(mean)}<span class="interval">${spread}, n = ${n}</span></td>`;
}
