import { LabError } from '../../errors';
import type { GraphType, Model, NamedValue, Value } from '../graph/types';
import { inBlocks } from '../graph/blocks';
import { encodeModel } from '../onnx/model';
import { loadRuntime, type NativeSession, type OrtData, type OrtTensor, type Runtime } from './binding';

export interface SessionOptions {
  /** Threads to compute with, at least 1. */
  readonly threads: number;
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
 * @throws LabError as `loadRuntime`; `numeric` when the runtime refuses an index or a shape while it runs
 */
export function createSession(model: Model, { threads }: SessionOptions): Session {
  const runtime = loadRuntime();
  const bytes = encodeModel(process.env['NOBLOCK'] ? model : inBlocks(model, threads));
  const native = runtime.createSession();
  if (process.env['LAB_DUMP']) (process.getBuiltinModule('node:fs')).writeFileSync(process.env['LAB_DUMP'], bytes); // XXX
  native.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, sessionOptions(threads));
  let isOpen = true;
  const session: Session = {
    inputs: model.inputs,
    outputs: model.outputs,
    tensor: (value, data) => wrap(runtime, value, data),
    run(feeds, fetches) {
      if (!isOpen) throw new LabError('argument', 'compile: this compiled function has been disposed of');
      try {
        native.run(feeds, fetches, {});
      } catch (cause) {
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

function sessionOptions(threads: number): object {
  return {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: {
      session: {
        // Waiting threads that spin take the time of those that work when cores are busy.
        intra_op: { allow_spinning: process.env['SPIN'] ?? '1', spin_duration_us: process.env['SPINUS'] ?? '50' },
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
