import { LabError } from '../errors';
import type { Key } from '../random';
import { isTensor } from '../host/is-tensor';
import type { Tensor } from '../tf';
import { isTreeNode, treeFlatten } from '../tree';

/** A tensor among the arguments of a call, with its place. */
export interface TensorLeaf {
  readonly path: string;
  readonly tensor: Tensor;
}

/** The arguments of a call, taken apart. */
export interface CallArguments {
  /** The same for calls that one trace serves: structure, shapes, and everything that is not a tensor or a key. */
  readonly signature: string;
  readonly tensors: readonly TensorLeaf[];
  readonly keys: readonly Key[];
}

/**
 * Takes the arguments of a call apart. Tensors and keys are what varies between calls; numbers, strings, booleans and
 * functions are part of what is compiled.
 *
 * @param keyArguments positions of the arguments that are random keys
 * @throws LabError `unsupported` for a typed array: an array of the host is not seen by a compiled function
 */
export function callArguments(args: readonly unknown[], keyArguments: readonly number[]): CallArguments {
  const keys = keyArguments.map((position) => args[position] as Key);
  const tensors: TensorLeaf[] = [];
  const parts: string[] = [];
  args.forEach((arg, position) => {
    if (keyArguments.includes(position)) {
      parts.push('key');
      return;
    }
    parts.push(structure(arg));
    for (const [path, leaf] of treeFlatten<unknown>(arg))
      if (isTensor(leaf)) tensors.push({ path: `${position}.${path}`, tensor: leaf });
      else refuseHostArray(leaf, path);
  });
  return { signature: parts.join(';'), tensors, keys };
}

/** The text of a tree in which tensors are their types. */
function structure(value: unknown): string {
  if (isTensor(value)) return `${value.dtype}[${value.shape.join()}]`;
  if (Array.isArray(value)) return `[${value.map(structure).join()}]`;
  if (isTreeNode(value))
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${structure((value as Record<string, unknown>)[name])}`)
      .join()}}`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if ((typeof value === 'object' && value !== null) || typeof value === 'function')
    return `#${identityOf(value)}`;
  return String(value);
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(value: object): number {
  let id = identities.get(value);
  if (id === undefined) identities.set(value, (id = nextIdentity++));
  return id;
}

function refuseHostArray(leaf: unknown, path: string): void {
  if (!ArrayBuffer.isView(leaf)) return;
  throw new LabError(
    'unsupported',
    'compile: an argument has an array of the host, whose numbers a compiled function would not see',
    {
      argument: path === '' ? 'arguments' : path,
      received: leaf.constructor.name,
      hint: 'make it a tensor: tf.tensor(...)',
    },
  );
}
