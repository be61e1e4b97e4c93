/** 13 points of sin x, and two that somebody moved to 1.5, by their places on the x axis. */
export const points = [
  ...Array.from({ length: 13 }, (_, i) => (i - 6) / 2).map((x) => ({ x, y: Math.sin(x) })),
  { x: -1.25, y: 1.5 },
  { x: 2.25, y: 1.5 },
].sort((a, b) => a.x - b.x);

/** Whether a point is one of the two that do not belong. */
export const isMoved = ({ x, y }: { readonly x: number; readonly y: number }): boolean => y !== Math.sin(x);

/** Where curves are drawn. */
export const grid = Array.from({ length: 121 }, (_, i) => -3.3 + 0.055 * i);
