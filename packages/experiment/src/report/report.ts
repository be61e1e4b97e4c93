import { renderFigure } from '../figures/render';
import type { RunResult } from '../run/result';
import type { Figure } from '../types';
import { anchor, claimsTable } from './claims';
import { html, trusted, type Html } from './html';
import { script, scriptHash } from './script';
import { duration, experimentSection } from './section';
import { style } from './style';

export interface RenderReportOptions {
  /** @default 'Results' */
  readonly title?: string;
  /** Path of an artifact relative to the report, when its file lies there. @default named without a link */
  readonly artifactFile?: (artifact: object) => string;
}

/**
 * One HTML page of some runs: all claims, then a section for each experiment. The page holds everything itself, and its
 * content policy forbids loading anything; every text in it is escaped, whoever wrote the results.
 *
 * @example
 * const page = await renderReport([result], { title: 'Constrained posterior sampling' });
 */
export async function renderReport(
  results: readonly RunResult[],
  { title = 'Results', artifactFile }: RenderReportOptions = {},
): Promise<string> {
  const drawings = new Map<Figure, string>();
  for (const { experiment, figures } of results)
    for (const figure of figures) drawings.set(figure, await drawing(figure, experiment));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">To the results</a>
        <div class="page">
          <header>
            <div>
              <h1>${title}</h1>
              <p class="lead">${headline(results)}</p>
            </div>
            <button class="toggle" type="button" hidden>Dark theme</button>
          </header>
          <main id="main">
            <section class="card" aria-labelledby="claims">
              <h2 id="claims">Claims</h2>
              ${claimsTable(results)}
            </section>
            ${results.length > 1 && contents(results)}
            ${results.map((result) => experimentSection(result, { svg: (figure) => drawings.get(figure)!, artifactFile }))}
          </main>
          <footer><p>Made by @lab/experiment. Nothing in this page is loaded from elsewhere.</p></footer>
        </div>
        ${trusted(`<script>${script}</script>`)}
      </body>
    </html>`;
  return `${page.markup}\n`;
}

/** A figure for the page; its ids carry the experiment, so that two experiments may use one id. */
async function drawing(figure: Figure, experiment: string): Promise<string> {
  return renderFigure({ ...figure, id: `${anchor(experiment)}-${figure.id}` }, { theme: 'adaptive' });
}

function headline(results: readonly RunResult[]): string {
  const claims = results.flatMap((result) => result.claims);
  const held = claims.filter(({ holds }) => holds).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const broken = results.filter(({ status }) => status !== 'completed').length;
  return [
    `${held} of ${claims.length} claims hold`,
    `${results.length} ${results.length === 1 ? 'experiment' : 'experiments'}`,
    ...(broken > 0 ? [`${broken} not completed`] : []),
    duration(seconds),
  ].join(' \u00b7 ');
}

function contents(results: readonly RunResult[]): Html {
  return html`<nav class="card" aria-label="Experiments">
    <ul>
      ${results.map(
        ({ experiment, title, claims }) =>
          html`<li>
            <a href="#${anchor(experiment)}">${title}</a>
            <span class="muted"
              >${claims.filter(({ holds }) => holds).length} of ${claims.length} claims hold</span
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}
