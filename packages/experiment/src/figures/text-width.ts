/** Widths of printable ASCII from the space on, in thousandths of the font size, as in Helvetica and its kin. */
const widths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
] as const;

/**
 * Width of a text in pixels, from a table rather than from a font: a layout must not depend on the fonts of the machine
 * that draws it, or the same figure would have other bytes elsewhere.
 */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (const character of text) thousandths += widths[character.codePointAt(0)! - 32] ?? 600;
  // System fonts run wider than Helvetica, Linux's by a seventh; too narrow a guess would cut labels.
  return Math.round((thousandths * fontSize * 1.14) / 1000);
}
