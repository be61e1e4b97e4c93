import { fold, type Draw } from './draw';
import {
  all,
  argmaxAt,
  argminAt,
  bounds,
  linear,
  maxCurvature,
  maxStep,
  mean,
  monotone,
  ohlc,
  returns,
  total,
  type Constraint,
} from './api';

/** A random convex set that contains `inside`, over series [length, 1] or bars [length, 4]. */
export function randomConvexSet(draw: Draw): {
  constraint: Constraint;
  shape: [number, number];
  inside: number[];
} {
  if (draw.chance(0.2)) return bars(draw);
  const length = draw.integer(3, 12);
  const inside = Array.from({ length }, () => draw.normal());
  const parts: Constraint[] = [];
  const average = inside.reduce((sum, value) => sum + value, 0) / length;
  const maker: (() => void)[] = [
    () => parts.push(mean({ value: average })),
    () =>
      parts.push(
        total({ lower: average * length - draw.positive(), upper: average * length + draw.positive() }),
      ),
    () =>
      parts.push(
        bounds({
          lowerCurve: inside.map((v) => v - draw.positive()),
          upperCurve: inside.map((v) => v + (draw.chance(0.2) ? 0 : draw.positive())),
        }),
      ),
    () => parts.push(argmaxAt({ at: inside.indexOf(Math.max(...inside)) })),
    () => parts.push(argminAt({ at: inside.indexOf(Math.min(...inside)) })),
    () => parts.push(maxStep({ value: fold(inside, 1) + draw.positive() * 0.1 })),
    () => parts.push(maxCurvature({ value: fold(inside, 2) + draw.positive() * 0.1 })),
    () => {
      const rows = draw.integer(1, 4);
      const matrix = Array.from({ length: rows }, () => inside.map(() => draw.normal()));
      const at = matrix.map((row) => row.reduce((sum, value, j) => sum + value * inside[j]!, 0));
      parts.push(
        linear(matrix, {
          lower: at.map((value) => (draw.chance(0.3) ? -Infinity : value - draw.positive())),
          upper: at.map((value) => value + draw.positive()),
        }),
      );
    },
  ];
  const count = draw.integer(1, 4);
  for (let c = 0; c < count; c++) maker[draw.integer(0, maker.length - 1)]!();
  return { constraint: all(...parts), shape: [length, 1], inside };
}

function bars(draw: Draw): { constraint: Constraint; shape: [number, number]; inside: number[] } {
  const length = draw.integer(1, 4);
  const inside = Array.from({ length }, () => {
    const [a, b, c, d] = [draw.normal(), draw.normal(), draw.normal(), draw.normal()].sort(
      (p, q) => p - q,
    ) as [number, number, number, number];
    return draw.chance(0.5) ? [b, d, a, c] : [c, d, a, b];
  }).flat();
  const parts: Constraint[] = [ohlc()];
  if (draw.chance(0.5)) {
    const closes = inside.filter((_, i) => i % 4 === 3);
    parts.push(mean({ value: closes.reduce((s, v) => s + v, 0) / length, channel: 3 }));
  }
  return { constraint: all(...parts), shape: [length, 4], inside };
}

/** Sets with order structures alone, whose closed forms must equal a general solver. */
export function orderSets(length: number, at: number): Constraint[] {
  return [
    monotone(),
    monotone({ direction: 'decreasing' }),
    argmaxAt({ at }),
    argmaxAt({ at, margin: 0.3 }),
    argminAt({ at, margin: 0.2 }),
    argminAt({ at }),
    returns({ lower: -0.2, upper: 0.1 }),
  ].slice(0, length > 1 ? 7 : 0);
}
