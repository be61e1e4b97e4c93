import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';

/** What the numbers depend on: one line. `torch` is its version, or undefined. */
export function versionsText(torch: string | undefined): string {
  const processor = cpus();
  return [
    `Node ${process.versions.node}`,
    `@tensorflow/tfjs-backend-wasm ${versionOf('@tensorflow/tfjs-backend-wasm')}`,
    `onnxruntime-node ${versionOf('onnxruntime-node')}`,
    torch === undefined ? 'no PyTorch' : `PyTorch ${torch}`,
    `${processor[0]?.model ?? 'unknown processor'}, ${processor.length} cores`,
    process.platform,
  ].join('; ');
}

/** As tensor-core, which depends on them, finds them. */
function versionOf(name: string): string {
  try {
    const fromCore = createRequire(createRequire(import.meta.url).resolve('@lab/tensor-core/package.json'));
    const path = fromCore.resolve(`${name}/package.json`);
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  } catch {
    return 'missing';
  }
}
