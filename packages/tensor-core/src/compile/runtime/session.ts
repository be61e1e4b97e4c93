import { LabError } from '../../errors';
import type { GraphType, Model, NamedValue, Value } from '../graph/types';
import { blockedConvolutions, hasConvolutions } from '../graph/blocked-convolution';
import { inBlocks } from '../graph/blocks';
import { withBiases } from '../graph/convolution-bias';
import { channelBlock } from './channel-block';
import { stop, stopOf } from './copied-outputs';
import { threadsFor } from './threads';
import { encodeModel } from '../onnx/model';
import { loadRuntime, type NativeSession, type OrtData, type OrtTensor, type Runtime } from './binding';

export interface SessionOptions {
  /** Threads to compute with, at least 1. @default as many as the graph has work for */
  readonly threads: number | undefined;
}

/** A graph in the runtime. It holds native memory until it is disposed of or collected. */
export interface Session {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  /** Wraps memory as the runtime's tensor; it stays where it is. */
  tensor(value: Value, data: OrtData): OrtTensor;
  /** Computes, synchronously, from `feeds` into `fetches`. */
  run(feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor>): void;
  dispose(): void;
}

const collected = new FinalizationRegistry<NativeSession>((native) => native.dispose());

/**
 * Starts a session for a graph.
 *
 * @throws LabError as `loadRuntime`; `argument` for threads that are no whole number from 1, `unsupported` for a graph that
 * the runtime does not take; from `run`, `numeric` when it refuses an index while it computes
 */
export function createSession(model: Model, options: SessionOptions): Session {
  const { threads = threadsFor(model) } = options;
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new LabError('argument', 'compile: threads must be a whole number of at least 1', {
      argument: 'threads',
      received: threads,
    });
  const runtime = loadRuntime();
  const fitted = inBlocks(withBlockedConvolutions(withBiases(model), runtime), threads);
  const stopped = stopOf(model, runtime);
  const bytes = encodeModel(fitted, { emptySequence: stopped === undefined ? undefined : stop });
  const native = started(runtime, bytes, threads);
  let isOpen = true;
  const session: Session = {
    inputs: model.inputs,
    outputs: model.outputs,
    tensor: (value, data) => wrap(runtime, value, data),
    run(feeds, fetches) {
      if (!isOpen) throw new LabError('argument', 'compile: this compiled function has been disposed of');
      try {
        native.run(feeds, stopped === undefined ? fetches : { [stop]: null, ...fetches }, {});
      } catch (cause) {
        if (stopped !== undefined && (cause as Error).message === stopped) return;
        throw new LabError('numeric', 'compile: ONNX Runtime stopped while it computed', {
          received: (cause as Error).message,
          hint: 'most often an index is out of range; the eager engine names the op',
          cause,
        });
      }
    },
    dispose() {
      if (!isOpen) return;
      isOpen = false;
      collected.unregister(session);
      native.dispose();
    },
  };
  collected.register(session, native, session);
  return session;
}

function withBlockedConvolutions(model: Model, runtime: Runtime): Model {
  const block = hasConvolutions(model) ? channelBlock(runtime) : 0;
  return block === 0 ? model : blockedConvolutions(model, block);
}

function started(runtime: Runtime, bytes: Uint8Array, threads: number): NativeSession {
  const native = runtime.createSession();
  try {
    native.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, sessionOptions(threads));
    return native;
  } catch (cause) {
    throw new LabError('unsupported', 'compile: ONNX Runtime does not take this graph', {
      received: (cause as Error).message,
      hint: "run this function with engine: 'eager'",
      cause,
    });
  }
}

function sessionOptions(threads: number): object {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: {
      // As part of its product a sum costs more than on its own: the runtime copies the addend over the whole result first,
      // on one thread.
      optimization: { disable_specified_optimizers: 'MatMulAddFusion' },
      session: {
        // Threads that wait for the next node spin briefly, and then sleep: spinning for long takes the time of those that
        // work when cores are busy, and waking a thread for every node takes as long as a small node.
        intra_op: { allow_spinning: '1', spin_duration_us: '50' },
      },
    },
  };
}

function wrap(runtime: Runtime, { shape, dtype }: Value, data: OrtData): OrtTensor {
  return runtime.tensor(dtype, data, shape);
}

/** Fresh memory for a value. */
export function allocate(dtype: GraphType, size: number): OrtData {
  if (dtype === 'float32') return new Float32Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  return new BigInt64Array(size);
}
