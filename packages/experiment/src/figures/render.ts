import { LabError } from '@lab/tensor-core/errors';
import { encodeForVega } from '../schema/numbers';
import type { Figure } from '../types';
import { palettes, paletteVariables, type Theme } from './palette';
import { themeConfig } from './theme';
import { loadVega, refuseAll } from './vega';

export interface RenderFigureOptions {
  /** `adaptive` takes its colours from the page's CSS variables, light ones where there are none. @default 'light' */
  readonly theme?: Theme | 'adaptive';
}

/**
 * Draws a figure as SVG text, without a DOM. The same figure gives the same bytes on every machine. A spec's own `config`
 * stands over the theme's. Nothing is loaded over the network: data must be inline.
 *
 * @throws LabError `format` when the spec is not Vega-Lite, `unsupported` when it names a URL
 * @example
 * const svg = await renderFigure(figure, { theme: 'dark' });
 */
export async function renderFigure(
  { id, title, caption, spec }: Figure,
  { theme = 'light' }: RenderFigureOptions = {},
): Promise<string> {
  const { vega, compile } = await loadVega();
  const loader = vega.loader();
  const { refusal } = refuseAll(loader, id);
  const svg = await draw().catch((cause: unknown) => {
    throw (
      refusal() ??
      new LabError('format', `figure '${id}': the specification cannot be drawn`, {
        argument: 'spec',
        received: cause instanceof Error ? cause.message : String(cause),
        cause,
      })
    );
  });
  const refused = refusal();
  if (refused) throw refused;
  const own = describe(ownIds(svg, id), caption === '' ? title : `${title}. ${caption}`);
  return theme === 'adaptive' ? withVariables(own) : own;

  async function draw(): Promise<string> {
    const config = themeConfig(theme === 'adaptive' ? 'light' : theme);
    // Without a logger of their own they write to the console what a spec could do better.
    const compiled = compile(encodeForVega(spec) as never, { config, logger: vega.logger(vega.None) });
    const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', loader, logLevel: vega.None });
    try {
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  }
}

/** Vega numbers its ids through the whole process; here they start anew and carry the figure's id, to be unique in a page. */
function ownIds(svg: string, id: string): string {
  const names = new Map<string, string>();
  for (const [, name = ''] of svg.matchAll(/\sid="([^"]+)"/g))
    if (!names.has(name)) names.set(name, `${id}-${names.size + 1}`);
  const renamed = (name: string): string => names.get(name) ?? name;
  return svg
    .replace(/\sid="([^"]+)"/g, (_, name: string) => ` id="${renamed(name)}"`)
    .replace(/url\(#([^)]+)\)/g, (_, name: string) => `url(#${renamed(name)})`);
}

/** One picture with one text in its place: the roles that Vega gives to its marks have no text of their own. */
function describe(svg: string, label: string): string {
  return svg
    .replace(/<[a-z][^>]*>/g, (tag) => tag.replace(/\s(?:role|aria-[a-z]+)="[^"]*"/g, ''))
    .replace('<svg ', () => `<svg role="img" aria-label="${escapeXml(label)}" `);
}

/** Replaces the light theme's colours by CSS variables that fall back to them. */
function withVariables(svg: string): string {
  const names = new Map(paletteVariables(palettes.light).map(([name, colour]) => [colour, name]));
  return svg.replace(
    /((?:fill|stroke|stop-color)=")(#[0-9a-f]{6})"/gi,
    (whole, before: string, colour: string) => {
      const name = names.get(colour.toLowerCase());
      return name === undefined ? whole : `${before}var(${name}, ${colour})"`;
    },
  );
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
