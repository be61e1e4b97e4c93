export type Theme = 'light' | 'dark';

/** The colours that figures and the report share; each name is also a CSS variable of the report. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  readonly grid: string;
  readonly surface: string;
  /** For series, in order: distinguishable with every common colour-vision deficiency (after Okabe and Ito). */
  readonly series: readonly string[];
}

export const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    ink: '#1b1f24',
    muted: '#57606a',
    rule: '#afb8c1',
    grid: '#e7eaee',
    surface: '#ffffff',
    series: ['#0072b2', '#d55e00', '#009e73', '#c2629b', '#b07d00', '#3f97cf', '#6e7781'],
  },
  dark: {
    ink: '#e8eaed',
    muted: '#a3abb5',
    rule: '#5b6470',
    grid: '#2b313a',
    surface: '#171a20',
    series: ['#4da3db', '#f28c4b', '#2cc29a', '#e29bc5', '#f0b93a', '#93d2f5', '#a9b1bb'],
  },
};

/** CSS variables of a palette by name, such as `--figure-ink`. */
export function paletteVariables({
  series,
  ...palette
}: Palette): readonly (readonly [name: string, colour: string])[] {
  return [
    ...Object.entries(palette).map(([name, colour]) => [`--figure-${name}`, colour] as const),
    ...series.map((colour, index) => [`--figure-series-${index}`, colour] as const),
  ];
}
