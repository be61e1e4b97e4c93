import { LabError } from '../errors';
import { shown } from './bytes';
import type { HostDType } from './host-array';

/** Kinds of number by NumPy's letter and width. */
export const npyDTypes: Readonly<Record<string, HostDType>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u8: 'uint64',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
};

export interface NpyHeader {
  readonly dtype: HostDType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

export function npyError(sentence: string, received?: string): LabError {
  return new LabError('format', `npy: ${sentence}`, received === undefined ? {} : { received });
}

/** NumPy's own limit on the number of axes. */
const rankLimit = 64;

/**
 * The header: a Python dictionary with the keys descr, fortran_order and shape, each once. Read token by token; no part
 * of it is evaluated.
 */
export function parseNpyHeader(text: string): NpyHeader {
  const tokens = tokenize(text);
  const fields = new Map<string, string | readonly number[]>();
  let at = 0;
  const take = (expected: string): void => {
    if (tokens[at++] !== expected)
      throw npyError(`the header is not a dictionary of three entries`, shown(text));
  };
  take('{');
  while (tokens[at] !== '}') {
    const name = unquoted(tokens[at++], text);
    take(':');
    if (fields.has(name)) throw npyError('a key occurs twice in the header', shown(name));
    if (name === 'descr' && tokens[at] === '[') throw unsupported('an array of records');
    const end = tokens[at] === '(' ? tokens.indexOf(')', at) + 1 : at + 1;
    if (end === 0) throw npyError('the shape in the header is not closed', shown(text));
    fields.set(name, end === at + 1 ? tokens[at]! : parseShape(tokens.slice(at + 1, end - 1)));
    at = end;
    if (tokens[at] !== '}') take(',');
  }
  if (at + 1 !== tokens.length) throw npyError('the header goes on after its dictionary', shown(text));
  return interpret(fields, text);
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const token = /[ \t\n]*('[^'\\]*'|"[^"\\]*"|True|False|\d+|[{}()[\]:,])[ \t\n]*/y;
  while (token.lastIndex < text.length) {
    const start = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw npyError('the header cannot be read', shown(text.slice(start)));
    tokens.push(match[1]!);
  }
  return tokens;
}

function unquoted(token: string | undefined, text: string): string {
  if (token !== undefined && /^['"]/.test(token)) return token.slice(1, -1);
  throw npyError('a key or type in the header is not a text', shown(text));
}

/** `3, 4` or `3,` or nothing: a Python tuple of one has its comma. */
function parseShape(tokens: readonly string[]): number[] {
  const wellFormed = tokens.every((token, i) => (i % 2 === 0 ? /^\d+$/.test(token) : token === ','));
  const shape = tokens.filter((_, i) => i % 2 === 0).map(Number);
  if (!wellFormed || tokens.length === 1 || shape.length > rankLimit || !shape.every(Number.isSafeInteger))
    throw npyError('the shape in the header is not a tuple of sizes', shown(tokens.join(' ')));
  return shape;
}

function interpret(fields: ReadonlyMap<string, string | readonly number[]>, text: string): NpyHeader {
  const descr = fields.get('descr');
  const order = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (fields.size !== 3 || typeof descr !== 'string' || typeof shape !== 'object')
    throw npyError('the header lacks one of descr, fortran_order and shape', shown(text));
  if (order !== 'True' && order !== 'False')
    throw npyError('fortran_order is neither True nor False', shown(order));
  const name = unquoted(descr, text);
  const [, byteOrder, kind] = /^([<>|])(\w+)$/.exec(name) ?? [];
  if (kind === undefined || !Object.hasOwn(npyDTypes, kind)) throw unsupported(shown(name));
  if (byteOrder === '|' && !/1$/.test(kind))
    throw npyError('a number of several bytes has no byte order', shown(name));
  return { dtype: npyDTypes[kind]!, littleEndian: byteOrder !== '>', fortranOrder: order === 'True', shape };
}

function unsupported(received: string): LabError {
  return new LabError('unsupported', 'npy: this kind of array cannot be read', {
    received,
    expected: Object.keys(npyDTypes),
    hint: 'save plain numbers; Python objects are never unpickled',
  });
}
