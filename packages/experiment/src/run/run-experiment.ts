import { isLabError, LabError } from '@lab/tensor-core/errors';
import { key } from '@lab/tensor-core/random';
import { scaleNames } from '../define-experiment';
import type { Artifact, Experiment, RunContext, ScaleName } from '../types';
import { collectOutput } from './collect';
import { environment, peakMemory } from './environment';
import { overrideSettings, settingFlag, type Overrides } from './overrides';
import type { ExecutionRecord, RunError, RunResult, RunStatus, StoredArtifact } from './result';

export interface RunOptions {
  /** @default 'quick' */
  readonly scale?: ScaleName;
  /** A whole number from 0; the same seed gives the same numbers. @default 0 */
  readonly seed?: number;
  /** Settings that take the place of the scale's own, by name; `a.b` is inside an object. */
  readonly settings?: Overrides;
  readonly signal?: AbortSignal;
  /** Folder with extra data. */
  readonly dataDir?: string;
  /** `fraction` in [0, 1], never falling. */
  readonly onProgress?: (fraction: number, label?: string) => void;
  readonly onLog?: (line: string) => void;
  /** What the caller computes on, such as what `engine()` of tensor-core gives; kept in the result. */
  readonly engineInfo?: RunEngine;
  /** Package name to version, kept in the result beside this package's own. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** The parts of tensor-core's `EngineInfo` that a result keeps. */
export interface RunEngine {
  readonly name: string;
  readonly version?: string;
  /** How functions run: op by op, compiled, or compiled where it is worth it. */
  readonly execution?: ExecutionRecord['choice'];
  /** ONNX Runtime, which runs what is compiled, or why there is none. */
  readonly compiled?: { readonly version: string; readonly threads: number } | { readonly reason: string };
}

/**
 * Runs an experiment at one scale. What it throws does not come out: the result's status is then `failed`, or `aborted`
 * when the signal was raised, and holds what the run had handed over by `emit`.
 *
 * @throws LabError `argument` for an unknown scale, a seed that is not a whole number from 0, or a setting that the
 *   experiment has not
 * @example
 * const result = await runExperiment(experiment, { scale: 'tour', seed: 1 });
 * result.claims.every(({ holds }) => holds);
 */
export async function runExperiment<Settings>(
  experiment: Experiment<Settings>,
  options: RunOptions = {},
): Promise<RunResult> {
  const {
    scale = 'quick',
    seed = 0,
    signal = new AbortController().signal,
    dataDir,
    onLog,
    engineInfo,
  } = options;
  checkOptions(scale, seed);
  const settings = overrideSettings(experiment.scales[scale], options.settings ?? {});
  const collector = collectOutput();
  const log: string[] = [];
  const context: RunContext<Settings> = {
    scale,
    settings,
    seed,
    key: key(seed),
    signal,
    dataDir,
    progress: risingProgress(options.onProgress),
    log: (line) => {
      log.push(line);
      onLog?.(line);
    },
    emit: (part) => collector.add(part),
  };
  const started = new Date();
  const before = performance.now();
  const { status, error } = await settle(signal, async () => collector.add(await experiment.run(context)));
  const seconds = (performance.now() - before) / 1000;
  const memory = peakMemory();
  const { artifacts, ...output } = collector.output();
  return {
    experiment: `${experiment.paper}/${experiment.id}`,
    title: experiment.title,
    summary: experiment.summary,
    data: experiment.data,
    status,
    ...(error && { error }),
    scale,
    seed,
    settings,
    command: repeatingCommand(experiment, { scale, seed, options }),
    started: started.toISOString(),
    seconds,
    ...(memory !== undefined && { peakMemory: memory }),
    environment: environment({
      engine: engineInfo && [engineInfo.name, engineInfo.version].filter(Boolean).join(' '),
      execution: engineInfo && executionOf(engineInfo),
      packages: options.packages,
    }),
    ...output,
    artifacts: artifacts.map(sized),
    log,
  };
}

function checkOptions(scale: ScaleName, seed: number): void {
  if (!scaleNames.includes(scale))
    throw new LabError('argument', 'runExperiment: there is no such scale', {
      argument: 'scale',
      received: scale,
      expected: scaleNames,
    });
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new LabError('argument', 'runExperiment: the seed is not a whole number from 0', {
      argument: 'seed',
      received: seed,
    });
}

async function settle(
  signal: AbortSignal,
  run: () => Promise<void>,
): Promise<{ readonly status: RunStatus; readonly error?: RunError }> {
  const isRaised = (): boolean => signal.aborted;
  if (isRaised()) return { status: 'aborted' };
  try {
    await run();
    return { status: 'completed' };
  } catch (thrown) {
    // A raised signal may surface as any error, from any library, that it interrupted.
    if (isRaised() || (isLabError(thrown) && thrown.code === 'aborted')) return { status: 'aborted' };
    return { status: 'failed', error: describe(thrown) };
  }
}

function describe(thrown: unknown): RunError {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { message, stack } = thrown;
  return { message, ...(isLabError(thrown) && { code: thrown.code }), ...(stack !== undefined && { stack }) };
}

function risingProgress(onProgress: RunOptions['onProgress']): RunContext<unknown>['progress'] {
  let reached = 0;
  return (fraction, label) => {
    // NaN compares false and so leaves the bar where it is.
    if (fraction > reached) reached = Math.min(1, fraction);
    onProgress?.(reached, label);
  };
}

function repeatingCommand(
  { paper, id }: Pick<Experiment, 'paper' | 'id'>,
  { scale, seed, options }: { scale: ScaleName; seed: number; options: RunOptions },
): string {
  const { engineInfo, dataDir } = options;
  return [
    `npx lab run ${paper}/${id} --scale ${scale} --seed ${seed}`,
    ...(engineInfo ? engineFlags(engineInfo) : []),
    ...Object.entries(options.settings ?? {}).map(([name, value]) => settingFlag(name, [value])),
    // Where the folder lies is the machine's own affair.
    ...(dataDir === undefined ? [] : ['--data-dir DIR']),
  ].join(' ');
}

/** Flags that compute as the run did: what was asked for by name, otherwise the engine that was found. */
function engineFlags(engineInfo: RunEngine): string[] {
  const { choice = 'auto', threads } = executionOf(engineInfo) ?? {};
  const engine = `--engine ${choice === 'auto' ? engineInfo.name : choice}`;
  // Sums over several threads are rounded in another order.
  return threads === undefined ? [engine] : [engine, `--threads ${threads}`];
}

function executionOf({ execution, compiled }: RunEngine): ExecutionRecord | undefined {
  if (execution === undefined) return undefined;
  if (execution === 'eager' || compiled === undefined || 'reason' in compiled) return { choice: execution };
  const { version, threads } = compiled;
  return { choice: execution, compiler: `onnxruntime-node ${version}`, threads };
}

function sized({ name, content }: Artifact): StoredArtifact {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content).length : content.length;
  return { name, bytes, content };
}
