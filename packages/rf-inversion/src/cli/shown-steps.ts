/** Which of `steps` steps are shown when `count` are asked for: evenly spread, the last one among them. */
export function shownSteps(steps: number, count: number): ReadonlySet<number> {
  const shown = Math.min(steps, count);
  return new Set(Array.from({ length: shown }, (_, i) => Math.round(((i + 1) * steps) / shown) - 1));
}
