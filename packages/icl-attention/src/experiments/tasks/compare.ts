import { applyTransform, standardize, taskRegressor, type Task, type TaskRegressor } from '../../adaptive';
import { attentionRegressor, softmaxUnit, type Prompt, type Regressor } from '../../attention';
import { leaveOneOutRegressor, meanLabel, nearestNeighbours, ridge, windowGrid } from '../../baselines';

/** A task with some of its rows asked for. */
export interface Asked {
  readonly prompt: Prompt;
  readonly labels: readonly number[];
}

/** Every third row of each task asks, the others are its context. */
export function askEveryThird(tasks: readonly Task[]): Asked[] {
  return tasks.map(({ x, y }) => {
    const [count, d] = x.shape as [number, number];
    const rows = (which: readonly number[]) => ({
      shape: [which.length, d],
      data: Float64Array.from(which.flatMap((i) => [...x.data.subarray(i * d, (i + 1) * d)])),
    });
    const all = [...Array(count).keys()];
    const known = all.filter((i) => i % 3 !== 1);
    const asked = all.filter((i) => i % 3 === 1);
    return {
      prompt: { x: rows(known), y: known.map((i) => y[i]!), queries: rows(asked) },
      labels: asked.map((i) => y[i]!),
    };
  });
}

/** Mean squared error over all asked rows. */
export function askedError(regressor: Regressor, asked: readonly Asked[]): number {
  let [sum, count] = [0, 0];
  for (const { prompt, labels } of asked) {
    regressor.predict(prompt).forEach((each, i) => (sum += (each - labels[i]!) ** 2));
    count += labels.length;
  }
  return sum / count;
}

/**
 * Errors on the test tasks by method. What has a setting to choose (the isotropic window, the number of neighbours, the
 * ridge) has it chosen on the training tasks.
 */
export function compareOnTasks(
  learned: TaskRegressor,
  { training, test }: { training: readonly Task[]; test: readonly Task[] },
): Map<string, number> {
  const pooled = training.flatMap(({ x }) => [...x.data]);
  const d = training[0]!.x.shape[1]!;
  const scaling = standardize({ shape: [pooled.length / d, d], data: Float64Array.from(pooled) });
  const scaled = (regressor: Regressor): Regressor => ({
    name: regressor.name,
    predict: (prompt) =>
      regressor.predict({
        ...prompt,
        x: applyTransform(prompt.x, scaling),
        queries: applyTransform(prompt.queries, scaling),
      }),
  });
  const [fitting, asked] = [askEveryThird(training), askEveryThird(test)];
  const best = (candidates: readonly Regressor[]): Regressor => {
    const errors = candidates.map((each) => askedError(each, fitting));
    return candidates[errors.indexOf(Math.min(...errors))]!;
  };
  const isotropic = windowGrid.map((window) =>
    scaled(attentionRegressor(softmaxUnit({ window, dimension: d, kernel: 'rbf' }), 'isotropic window')),
  );
  const neighbours = [1, 2, 3, 5, 8, 12].map((k) =>
    scaled({ ...nearestNeighbours({ neighbours: k }), name: 'nearest neighbours' }),
  );
  const ridges = [0.01, 0.1, 1, 10].map((lambda) => scaled(ridge({ lambda })));
  const methods = [
    taskRegressor(learned),
    best(isotropic),
    best(neighbours),
    scaled(leaveOneOutRegressor()),
    best(ridges),
    meanLabel(),
  ];
  return new Map(methods.map((method) => [method.name, askedError(method, asked)]));
}
