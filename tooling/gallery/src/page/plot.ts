import { h, s } from './element';
import { colourOf, drawMark, type Frame, type LineStyle, type Mark } from './marks';
import { scaleOf, ticks, type Axis } from './scale';

export interface LegendEntry extends LineStyle {
  readonly label: string;
  readonly shape?: 'line' | 'disc' | 'ring' | 'cross';
}

export interface PlotState {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  readonly legend?: readonly LegendEntry[];
  /** The text in place of the picture for who does not see it. */
  readonly description: string;
}

export interface Plot {
  readonly root: HTMLElement;
  readonly surface: SVGSVGElement;
  update(change: Partial<PlotState>): void;
  /** Where a pointer is, in the units of the axes; its y distance to a value in pixels is `pixels(y)`. */
  at(event: PointerEvent): { readonly x: number; readonly y: number };
  pixelsPerY(): number;
}

const margin = { top: 10, right: 12, bottom: 42, left: 48 };

/** A figure that draws itself anew, in the width that it has, whenever its state changes. */
export function plot(initial: PlotState, { height = 320 } = {}): Plot {
  let state = initial;
  let width = 640;
  const surface = s('svg', { role: 'img', height, focusable: 'false' });
  const legend = h('ul', { class: 'legend' });
  const title = h('figcaption', { class: 'figure-title' }, state.title);
  const root = h('figure', {}, title, surface, legend);

  const scales = () => ({
    x: scaleOf(state.x, margin.left, width - margin.right),
    y: scaleOf(state.y, height - margin.bottom, margin.top),
  });
  /** Marks end where the axes do, but for half a disc at the sides. */
  const inner = ({ left, right }: { left: number; right: number }) => {
    const box = {
      x: left - 9,
      y: margin.top - 2,
      width: right - left + 18,
      height: height - margin.top - margin.bottom + 4,
    };
    return { ...box, viewBox: `${box.x} ${box.y} ${box.width} ${box.height}` };
  };
  const draw = (): void => {
    const { x, y } = scales();
    const frame = { x: x.at, y: y.at, left: margin.left, right: width - margin.right };
    surface.setAttribute('viewBox', `0 0 ${width} ${height}`);
    surface.setAttribute('width', String(width));
    surface.setAttribute('aria-label', `${state.title}. ${state.description}`);
    const marks = s('svg', { ...inner(frame), overflow: 'hidden' });
    marks.append(...state.marks.map((mark) => drawMark(mark, frame)));
    surface.replaceChildren(...axes(state, frame, { width, height }), marks);
    title.textContent = state.title;
    legend.replaceChildren(...(state.legend ?? []).map((entry) => h('li', {}, swatch(entry), entry.label)));
  };
  new ResizeObserver(([entry]) => {
    width = Math.max(240, Math.round(entry!.contentRect.width));
    draw();
  }).observe(root);
  draw();

  return {
    root,
    surface,
    update(change) {
      state = { ...state, ...change };
      draw();
    },
    at({ clientX, clientY }) {
      const box = surface.getBoundingClientRect();
      const { x, y } = scales();
      return { x: x.invert(clientX - box.left), y: y.invert(clientY - box.top) };
    },
    pixelsPerY: () => (height - margin.top - margin.bottom) / (state.y.domain[1] - state.y.domain[0]),
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function axes(
  { x: xAxis, y: yAxis }: PlotState,
  { x, y, left, right }: Frame,
  { width, height }: Size,
): SVGElement[] {
  const bottom = height - margin.bottom;
  const horizontal = ticks(yAxis, (height - margin.top - margin.bottom) / 45).flatMap((value) => [
    s('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
    s('text', { class: 'tick', x: left - 7, y: y(value) + 4, 'text-anchor': 'end' }, label(yAxis, value)),
  ]);
  const vertical = ticks(xAxis, (width - margin.left - margin.right) / 70).map((value) =>
    s('text', { class: 'tick', x: x(value), y: bottom + 17, 'text-anchor': 'middle' }, label(xAxis, value)),
  );
  const middle = (left + right) / 2;
  const yMiddle = (margin.top + bottom) / 2;
  return [
    ...horizontal,
    ...vertical,
    s('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom }),
    s('text', { class: 'axis-title', x: middle, y: height - 6, 'text-anchor': 'middle' }, xAxis.label),
    s(
      'text',
      { class: 'axis-title', transform: `translate(12 ${yMiddle}) rotate(-90)`, 'text-anchor': 'middle' },
      yAxis.label,
    ),
  ];
}

function label({ format, log }: Axis, value: number): string {
  if (format) return format(value);
  if (log && value >= 1000) return `10${superscript(Math.round(Math.log10(value)))}`;
  return String(value).replace('-', '\u2212');
}

function superscript(exponent: number): string {
  return Array.from(
    String(exponent),
    (digit) => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'[Number(digit)],
  ).join('');
}

function swatch({ colour = 0, width = 2, dash, opacity, shape = 'line' }: LegendEntry): SVGElement {
  const box = s('svg', { width: 26, height: 12, 'aria-hidden': 'true' });
  const kind = shape === 'line' ? undefined : shape;
  const frame = { x: (v: number) => v, y: (v: number) => v, left: 0, right: 26 };
  box.append(
    kind
      ? drawMark({ kind: 'points', x: [13], y: [6], colour, shape: kind, radius: 4.5 }, frame)
      : s('line', {
          ...{ x1: 1, x2: 25, y1: 6, y2: 6, 'stroke-width': width, 'stroke-dasharray': dash, opacity },
          style: `stroke: ${colourOf(colour)}`,
        }),
  );
  return box;
}
