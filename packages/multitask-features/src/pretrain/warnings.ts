import type { RoundReport, TaskReport } from './feature-model';

/** What a user should know before trusting the features (spec 3.4 and 3.6). */
export function warningsOf(tasks: readonly TaskReport[], rounds: readonly RoundReport[]): string[] {
  const warnings: string[] = [];
  const scale = Math.max(...rounds.map(({ outputScale }) => outputScale));
  if (scale > 0.3)
    warnings.push(
      `outputs after the head step reach ${scale.toPrecision(2)}, above 0.3: heads left the linear regime, take a smaller etaHead`,
    );
  // ||m_t||^2 < 2 d / n
  const silent = tasks.filter(({ signal, noise }) => signal ** 2 < 2 * noise ** 2);
  if (silent.length === tasks.length)
    warnings.push(
      'no task has a first-order signal (all are even, or data are few): try secondMomentSubspace',
    );
  else {
    const weak = tasks.filter(({ signal, noise }) => signal < 1.5 * noise);
    if (weak.length > 0)
      warnings.push(
        `${weak.length} of ${tasks.length} tasks are uninformative at first order: ${listed(weak.map(({ name }) => name))}`,
      );
  }
  const main = tasks.find(({ leverage }) => leverage > 0.5);
  if (main && tasks.length > 2)
    warnings.push(
      `task ${main.name} has ${(100 * main.leverage).toFixed(0)} % of the gradient's squared norm`,
    );
  return warnings;
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} ...` : names.join(', ');
}
