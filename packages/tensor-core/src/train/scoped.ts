import { tf, type Tensor } from '../tf';
import { treeLeaves } from '../tree';

/** What TensorFlow.js's engine has and does not declare. */
interface Engine {
  readonly state: { readonly activeScope: { readonly track: Tensor[] } };
  /** Ids grow with every tensor. */
  nextTensorId(): number;
}

/**
 * Calls a function of the caller's that may be asynchronous. What it makes and does not return is freed when it is not;
 * an asynchronous one has to free its own, since its tensors cannot be told from those of others.
 */
export function callScoped<T>(fn: () => T): T {
  const engine = tf.engine() as unknown as Engine &
    Pick<ReturnType<typeof tf.engine>, 'startScope' | 'endScope'>;
  engine.startScope();
  let result: T | undefined;
  try {
    result = fn();
    return result;
  } finally {
    engine.endScope(result instanceof Promise ? [...engine.state.activeScope.track] : tensorsOf(result));
  }
}

/** Calls `fn` and says how to free those tensors of its result that did not exist before. */
export async function withOwned<T>(fn: () => T | Promise<T>): Promise<{ readonly value: T; free(): void }> {
  const before = (tf.engine() as unknown as Engine).nextTensorId();
  const value = await callScoped(fn);
  const made = tensorsOf(value).filter(({ id }) => id >= before);
  return { value, free: () => tf.dispose(made) };
}

/** Looked for here since TensorFlow.js would walk every entry of a typed array. */
function tensorsOf(tree: unknown): Tensor[] {
  return treeLeaves<unknown>(tree).filter((leaf): leaf is Tensor => leaf instanceof tf.Tensor);
}
