import type { RunResult } from '../run/result';
import type { Claim } from '../types';
import { html, type Html } from './html';

/** Every claim of every run with what was measured, in one table that turns into cards on a phone. */
export function claimsTable(results: readonly RunResult[]): Html {
  const groups = results.filter(({ claims }) => claims.length > 0);
  if (groups.length === 0) return html`<p class="muted">No claim was measured.</p>`;
  return html`<table class="claims" aria-labelledby="claims">
    <thead>
      <tr>
        <th scope="col">Claim</th>
        <th scope="col">Paper</th>
        <th scope="col">Measured</th>
        <th scope="col">Criterion</th>
        <th scope="col">Holds</th>
      </tr>
    </thead>
    ${groups.map(
      ({ experiment, title, claims }) =>
        html`<tbody>
          ${
            results.length > 1 &&
            html`<tr class="group">
              <th colspan="5" scope="rowgroup"><a href="#${anchor(experiment)}">${title}</a></th>
            </tr>`
          }
          ${claims.map(claimRow)}
        </tbody>`,
    )}
  </table>`;
}

function claimRow({ statement, paper, measured, criterion, holds }: Claim): Html {
  return html`<tr>
    <td>${statement}</td>
    <td data-label="Paper">${paper}</td>
    <td data-label="Measured">${measured}</td>
    <td data-label="Criterion">${criterion}</td>
    <td>
      ${holds ? html`<span class="badge good">holds</span>` : html`<span class="badge bad">does not hold</span>`}
    </td>
  </tr>`;
}

/** The id of an experiment's section. */
export function anchor(experiment: string): string {
  return experiment.replaceAll('/', '-');
}
