import { z } from 'zod';
import { resultFile } from './result-file';

/** The JSON schema of `result.json`, as published in `@lab/experiment/result.schema.json`. */
export function resultJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(resultFile, { io: 'input' });
}
