export type Support = 'yes' | 'no' | 'wrong' | 'partly';

export interface Row {
  readonly op: string;
  /** Values, gradient, second derivative. */
  readonly wasm: readonly [Support, Support, Support];
  /** Values, gradient. */
  readonly cpu: readonly [Support, Support];
}

const introduction = `# Ops, engines and gradients

What the tests of this package found, op by op; they rewrite this file. An op has a \`yes\` if every case of it
(shapes, options, broadcasting, odd strides ...) passed:

- **value**: equal on both engines to 2e-5;
- **gradient**: equal to fourth-order differences in float64 to 1e-3, and on both engines to 2e-5;
- **second**: the derivative of the gradient along a direction, equal to differences of the gradient to 1e-3.

\`partly\` means that some cases fail, \`no\` that it throws, \`wrong\` that it gives other numbers. The \`cpu\` engine is
TensorFlow.js's own, with this package's gradients; it serves as the reference for tests and keeps its faults. The native
engines (\`node\`, \`node-gpu\`) and \`webgpu\` use the same gradients; the tests do not run them.

Compiled by ONNX Runtime, every case of this table has the value, the gradient and the second derivative of the eager
engine to 2e-5 (\`test/compile/kernels/cases.test.ts\`); what has no compiled counterpart is listed, and refused by name, in
\`test/compile/refusals.test.ts\`.

Not provided on WebAssembly: ragged tensors, regular expressions on strings, drawing on a canvas. Products with
\`tf.fused.matMul\` and transposed operands take the slow loop of the stock engine: write \`tf.matMul\`. Convolutions know
channels last only. \`batchNorm\` can be differentiated only when both scale and offset are given. Complex tensors can be
computed with but not differentiated, on any engine: use \`fft\` and \`ifft\` of this package.
`;

/** The markdown of the support matrix, one row an op. */
export function supportMatrix(rows: readonly Row[]): string {
  const byOp = new Map<string, Row[]>();
  for (const row of rows) byOp.set(row.op, [...(byOp.get(row.op) ?? []), row]);
  const table = [
    ['op', 'wasm: value', 'gradient', 'second', 'cpu: value', 'gradient'],
    ...[...byOp].sort(([a], [b]) => (a < b ? -1 : 1)).map(([op, own]) => [op, ...verdicts(own)]),
  ];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length))) ?? [];
  const line = (cells: string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number, fill)).join(' | ')} |`;
  const [head = [], ...body] = table;
  const lines = [
    line(head, ' '),
    line(
      head.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row, ' ')),
  ];
  return `${introduction}\n${lines.join('\n')}\n`;
}

function verdicts(rows: readonly Row[]): Support[] {
  const columns = rows.map(({ wasm, cpu }) => [...wasm, ...cpu]);
  return (columns[0] ?? []).map((first, column) => {
    const found = new Set(columns.map((cells) => cells[column] as Support));
    return found.size === 1 ? first : found.has('yes') ? 'partly' : 'wrong';
  });
}
