import { formatNumber } from '../format';
import type { ExecutionRecord, RunResult } from '../run/result';
import type { Figure } from '../types';
import { anchor } from './claims';
import { html, trusted, type Html } from './html';
import { resultTable } from './table';

export interface SectionOptions {
  /** Rendered SVG of a figure. */
  readonly svg: (figure: Figure) => string;
  /** Path of an artifact relative to the report; undefined names it without a link. */
  readonly artifactFile: ((artifact: object) => string) | undefined;
}

/** One experiment: what it asks, its figures and tables, and all that is needed to repeat it. */
export function experimentSection(result: RunResult, { svg, artifactFile }: SectionOptions): Html {
  const id = anchor(result.experiment);
  return html`<section class="card" id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${result.title}</h2>
    <p class="small muted">
      ${result.experiment} &middot; ${result.scale} scale &middot; seed ${result.seed} &middot;
      ${duration(result.seconds)}
    </p>
    ${statusNotice(result)}
    <p>${result.summary}</p>
    ${
      result.figures.length > 0 &&
      html`<h3>Figures</h3>
        <div class="figures">${result.figures.map((figure) => figureBlock(figure, svg(figure)))}</div>`
    }
    ${result.tables.length > 0 && html`<h3>Tables</h3>`}
    ${result.tables.map((table) => resultTable(table, result.experiment))}
    ${result.artifacts.length > 0 && artifactList(result, artifactFile)}
    <h3>Repeat it</h3>
    <pre><code>${result.command}</code></pre>
    ${runDetails(result)}
  </section>`;
}

function figureBlock({ title, caption }: Figure, svg: string): Html {
  return html`<figure>
    <div class="scroll">${trusted(svg)}</div>
    <figcaption><b>${title}.</b> ${caption}</figcaption>
  </figure>`;
}

function statusNotice({ status, error }: RunResult): Html | false {
  if (status === 'completed') return false;
  if (status === 'aborted')
    return html`<p class="notice" role="note">The run was stopped. What was finished by then is shown.</p>`;
  return html`<p class="notice" role="note">The run failed: ${error?.message ?? 'no reason is known'}</p>`;
}

function artifactList({ artifacts }: RunResult, artifactFile: SectionOptions['artifactFile']): Html {
  return html`<h3>Files</h3>
    <ul>
      ${artifacts.map((artifact) => {
        const { name, bytes } = artifact;
        const label = artifactFile ? html`<a href="${artifactFile(artifact)}">${name}</a>` : name;
        return html`<li>${label} <span class="muted">${fileSize(bytes)}</span></li>`;
      })}
    </ul>`;
}

function executionText({ choice, compiler, threads }: ExecutionRecord): string {
  if (compiler === undefined) return choice === 'auto' ? 'eager (auto, nothing to compile with)' : choice;
  const by = `by ${compiler}, ${threads ?? 1} thread(s)`;
  return choice === 'auto' ? `auto: compiled where worth it, ${by}` : `${choice} ${by}`;
}

function runDetails(result: RunResult): Html {
  const { environment: on, peakMemory, settings, facts, log } = result;
  const rows: readonly (readonly [string, string])[] = [
    ['Status', result.status],
    ['Started', result.started],
    ['Seconds', formatNumber(result.seconds)],
    ...(peakMemory === undefined ? [] : [['Peak memory', fileSize(peakMemory)] as const]),
    ['Data', result.data.join(', ')],
    ['Ran on', `${on.runtime}, ${on.platform}, ${on.cpu}, ${on.cores} cores`],
    ...(on.engine === undefined ? [] : [['Engine', on.engine] as const]),
    ...(on.execution === undefined ? [] : [['Execution', executionText(on.execution)] as const]),
    [
      'Packages',
      Object.entries(on.packages)
        .map((pair) => pair.join(' '))
        .join(', '),
    ],
    ...Object.entries(facts).map(
      ([name, value]) => [name, typeof value === 'number' ? formatNumber(value) : value] as const,
    ),
  ];
  return html`<details>
    <summary>Settings, environment and facts</summary>
    <dl>
      ${rows.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <pre><code>${JSON.stringify(settings, null, 2)}</code></pre>
    ${log.length > 0 && html`<pre>${log.join('\n')}</pre>`}
  </details>`;
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${formatNumber(Number(seconds.toPrecision(2)))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${formatNumber(Number((bytes / 1024).toFixed(1)))} KiB`;
  return `${formatNumber(Math.round(bytes / 1024 ** 2))} MiB`;
}
