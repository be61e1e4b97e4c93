import { onnxType } from '../graph/elementwise';
import { sizeOf } from '../graph/graph';
import { reachable } from '../graph/reachable';
import type { Attribute, Model, Node, Value } from '../graph/types';
import { writeMessage, type Message } from './protobuf';

/** The operator set that nodes are written for, and the newest file version that goes with it. */
const [opset, irVersion] = [20, 9] as const;

export interface EncodeModelOptions {
  /** Name of one more output before the others: a sequence without entries. @default none */
  readonly emptySequence?: string | undefined;
}

/**
 * The bytes of an ONNX file (ModelProto). Nodes that no output needs are left out.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
export function encodeModel(
  { name, inputs, outputs }: Model,
  { emptySequence }: EncodeModelOptions = {},
): Uint8Array {
  const { nodes, constants } = reachable(outputs.map(({ value }) => value));
  const names = new Map<Value, string>(inputs.map((input) => [input.value, input.name]));
  const nameOf = (value: Value | undefined): string => (value ? (names.get(value) ?? `v${value.id}`) : '');
  // An output has one maker; one that is an input, a constant or another output as well is a copy.
  const copies: { from: string; to: string }[] = [];
  for (const output of outputs)
    if (output.value.source.kind === 'node' && !names.has(output.value)) names.set(output.value, output.name);
    else copies.push({ from: nameOf(output.value), to: output.name });

  return writeMessage((model) => {
    model.integer(1, irVersion).text(2, 'lab');
    model.message(7, (graph) => {
      for (const node of nodes) graph.message(1, (proto) => writeNode(proto, node, nameOf));
      for (const { from, to } of copies)
        graph.message(1, (proto) => proto.text(1, from).text(2, to).text(4, 'Identity'));
      if (emptySequence !== undefined)
        graph.message(1, (proto) => proto.text(2, emptySequence).text(4, 'SequenceEmpty'));
      graph.text(2, name);
      for (const value of constants)
        graph.message(5, (tensor) => writeConstant(tensor, value, nameOf(value)));
      for (const input of inputs) graph.message(11, (info) => writeInfo(info, input.name, input.value));
      if (emptySequence !== undefined) graph.message(12, (info) => writeSequenceInfo(info, emptySequence));
      for (const output of outputs) graph.message(12, (info) => writeInfo(info, output.name, output.value));
    });
    const domains = new Set(['', ...nodes.map(({ domain }) => domain)]);
    for (const domain of domains)
      model.message(8, (set) => set.text(1, domain).integer(2, domain === '' ? opset : 1));
  });
}

function writeNode(
  proto: Message,
  { op, domain, inputs, attributes, outputs }: Node,
  nameOf: (value?: Value) => string,
): void {
  for (const input of inputs) proto.text(1, nameOf(input));
  for (const output of outputs) proto.text(2, nameOf(output));
  proto.text(4, op);
  for (const [name, value] of Object.entries(attributes))
    proto.message(5, (attribute) => writeAttribute(attribute, name, value));
  if (domain !== '') proto.text(7, domain);
}

/** AttributeProto.type: 1 float, 2 int, 3 string, 7 ints. */
function writeAttribute(proto: Message, name: string, value: Attribute): void {
  proto.text(1, name);
  if (typeof value === 'number') proto.integer(3, value).integer(20, 2);
  else if (typeof value === 'string') proto.text(4, value).integer(20, 3);
  else if ('float' in value) proto.float(2, value.float).integer(20, 1);
  else proto.integers(8, value).integer(20, 7);
}

function writeConstant(proto: Message, value: Value, name: string): void {
  proto.integers(1, value.shape).integer(2, onnxType[value.dtype]).text(8, name).bytes(9, rawData(value));
}

function rawData({ source, shape, dtype }: Value): Uint8Array {
  const numbers =
    source.kind === 'splat'
      ? new Float64Array(sizeOf({ shape })).fill(source.value)
      : source.kind === 'constant'
        ? source.data
        : new Float64Array(0);
  const make = {
    float32: () => (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)),
    int32: () => (numbers instanceof Int32Array ? numbers : Int32Array.from(numbers)),
    int64: () => BigInt64Array.from(numbers as ArrayLike<number> as number[], BigInt),
    bool: () => Uint8Array.from(numbers),
  }[dtype];
  const { buffer, byteOffset, byteLength } = make();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function writeInfo(proto: Message, name: string, { shape, dtype }: Value): void {
  proto.text(1, name);
  proto.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.integer(1, onnxType[dtype]);
      tensor.message(2, (dims) => {
        for (const size of shape) dims.message(1, (dim) => dim.integer(1, size));
      });
    }),
  );
}

function writeSequenceInfo(proto: Message, name: string): void {
  proto.text(1, name);
  proto.message(2, (type) =>
    type.message(4, (sequence) =>
      sequence.message(1, (entry) => entry.message(1, (tensor) => tensor.integer(1, onnxType.float32))),
    ),
  );
}
