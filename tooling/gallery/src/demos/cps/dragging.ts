import type { Control } from '../../page/controls';
import type { Plot } from '../../page/plot';

interface Point {
  readonly hour: Control<number>;
  readonly value: Control<number>;
}

export interface Draggables {
  readonly bounds: readonly Control<number>[];
  readonly points: readonly Point[];
  readonly edited: () => void;
}

/** Pixels from a line or a point at which a pointer takes hold of it. */
const reach = 26;

/** Lets a pointer move bounds and points in the chart; sliders do the same for a keyboard. */
export function dragging(chart: Plot, { bounds, points, edited }: Draggables): void {
  const { surface } = chart;
  let move: ((place: { x: number; y: number }) => void) | undefined;
  surface.classList.add('draggable');

  const grabbed = (event: PointerEvent): typeof move => {
    const { x, y } = chart.at(event);
    const distances = [
      ...points.map((point) => ({
        pixels: Math.hypot((point.value.value - y) * chart.pixelsPerY(), (point.hour.value - x) * 20),
        move: (place: { x: number; y: number }) => {
          point.hour.set(Math.round(Math.min(23, Math.max(0, place.x))));
          point.value.set(place.y);
        },
      })),
      // Points lie in front of lines.
      ...bounds.map((bound) => ({
        pixels: Math.abs(bound.value - y) * chart.pixelsPerY() + 8,
        move: (place: { y: number }) => bound.set(place.y),
      })),
    ];
    const nearest = distances.sort((a, b) => a.pixels - b.pixels)[0]!;
    return nearest.pixels < reach ? nearest.move : undefined;
  };

  surface.addEventListener('pointerdown', (event) => {
    move = grabbed(event);
    if (move === undefined) return;
    surface.setPointerCapture(event.pointerId);
    surface.classList.add('dragging');
    event.preventDefault();
  });
  surface.addEventListener('pointermove', (event) => {
    if (move === undefined) return;
    move(chart.at(event));
    edited();
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    surface.addEventListener(end, () => {
      move = undefined;
      surface.classList.remove('dragging');
    });
  // A finger that took hold of something drags it instead of scrolling the page.
  surface.addEventListener(
    'touchstart',
    (event) => {
      if (move !== undefined) event.preventDefault();
    },
    { passive: false },
  );
}
