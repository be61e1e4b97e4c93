/** Where in the caller's own code a traced function stands, as the end of a sentence: ` (at layer in model.ts:12:3)`. */
export function callSite(stack: string | undefined = new Error().stack): string {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((frame) => !inside.test(frame));
  const place = own?.trim().replace(/^at /, '');
  return place === undefined ? '' : ` (at ${place})`;
}

/** Frames of TensorFlow.js, of Node, of this package, and those that stand nowhere. */
const inside =
  /@tensorflow|tfjs-|node:internal|[\\/]tensor-core[\\/](?:dist|src)[\\/]|(?:at |\()<anonymous>\)?$/;

/** Runs `fn` with stacks that are deep enough to reach the caller through TensorFlow.js's own frames. */
export function withDeepStacks<T>(fn: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  try {
    return fn();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
