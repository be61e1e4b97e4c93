import { palettes, paletteVariables, type Theme } from '../figures/palette';

export const pages: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  light: {
    page: '#f6f7f9',
    card: '#ffffff',
    ink: '#1b1f24',
    muted: '#57606a',
    line: '#d8dee4',
    soft: '#eef1f4',
    accent: '#005a8f',
    good: '#0a6b45',
    'good-soft': '#dcf3e8',
    bad: '#a8330b',
    'bad-soft': '#fbe6dc',
  },
  dark: {
    page: '#0f1216',
    card: '#171a20',
    ink: '#e8eaed',
    muted: '#a3abb5',
    line: '#2f3640',
    soft: '#20252d',
    accent: '#7cc0ec',
    good: '#5fd6a8',
    'good-soft': '#12352a',
    bad: '#ff9a6b',
    'bad-soft': '#41200f',
  },
};

function variables(theme: Theme): string {
  const page = Object.entries(pages[theme]).map(([name, colour]) => [`--${name}`, colour] as const);
  const all = [...page, ...paletteVariables(palettes[theme])];
  return `color-scheme: ${theme}; ${all.map(([name, colour]) => `${name}: ${colour};`).join(' ')}`;
}

/** The report's style sheet. Without a choice of the reader's the system's theme is followed. */
export const style = `
:root { ${variables('light')} }
@media (prefers-color-scheme: dark) { :root:not([data-theme='light']) { ${variables('dark')} } }
:root[data-theme='dark'] { ${variables('dark')} }
@media print { :root, :root[data-theme] { ${variables('light')} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.page { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
header { display: flex; align-items: flex-start; gap: 1rem; justify-content: space-between; padding: 2.5rem 0 1.5rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .5rem; }
h2 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .25rem; }
h3 { font-size: 1.02rem; margin: 2rem 0 .6rem; }
p { margin: 0 0 .75rem; }
.muted { color: var(--muted); }
.small { font-size: .875rem; }
.lead { color: var(--muted); margin: 0; }
.toggle { font: inherit; font-size: .875rem; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 999px; padding: .4rem .9rem; min-height: 2.5rem; cursor: pointer; white-space: nowrap; }
.toggle:hover { border-color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin: 0 0 1.5rem; }
.card > :last-child { margin-bottom: 0; }
.badge { display: inline-block; font-size: .8125rem; font-weight: 600; line-height: 1; padding: .35rem .6rem; border-radius: 999px; white-space: nowrap; }
.badge::before { margin-right: .35em; }
.good { color: var(--good); background: var(--good-soft); }
.good::before { content: '\\2713'; }
.bad { color: var(--bad); background: var(--bad-soft); }
.bad::before { content: '\\2717'; }
.plain { color: var(--muted); background: var(--soft); }
.scroll { overflow-x: auto; margin: 0 0 .75rem; overflow-wrap: normal; }
.scroll tbody th { min-width: 7.5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .55rem .9rem .55rem 0; border-bottom: 1px solid var(--line); }
thead th { font-weight: 600; font-size: .8125rem; color: var(--muted); border-bottom-color: var(--muted); }
tbody th { font-weight: 500; }
td.number { white-space: nowrap; }
.interval { display: block; color: var(--muted); font-size: .8125rem; }
.claims td:first-child { font-weight: 500; min-width: 13rem; }
.claims tbody:last-child tr:last-child, .claims tbody:last-child tr:last-child td { border-bottom: 0; }
.claims .group th { font-size: .8125rem; color: var(--muted); padding-top: 1.1rem; font-weight: 600; }
figure { margin: 0; min-width: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.75rem 2rem; margin: 0 0 1.5rem; align-items: start; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: .6rem; font-size: .9rem; color: var(--muted); max-width: 46rem; }
figcaption b { color: var(--ink); font-weight: 600; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; }
pre { background: var(--soft); border-radius: 8px; padding: .75rem 1rem; margin: 0 0 .75rem; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .3rem 1.25rem; margin: 0 0 .75rem; font-size: .9rem; }
dt { color: var(--muted); }
dd { margin: 0; }
details { border-top: 1px solid var(--line); padding-top: .9rem; margin-top: 1.25rem; }
details > :last-child { margin-bottom: 0; }
summary { cursor: pointer; font-weight: 500; min-height: 1.75rem; }
details[open] summary { margin-bottom: .75rem; }
ul { margin: 0 0 .75rem; padding-left: 1.2rem; font-size: .9rem; }
.notice { border-left: 4px solid var(--bad); background: var(--bad-soft); padding: .75rem 1rem; border-radius: 0 8px 8px 0; margin: 0 0 1rem; }
footer { color: var(--muted); font-size: .875rem; }
@media (max-width: 44rem) {
  .page { padding: 0 .9rem 3rem; }
  header { padding: 1.5rem 0 1rem; flex-wrap: wrap; }
  .card { padding: 1.1rem; border-radius: 10px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  figure .scroll { margin-left: -.8rem; margin-right: -.8rem; }
  .claims thead { position: absolute; clip-path: inset(50%); height: 1px; width: 1px; overflow: hidden; }
  .claims, .claims tbody, .claims tr, .claims td, .claims th { display: block; }
  .claims tr { padding: .9rem 0; border-bottom: 1px solid var(--line); }
  .claims tr.group { padding: 1rem 0 0; border: 0; }
  .claims tbody:last-child tr:last-child, .claims tbody:last-child tr:last-child td { border-bottom: 0; }
.claims .group th { padding: 0; }
  .claims td { border: 0; padding: .15rem 0; }
  .claims td:first-child { font-size: 1rem; margin-bottom: .35rem; }
  .claims td[data-label] { display: grid; grid-template-columns: 5.5rem 1fr; align-items: baseline; }
  .claims td[data-label]::before { content: attr(data-label); color: var(--muted); font-size: .8125rem; }
  .claims .badge { margin-top: .4rem; }
}
@media print { .toggle { display: none; } .card { break-inside: avoid; border: 0; padding: 0; } }
`;
