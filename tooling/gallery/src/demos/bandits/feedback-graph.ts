import { h, s } from '../../page/element';
import { instances, type InstanceName } from './instances';

const size = { width: 340, height: 300 };
const radius = 22;

/** Arms as discs, an arrow from the arm that is played to each that it tells of. */
export function feedbackGraph() {
  const surface = s('svg', {
    ...{ role: 'img', viewBox: `0 0 ${size.width} ${size.height}`, width: size.width, height: size.height },
    focusable: 'false',
  });
  const root = h(
    'figure',
    {},
    h('figcaption', { class: 'figure-title' }, 'Side observations'),
    surface,
    h(
      'p',
      { class: 'figure-note' },
      'An arrow goes from the arm played to the arm it tells of; a ring means it tells of itself. Numbers are true means and, after a race, the plays per ln T of the best plan.',
    ),
  );
  return {
    root,
    show(name: InstanceName, plan?: readonly number[]): void {
      const { means, information } = instances[name];
      const places = means.map((_, arm) => placeOf(arm, means.length));
      const pairs = information.revealed.flatMap((revealed, arm) =>
        Array.from(revealed, (i) => [arm, i] as const),
      );
      const best = means.indexOf(Math.max(...means) as never);
      surface.setAttribute('aria-label', description(name, plan));
      surface.replaceChildren(
        s(
          'defs',
          {},
          s(
            'marker',
            {
              id: 'arrow',
              viewBox: '0 0 8 8',
              refX: 7,
              refY: 4,
              markerWidth: 7,
              markerHeight: 7,
              orient: 'auto',
            },
            s('path', { d: 'M0 0L8 4L0 8Z', style: 'fill: var(--muted)' }),
          ),
        ),
        ...pairs.map(([from, to]) => (from === to ? loop(places[from]!) : arrow(places[from]!, places[to]!))),
        ...places.map(([x, y], arm) =>
          s(
            'g',
            {},
            s('circle', {
              ...{ cx: x, cy: y, r: radius, 'stroke-width': 2 },
              style: `fill: var(--card); stroke: var(${arm === best ? '--c2' : '--muted'})`,
            }),
            s('text', { x, y: y - 1, 'text-anchor': 'middle', class: 'node' }, String(means[arm])),
            s('text', { x, y: y + 12, 'text-anchor': 'middle', class: 'node-plan' }, planText(plan?.[arm])),
          ),
        ),
      );
    },
  };
}

const planText = (plays: number | undefined): string => (plays === undefined ? '' : plays.toFixed(1));

function description(name: InstanceName, plan: readonly number[] | undefined): string {
  const { means, information } = instances[name];
  const lines = information.revealed.map((revealed, arm) => {
    const told = Array.from(revealed).join(', ');
    const played = plan ? `, planned plays per ln T ${planText(plan[arm])}` : '';
    return `arm ${arm} (mean ${means[arm]}${played}) tells of ${told === '' ? 'nothing' : told}`;
  });
  return `Side observations: ${lines.join('; ')}.`;
}

type Place = readonly [x: number, y: number];

function placeOf(arm: number, arms: number): Place {
  const angle = (2 * Math.PI * arm) / arms - Math.PI / 2;
  return [size.width / 2 + 105 * Math.cos(angle), size.height / 2 + 5 + 105 * Math.sin(angle)];
}

/** Bent a little, so that two opposite arrows do not lie on each other. */
function arrow([x1, y1]: Place, [x2, y2]: Place): SVGElement {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [mx, my] = [(x1 + x2) / 2 - uy * 12, (y1 + y2) / 2 + ux * 12];
  const [gap, end] = [radius + 1, radius + 4];
  const d = `M${x1 + ux * gap} ${y1 + uy * gap}Q${mx} ${my} ${x2 - ux * end} ${y2 - uy * end}`;
  return s('path', { d, fill: 'none', 'marker-end': 'url(#arrow)', style: 'stroke: var(--muted)' });
}

function loop([x, y]: Place): SVGElement {
  return s('circle', {
    cx: x,
    cy: y,
    r: radius + 5,
    fill: 'none',
    style: 'stroke: var(--muted)',
    'stroke-dasharray': '3 2',
  });
}
