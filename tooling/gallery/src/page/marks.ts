import { s } from './element';

/** What is drawn in a plot, in the units of its axes. Colours are numbers of the palette. */
export type Mark =
  | { readonly kind: 'line'; readonly x: Numbers; readonly y: Numbers; readonly style?: LineStyle }
  | {
      readonly kind: 'band';
      readonly x: Numbers;
      readonly low: Numbers;
      readonly high: Numbers;
      readonly colour: number;
    }
  | {
      readonly kind: 'points';
      readonly x: Numbers;
      readonly y: Numbers;
      readonly colour: number;
      readonly radius?: number;
      readonly shape?: 'disc' | 'ring' | 'cross';
    }
  | { readonly kind: 'level'; readonly y: number; readonly colour: number; readonly grip?: boolean };

type Numbers = ArrayLike<number>;

export interface LineStyle {
  readonly colour?: number;
  readonly width?: number;
  readonly dash?: string;
  readonly opacity?: number;
}

export interface Frame {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
}

/** The colour of a number of the palette, as style sheets know it. */
export const colourOf = (index: number): string => `var(--c${index})`;

export function drawMark(mark: Mark, { x, y, left, right }: Frame): SVGElement {
  switch (mark.kind) {
    case 'line': {
      const { colour = 0, width = 2, dash, opacity } = mark.style ?? {};
      const style = `stroke: ${colourOf(colour)}`;
      const attributes = { 'stroke-width': width, 'stroke-dasharray': dash, opacity };
      return s('path', { d: path(mark.x, mark.y, x, y), fill: 'none', style, ...attributes });
    }
    case 'band': {
      const there = path(mark.x, mark.high, x, y);
      const back = path(Array.from(mark.x).reverse(), Array.from(mark.low).reverse(), x, y);
      const d = there && back ? `${there}L${back.slice(1)}Z` : '';
      return s('path', { d, opacity: 0.16, style: `fill: ${colourOf(mark.colour)}` });
    }
    case 'points':
      return s('g', {}, ...Array.from(mark.x, (at, i) => pointAt(x(at), y(mark.y[i]!), mark)));
    case 'level': {
      const at = y(mark.y);
      const style = `stroke: ${colourOf(mark.colour)}`;
      const line = s('line', { x1: left, x2: right, y1: at, y2: at, 'stroke-width': 2, style });
      if (!mark.grip) return line;
      const fill = `fill: ${colourOf(mark.colour)}`;
      return s(
        'g',
        {},
        line,
        s('rect', { x: right - 30, y: at - 6, width: 24, height: 12, rx: 6, style: fill }),
      );
    }
  }
}

function pointAt(
  cx: number,
  cy: number,
  { colour, radius = 5, shape = 'disc' }: Extract<Mark, { kind: 'points' }>,
): SVGElement {
  const paint = colourOf(colour);
  if (shape === 'cross') {
    const d = `M${cx - radius} ${cy - radius}l${2 * radius} ${2 * radius}m0 ${-2 * radius}l${-2 * radius} ${2 * radius}`;
    return s('path', { d, 'stroke-width': 2.5, style: `stroke: ${paint}` });
  }
  if (shape === 'ring')
    return s('circle', {
      cx,
      cy,
      r: radius,
      'stroke-width': 2,
      style: `fill: var(--card); stroke: ${paint}`,
    });
  return s('circle', { cx, cy, r: radius, style: `fill: ${paint}` });
}

/** Values that are not finite leave a gap. */
function path(xs: Numbers, ys: Numbers, x: Frame['x'], y: Frame['y']): string {
  let d = '';
  let isDown = false;
  for (let i = 0; i < xs.length; i++) {
    const [px, py] = [x(xs[i]!), y(ys[i]!)];
    const isDrawn = Number.isFinite(px) && Number.isFinite(py);
    if (isDrawn) d += `${isDown ? 'L' : 'M'}${px.toFixed(1)} ${py.toFixed(1)}`;
    isDown = isDrawn;
  }
  return d;
}
