import { claim, defineExperiment, repeat } from '@lab/experiment';
import { norm, rank as rankOf, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn } from '@lab/tensor-core/random';
import {
  drawLinearTasks,
  fitLinear,
  landscapeReport,
  linearTasks,
  requiredRank,
  standardSolution,
  testFloor,
} from '../linear';
import { plus } from '../linear/matrix';

interface Settings {
  /** Problems of each setting. */
  readonly problems: number;
  /** Single starts at the problem with a spurious minimum. */
  readonly starts: number;
}

const settings = [
  { d: 10, k: 1, T: 2 },
  { d: 10, k: 1, T: 3 },
  { d: 10, k: 2, T: 3 },
  { d: 12, k: 2, T: 5 },
];

const tolerance = 1e-5;

/** Loss without adapters. */
const scaleOf = (targets: readonly Array64[], mean: Array64): number =>
  targets.reduce((sum, target) => sum + testFloor(plus(target, mean, -1), 0), 0);

/** Theorems 1 to 4 with infinite samples, counted over random problems. */
export const identification = defineExperiment<Settings>({
  id: 'identification',
  paper: 'meta-lora',
  title: 'What two tasks, and three, say about the base',
  summary:
    'With infinite samples, LoRA-ML is solved to machine precision on random problems. Is the base recovered, which rank does a new ' +
    'task then need, and does descent arrive at a global minimum?',
  data: ['Gaussian linear tasks'],
  scales: {
    tour: { problems: 5, starts: 30 },
    quick: { problems: 25, starts: 100 },
    full: { problems: 200, starts: 1000 },
  },
  async run(context) {
    const { problems, starts } = context.settings;
    const rows = settings.map((setting) => ({
      ...setting,
      recovered: 0,
      global: 0,
      descents: 0,
      single: 0,
      fits: 0,
      spare: 0,
      standard: 0,
    }));
    await repeat(context, problems, ({ key, progress }) => {
      for (const [place, row] of rows.entries()) {
        progress(place / rows.length, `${row.T} tasks of rank ${row.k}`);
        const { d, k, T } = row;
        const own = foldIn(key, place);
        const tasks = drawLinearTasks(own, { dimensions: d, rank: k, tasks: T });
        const fit = fitLinear(tasks.targets, { rank: k, key: foldIn(own, 1), restarts: 20 });
        const standard = standardSolution(tasks.targets);
        const shift = norm(plus(standard, tasks.shared, -1));
        const residual = plus(tasks.test, fit.base, -1);
        const needed = requiredRank({ rank: k, tasks: T, method: 'meta' });
        const scale = testFloor(residual, 0);
        row.recovered += Number(norm(plus(fit.base, tasks.shared, -1)) < tolerance * shift);
        row.global += Number(fit.relativeLoss < 1e-12);
        row.single += Number(fit.starts[0]! < 1e-12 * scaleOf(tasks.targets, standard));
        if (T === 2) {
          const descent = fitLinear(tasks.targets, {
            rank: k,
            key: foldIn(own, 2),
            restarts: 1,
            solver: 'gd',
            iterations: 200_000,
          });
          row.descents += Number(descent.relativeLoss < 1e-9);
        }
        row.fits += Number(testFloor(residual, needed) < tolerance ** 2 * scale);
        row.spare += Number(testFloor(residual, k) < tolerance ** 2 * scale);
        row.standard += Number(
          rankOf(plus(tasks.test, standard, -1), { tolerance: 1e-9 }) === Math.min(d, k * (T + 1)),
        );
      }
    });
    const [pairs, ...triples] = rows;
    const spurious = linearTasks(
      { shape: [3, 3], data: new Float64Array(9) },
      [
        [0.9, 0, -1],
        [-0.7, 0.1, 1.5],
        [1.2, -0.3, -0.7],
        [1, 0, 0],
      ].map((u) => ({ shape: [3, 1], data: Float64Array.from(u) })),
    ).targets;
    const labels = new Map<string, number>();
    for (let start = 0; start < starts; start++) {
      const { adapters } = fitLinear(spurious, {
        rank: 1,
        key: foldIn(foldIn(context.key, 999), start),
        restarts: 1,
      });
      const { label } = landscapeReport(
        adapters.map(({ up }) => up),
        spurious,
      );
      labels.set(label, (labels.get(label) ?? 0) + 1);
    }
    const count = (label: string): number => labels.get(label) ?? 0;
    const all = rows.map((row) => row.global);
    return {
      claims: [
        claim({
          id: 'three-tasks-identify',
          statement:
            'Three tasks and more: every global minimum has the ideal base, and rank k fits a new task',
          paper: 'theorem 3',
          measured: triples
            .map(
              ({ k, T, recovered, spare }) =>
                `T = ${T}, k = ${k}: base ${recovered}, fit ${spare} of ${problems}`,
            )
            .join('; '),
          criterion: 'all problems, base within 1e-5 of the shift of standard retraining',
          holds: triples.every(({ recovered, spare }) => recovered === problems && spare === problems),
        }),
        claim({
          id: 'two-tasks-do-not',
          statement: 'Two tasks leave the base open up to rank 2k, and rank 3k fits a new task',
          paper: 'theorem 2',
          measured: `base recovered ${pairs!.recovered}, rank k fits ${pairs!.spare}, rank 3k fits ${pairs!.fits} of ${problems}`,
          criterion: 'rank 3k fits all; rank k fits none',
          holds: pairs!.fits === problems && pairs!.spare === 0,
        }),
        claim({
          id: 'two-tasks-are-benign',
          statement:
            'With two tasks, perturbed gradient descent from one small start reaches a global minimum',
          paper: 'theorem 4',
          measured: `${pairs!.descents} of ${problems}; L-BFGS, which may run away along the open directions: ${pairs!.single}`,
          criterion: 'all descents below 1e-9 of the loss without adapters',
          holds: pairs!.descents === problems,
        }),
        claim({
          id: 'three-tasks-have-spurious-minima',
          statement: 'With three tasks there are minima that are not global, and restarts get past them',
          paper: 'appendix D.2 (first version); the example is ours',
          measured: `${count('spurious')} of ${starts} starts end in one; best of 20 starts global in ${all.join(', ')} of ${problems} problems`,
          criterion: 'at least one start is spurious, and every problem is solved',
          holds: count('spurious') > 0 && all.every((solved) => solved === problems),
        }),
        claim({
          id: 'standard-rank',
          statement: 'Standard retraining leaves a residual of rank k(T + 1)',
          paper: 'theorem 1, corollary 1',
          measured: rows.map(({ standard }) => `${standard} of ${problems}`).join(', '),
          criterion: 'all',
          holds: rows.every(({ standard }) => standard === problems),
        }),
      ],
      tables: [
        {
          id: 'problems',
          title: `What is identified, of ${problems} random problems`,
          columns: [
            'd',
            'k',
            'T',
            'solved',
            'first start solves',
            'base recovered',
            'rank k fits the new task',
            'rank of the theorem fits',
          ],
          rows: rows.map(({ d, k, T, global, single, recovered, spare, fits }) => [
            d,
            k,
            T,
            global,
            single,
            recovered,
            spare,
            fits,
          ]),
        },
        {
          id: 'spurious',
          title: 'Where single starts end at the problem with a spurious minimum',
          columns: ['label', 'starts'],
          rows: [...labels].map(([label, ends]) => [label, ends]),
        },
      ],
      figures: [],
    };
  },
});
