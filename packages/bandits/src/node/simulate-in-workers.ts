import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { LabError, type LabErrorCode } from '@lab/tensor-core/errors';
import { Piscina } from 'piscina';
import type { SideInformation } from '../information/side-information';
import { checkCount } from '../policies/options';
import { policyFrom, type PolicySpec } from '../policies/policy-spec';
import { checkCheckpoints, logCheckpoints } from '../simulate/checkpoints';
import { checkMeans } from '../simulate/environment';
import { joinSimulations } from '../simulate/join';
import type { SimulateOptions } from '../simulate/simulate';
import type { Simulation } from '../simulate/summary';
import type { SimulationTask } from './task';
import type { Answer } from './worker';

/** As for `simulate`, with the policy as plain JSON, which is what a thread can be sent. */
export interface SimulateInWorkersOptions extends Omit<SimulateOptions, 'policy' | 'first' | 'onStep'> {
  /** The policy as a description: functions do not cross threads. */
  readonly spec: PolicySpec;
  readonly information: SideInformation;
  /** Worker threads. @default the processors that are available */
  readonly threads?: number;
  /** Called when a piece is done, with the share of replications that is. */
  readonly onStep?: (fraction: number) => void;
}

/** Pieces a thread gets: enough that none waits long for the last one, few enough that starting them costs nothing. */
const piecesPerThread = 4;

/**
 * `simulate` spread over worker threads, bit for bit the same numbers whatever the number of threads: each replication
 * draws from its own key.
 *
 * @throws LabError as `simulate`; `aborted` by the signal, which ends the workers
 * @example
 * const { mean, slope } = await simulateInWorkers({
 *   spec: { kind: 'asymptotic' }, information, means, horizon: 1e6, replications: 100, key: key(0),
 * });
 */
export async function simulateInWorkers(options: SimulateInWorkersOptions): Promise<Simulation> {
  const { spec, information, means, horizon, replications, key, noise = true, signal, onStep } = options;
  const { threads = availableParallelism() } = options;
  checkCount('simulateInWorkers', { horizon, replications, threads });
  checkMeans(means, information);
  const checkpoints = options.checkpoints ?? logCheckpoints(horizon);
  checkCheckpoints(checkpoints, horizon);
  policyFrom(spec, information); // refuses here what every worker would refuse
  const aborted = (): LabError => new LabError('aborted', 'simulateInWorkers: stopped by the signal');
  if (signal?.aborted) throw aborted();

  const { arms, sigma } = information;
  const rows = Array.from({ length: arms }, (_, j) => Array.from(sigma.subarray(j * arms, (j + 1) * arms)));
  const size = Math.ceil(replications / (threads * piecesPerThread));
  const tasks: SimulationTask[] = [];
  for (let first = 0; first < replications; first += size)
    tasks.push({
      spec,
      sigma: rows,
      means: Array.from(means),
      horizon,
      checkpoints,
      key,
      noise,
      first,
      replications: Math.min(size, replications - first),
    });

  const start = performance.now();
  const pool = new Piscina<SimulationTask, Answer>({
    filename: workerFile(),
    minThreads: 1,
    maxThreads: threads,
    // The worker runs from the build: loaders and resolution conditions of the caller have no business there.
    execArgv: [],
  });
  let done = 0;
  try {
    const parts = await Promise.all(
      tasks.map(async (task) => {
        const answer = await pool.run(task, signal ? { signal } : {});
        if ('code' in answer) throw new LabError(answer.code as LabErrorCode, answer.message);
        done += task.replications;
        onStep?.(done / replications);
        return answer.simulation;
      }),
    );
    const joined = joinSimulations(parts);
    // The parts' own seconds add up over threads; what the caller waited is less.
    return { ...joined, cost: { ...joined.cost, seconds: (performance.now() - start) / 1000 } };
  } catch (error) {
    if (signal?.aborted) throw aborted();
    throw error;
  } finally {
    await pool.destroy();
  }
}

/** The built worker, looked up from this package whether it runs from its sources or from its build. */
function workerFile(): string {
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  return join(dirname(createRequire(here).resolve('@lab/bandits/package.json')), 'dist', 'worker.js');
}
