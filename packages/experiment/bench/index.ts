/** Seconds to draw a figure and to make a report. Run: pnpm bench */
import { lineFigure, runExperiment, defineExperiment } from '@lab/experiment';
import { renderFigure, renderReport } from '@lab/experiment/report';

const x = Array.from({ length: 200 }, (_, i) => i);
const figures = Array.from({ length: 8 }, (_, f) =>
  lineFigure({
    id: `figure-${f}`,
    title: 'Figure',
    caption: 'Five lines of 200 points.',
    series: Array.from({ length: 5 }, (__, s) => ({
      name: `series ${s}`,
      x,
      y: x.map((v) => Math.sin(v / 20 + s + f)),
    })),
    x: { title: 'x' },
    y: { title: 'y' },
  }),
);

async function time(name: string, run: () => unknown): Promise<void> {
  const before = performance.now();
  await run();
  console.log(`${name.padEnd(40)} ${((performance.now() - before) / 1000).toFixed(3)} s`);
}

const experiment = defineExperiment({
  id: 'bench',
  paper: 'bench',
  title: 'Bench',
  summary: 'Eight figures.',
  data: ['drawn'],
  scales: { tour: {}, quick: {}, full: {} },
  run: () => Promise.resolve({ claims: [], tables: [], figures }),
});

await time('first figure, Vega loaded', () => renderFigure(figures[0]!));
for (let i = 1; i < 4; i++) await time('next figure', () => renderFigure(figures[i]!));
const result = await runExperiment(experiment);
await time('report of eight figures', () => renderReport([result]));
