import { LabError } from '@lab/tensor-core/errors';
import { textWidth } from './text-width';
import { embeddedPng } from './pictures';

type Vega = typeof import('vega');

/** Vega and Vega-Lite, loaded when the first figure is drawn: they are large. */
export async function loadVega(): Promise<{ vega: Vega; compile: typeof import('vega-lite').compile }> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // There is one text measure in Vega for the process, and it would use a canvas package where one happens to be installed.
  Object.assign((vega as unknown as { textMetrics: object }).textMetrics, {
    width: (item: { fontSize?: number }, text: unknown) => textWidth(longestLine(text), item.fontSize ?? 11),
    canvas: () => undefined,
  });
  return { vega, compile };
}

export type Loader = ReturnType<Vega['loader']>;

/** Makes a loader refuse everything. Vega draws on after a refusal, so the first one is kept for the caller. */
export function refuseAll(loader: Loader, figure: string): { readonly refusal: () => Error | undefined } {
  let first: LabError | undefined;
  const refuse = (url: unknown): LabError =>
    (first ??= new LabError(
      'unsupported',
      `figure '${figure}': a figure holds its data itself and loads nothing`,
      {
        argument: 'spec',
        received: url,
      },
    ));
  Object.assign(loader, {
    load: (url: unknown) => Promise.reject(refuse(url)),
    // A rejected link would crash Vega in a promise that nobody holds; an empty one is drawn and thrown away.
    sanitize: (url: unknown) => {
      // A picture that is in the figure itself needs no loading.
      if (typeof url === 'string' && url.startsWith(embeddedPng)) return Promise.resolve({ href: url });
      refuse(url);
      return Promise.resolve({ href: '' });
    },
  });
  return { refusal: () => first };
}

function longestLine(text: unknown): string {
  const all = Array.isArray(text) ? (text as unknown[]) : [text ?? ''];
  return all.map(String).reduce((a, b) => (b.length > a.length ? b : a), '');
}
