import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { parseResult, resultJsonSchema, stringifyResult, type RunResult } from '../src/index';
import { sampleResult } from './sample-result';

/** What a file keeps of a run: artifacts without content, figures as Vega reads them. */
function stored(result: RunResult): RunResult {
  return {
    ...result,
    artifacts: result.artifacts.map(({ name, bytes }) => ({ name, bytes })),
    figures: JSON.parse(JSON.stringify(result.figures)) as RunResult['figures'],
  };
}

describe('result file', () => {
  test('comes back as it was, with numbers that are not finite', () => {
    const results = [
      sampleResult(),
      sampleResult('b', { experiment: 'cps/b', status: 'failed', error: { message: 'm' } }),
    ];
    expect(parseResult(stringifyResult(results))).toEqual(results.map(stored));
  });

  test.prop([fc.string({ unit: 'binary' })])('comes back whatever the texts are', (text) => {
    const result = sampleResult(text);
    // JSON writes lone surrogates as escapes, so that they survive too.
    expect(parseResult(stringifyResult([result]))).toEqual([stored(result)]);
  });

  test('has all claims and figures of all runs in one list each, with their files', () => {
    const file = JSON.parse(stringifyResult([sampleResult(), sampleResult('b', { experiment: 'cps/b' })]));
    expect(file.claims).toHaveLength(4);
    expect(file.figures.map((figure: { file: string }) => figure.file)).toEqual([
      'figures/cps-sample-lines.svg',
      'figures/cps-sample-bars.svg',
      'figures/cps-b-lines.svg',
      'figures/cps-b-bars.svg',
    ]);
    expect(JSON.parse(stringifyResult([sampleResult()])).figures[0].file).toBe('figures/lines.svg');
    expect(file.tables[0].rows[0][1]).toEqual({ nonFinite: 'NaN' });
  });

  test.each([
    ['nothing', /not JSON/],
    ['{}', /does not fit the schema/],
    [JSON.stringify({ ...JSON.parse(stringifyResult([sampleResult()])), version: 2 }), /version/],
    [stringifyResult([sampleResult()]).replace('"holds": true', '"holds": "yes"'), /claims\[0\]\.holds/],
    [stringifyResult([sampleResult()]).replace('"seed": 0', '"seed": -1'), /runs\[0\]\.seed/],
  ])('refuses %#', (text, message) => {
    expect(() => parseResult(text)).toThrow(message);
  });

  test('reads files of before there was an execution', () => {
    const file = JSON.parse(stringifyResult([sampleResult()]));
    delete file.runs[0].environment.execution;
    expect(parseResult(JSON.stringify(file))[0]!.environment.execution).toBeUndefined();
  });

  test('refuses an experiment that is in it twice', () => {
    expect(() => stringifyResult([sampleResult(), sampleResult()])).toThrow(/twice/);
  });

  test('the published schema is current: pnpm run schema writes it', () => {
    const published = JSON.parse(readFileSync(new URL('../result.schema.json', import.meta.url), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(resultJsonSchema())));
  });
});
