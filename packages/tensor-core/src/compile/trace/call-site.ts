/** Where in the caller's own code a traced function stands, as the end of a sentence: ` (at layer in model.ts:12:3)`. */
export function callSite(stack: string | undefined = new Error().stack): string {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.find((frame) => !inside.test(frame));
  const place = own?.trim().replace(/^at /, '');
  return place === undefined ? '' : ` (at ${place})`;
}

/** Frames of TensorFlow.js, of Node, and of the compiler itself. */
const inside =
  /@tensorflow|tfjs-|node:internal|[\\/]compile[\\/](?:trace|graph|kernels|onnx)[\\/]|[\\/]tensor-core[\\/](?:dist|src[\\/](?:gradients|grad|kernels))[\\/]|<anonymous>/;
