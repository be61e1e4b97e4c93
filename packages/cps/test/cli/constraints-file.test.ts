import { isLabError } from '@lab/tensor-core/errors';
import { describe, expect, test } from 'vitest';
import { readConstraints } from '../../src/cli';

function refusal(text: string): string {
  try {
    readConstraints(text, 'wishes.yaml');
  } catch (error) {
    if (isLabError(error)) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('readConstraints', () => {
  test('YAML, JSON and an object that wraps the list say the same', () => {
    const yaml = '- kind: mean\n  value: 3.2\n- kind: bounds\n  lower: 0\n';
    const json = '[{"kind":"mean","value":3.2},{"kind":"bounds","lower":0}]';
    const wrapped = `# what we want\nconstraints:\n  - { kind: mean, value: 3.2 }\n  - { kind: bounds, lower: 0 }\n`;
    const read = readConstraints(yaml, 'a');
    expect(read).toEqual(readConstraints(json, 'b'));
    expect(read).toEqual(readConstraints(wrapped, 'c'));
    expect(JSON.parse(JSON.stringify(read))).toMatchObject({
      kind: 'all',
      constraints: [
        { kind: 'mean', value: 3.2 },
        { kind: 'bounds', lower: 0 },
      ],
    });
  });

  test.each([
    ['a field of the wrong type', '- kind: mean\n  value: 3.2\n- kind: argmax\n  at: noon\n', 4],
    ['an unknown kind', '- kind: mean\n  value: 3.2\n\n- kind: median\n  value: 1\n', 4],
    ['an unknown field', '# wishes\n- kind: mean\n  vlaue: 3\n', 2],
    ['a value that the constraint refuses', '- kind: bounds\n  lower: 0\n- kind: maxStep\n  value: -1\n', 4],
    ['inside the wrapping object', 'constraints:\n  - kind: mean\n    value: [a]\n', 3],
    ['JSON over several lines', '[\n  {"kind": "mean", "value": 1},\n  {"kind": "mean", "value": "x"}\n]', 3],
    ['broken syntax', '- kind: mean\n  value: [1, 2\n', 3],
    ['a scalar', 'mean\n', 1],
  ])('%s is refused with its line', (_, text, line) => {
    expect(refusal(text)).toMatch(new RegExp(`^wishes\\.yaml: line ${line}: `));
  });

  test('an empty file and an empty list are refused', () => {
    expect(refusal('')).toContain('constraints are a list');
    expect(refusal('[]')).toContain('empty');
  });
});
