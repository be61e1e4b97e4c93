import { LabError, isLabError } from '@lab/tensor-core/errors';
import { LineCounter, isCollection, isNode, isPair, isScalar, parseDocument, type Document } from 'yaml';
import { all, constraintFromJSON, type Constraint } from '../constraints';

/**
 * Reads constraints from YAML or JSON text: one constraint, a list of them, or `{ constraints: [...] }`.
 *
 * @param name what errors call the text, such as its file name
 * @throws LabError `format` or `argument` naming the line
 * @example
 * readConstraints('- kind: mean\n  value: 3.2\n- kind: bounds\n  lower: 0\n', 'wishes.yaml');
 */
export function readConstraints(text: string, name: string): Constraint {
  const lines = new LineCounter();
  // JSON is YAML: one parser reads both and knows where each node stands.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const broken = document.errors[0];
  if (broken !== undefined)
    throw new LabError('format', `${name}: line ${lineAt(broken.pos[0])}: ${broken.message}`, {
      hint: 'the file is YAML or JSON',
    });
  const lineOf = (path: readonly string[]): number => lineAt(nodeStart(document, path));

  const whole: unknown = document.toJS();
  const wrapped = typeof whole === 'object' && whole !== null && !('kind' in whole) && 'constraints' in whole;
  const root = wrapped ? ['constraints'] : [];
  const content: unknown = wrapped ? whole.constraints : whole;
  if (typeof content !== 'object' || content === null)
    throw new LabError('format', `${name}: line ${lineOf(root)}: constraints are a list`, {
      received: content ?? 'nothing',
      hint: 'for example: [{ kind: mean, value: 3.2 }, { kind: bounds, lower: 0 }]',
    });
  const items: [path: string[], json: unknown][] = Array.isArray(content)
    ? content.map((json: unknown, index) => [[...root, String(index)], json])
    : [[root, content]];
  if (items.length === 0) throw new LabError('format', `${name}: the list of constraints is empty`);
  const read = items.map(([path, json]) => {
    try {
      return constraintFromJSON(json);
    } catch (error) {
      throw located(error, { name, path, lineOf });
    }
  });
  return read.length === 1 ? read[0]! : all(...read);
}

/** The same error with the line of the field at fault, or of the constraint when the field is unknown. */
function located(
  error: unknown,
  { name, path, lineOf }: { name: string; path: string[]; lineOf: (path: readonly string[]) => number },
): unknown {
  if (!isLabError(error)) return error;
  const { argument, ...details } = error.details;
  const field = error.code === 'format' && argument ? argument.split('.') : argument ? [argument] : [];
  const sentence = error.message.split('; ')[0]!.replace(/^constraints: /, '');
  return new LabError(error.code, `${name}: line ${lineOf([...path, ...field])}: ${sentence}`, details);
}

/** Where the deepest existing node on the path starts, by its key when it is a field. */
function nodeStart(document: Document.Parsed, path: readonly string[]): number {
  let node: unknown = document.contents;
  let start = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === step,
    );
    if (isPair(pair)) {
      start = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? start;
      node = pair.value;
      continue;
    }
    const next: unknown = node.get(Number.isInteger(Number(step)) ? Number(step) : step, true);
    if (!isNode(next)) break;
    start = next.range?.[0] ?? start;
    node = next;
  }
  return start;
}
