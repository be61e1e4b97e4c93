import { LabError } from '@lab/tensor-core/errors';
import type { RunResult, StoredArtifact } from '../../run/result';
import { parseResult, stringifyResult } from '../../schema/serialize';

/** A run as text, its files included: what goes through a queue or between threads. */
export function packResult(result: RunResult): string {
  const files = result.artifacts.map(({ content }) =>
    typeof content === 'string'
      ? { text: content }
      : { base64: content === undefined ? undefined : Buffer.from(content).toString('base64') },
  );
  return JSON.stringify({ result: stringifyResult([result]), files });
}

/** @throws LabError `format` when it is not what `packResult` made */
export function unpackResult(parcel: string): RunResult {
  let opened: { result: string; files: { text?: string; base64?: string }[] };
  try {
    opened = JSON.parse(parcel) as typeof opened;
  } catch (cause) {
    throw new LabError('format', 'the result of a job cannot be read', { received: String(cause), cause });
  }
  const [result] = parseResult(opened.result);
  if (!result || opened.files.length !== result.artifacts.length)
    throw new LabError('format', 'the result of a job has not all its files');
  const artifacts = result.artifacts.map((artifact, index): StoredArtifact => {
    const { text, base64 } = opened.files[index]!;
    const content =
      text ?? (base64 === undefined ? undefined : new Uint8Array(Buffer.from(base64, 'base64')));
    return content === undefined ? artifact : { ...artifact, content };
  });
  return { ...result, artifacts };
}
