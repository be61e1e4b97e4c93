import { compareModels, type ModelComparison } from '../metrics/compare';
import { accuracies, sampleLosses } from '../metrics/evaluate';
import { membershipAUC } from '../metrics/membership';
import type { Samples, Task, UnlearnModel } from '../model/types';
import type { UnlearnResult } from '../run/options';

interface Scores {
  readonly loss: number;
  readonly accuracy?: number;
}

type Side = 'retain' | 'forget' | 'test';
type Data = { readonly retain: Samples; readonly forget: Samples; readonly test?: Samples };

/** What a run of unlearning did to a model. */
export interface UnlearnReport {
  readonly method: string;
  readonly steps: number;
  readonly seconds: number;
  readonly before: Partial<Record<Side, Scores>>;
  readonly after: Partial<Record<Side, Scores>>;
  readonly retrained?: Partial<Record<Side, Scores>>;
  /** Distances to the retrained model, on the kept and forgotten rows together with the test rows where there are any. */
  readonly distance?: { readonly before: ModelComparison; readonly after: ModelComparison };
  /** How well losses tell forgotten rows from test rows; 0.5 is not at all. */
  readonly membership?: { readonly before: number; readonly after: number; readonly retrained?: number };
  readonly warnings: readonly string[];
}

export async function measureRun<Params>(
  model: UnlearnModel<Params>,
  run: {
    readonly task: Task;
    readonly before: Params;
    readonly result: UnlearnResult<Params>;
    readonly retrained: Params | undefined;
    readonly data: Data;
  },
): Promise<UnlearnReport> {
  const { task, before, result, retrained, data } = run;
  const sides = (['retain', 'forget', 'test'] as const).filter((side) => data[side]);
  const scores = async (
    params: Params,
  ): Promise<{ scores: Partial<Record<Side, Scores>>; auc: number | undefined }> => {
    const found: Partial<Record<Side, Scores>> = {};
    const losses: Partial<Record<Side, Float64Array>> = {};
    for (const side of sides) {
      const own = await sampleLosses(model, params, { ...data[side]!, task });
      losses[side] = own;
      found[side] = {
        loss: own.reduce((sum, value) => sum + value, 0) / own.length,
        ...(task === 'classification' && { accuracy: (await accuracies(model, params, data[side]!)).all }),
      };
    }
    return { scores: found, auc: losses.test && membershipAUC(losses.forget!, losses.test) };
  };
  const [first, last] = [await scores(before), await scores(result.params)];
  const other = retrained === undefined ? undefined : await scores(retrained);
  const x = (data.test ?? data.forget).x;
  const warnings = [...result.warnings];
  if (last.auc !== undefined && last.auc < 0.35)
    warnings.push(
      `forgotten rows have higher losses than unseen ones (membership ${last.auc.toFixed(2)}): over-unlearning, which gives them away; lower the learning rate or the strength`,
    );
  return {
    method: result.method,
    steps: result.steps,
    seconds: result.seconds,
    before: first.scores,
    after: last.scores,
    ...(other && { retrained: other.scores }),
    ...(retrained !== undefined && {
      distance: {
        before: await compareModels(model, before, retrained, { x, task }),
        after: await compareModels(model, result.params, retrained, { x, task }),
      },
    }),
    ...(first.auc !== undefined &&
      last.auc !== undefined && {
        membership: {
          before: first.auc,
          after: last.auc,
          ...(other?.auc !== undefined && { retrained: other.auc }),
        },
      }),
    warnings,
  };
}

/** The report in a few lines. */
export function describeReport(report: UnlearnReport): string {
  const show = (scores?: Scores): string =>
    !scores
      ? 'none'
      : `loss ${scores.loss.toPrecision(3)}${scores.accuracy === undefined ? '' : `, accuracy ${scores.accuracy.toFixed(3)}`}`;
  const sides = (['retain', 'forget', 'test'] as const).filter((side) => report.before[side]);
  const { distance, membership } = report;
  return [
    `${report.method}: ${report.steps} steps in ${report.seconds.toFixed(1)} s`,
    ...sides.map((side) => {
      const then = report.retrained ? `; retrained: ${show(report.retrained[side])}` : '';
      return `${side}: ${show(report.before[side])} -> ${show(report.after[side])}${then}`;
    }),
    ...(distance
      ? [
          `outputs from the retrained model's: ${distance.before.outputDistance.toPrecision(3)} -> ${distance.after.outputDistance.toPrecision(3)}`,
        ]
      : []),
    ...(membership
      ? [
          `membership of forgotten rows (0.5: none): ${membership.before.toFixed(3)} -> ${membership.after.toFixed(3)}`,
        ]
      : []),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}
