/** Element types of a traced graph: those of TensorFlow.js, and int64 for the shapes and indices that ONNX asks for. */
export type GraphType = 'float32' | 'int32' | 'bool' | 'int64';

export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** One value of the graph: what a node, a constant or an input gives. Shapes are static. */
export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: GraphType;
  readonly source: Source;
}

export type Source =
  | { readonly kind: 'input'; readonly name: string }
  /** The same number at every place. */
  | { readonly kind: 'splat'; readonly value: number }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'node'; readonly node: Node };

export type Attribute = number | string | readonly number[] | { readonly float: number };

export type Attributes = Readonly<Record<string, Attribute>>;

/** An ONNX operator. Of its inputs the optional ones may be left out with `undefined`. */
export interface Node {
  readonly op: string;
  /** '' for the standard operators, 'com.microsoft' for those that ONNX Runtime adds. */
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/** A graph with its inputs and outputs. */
export interface Model {
  readonly name: string;
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
}

export interface OutputType {
  readonly shape: readonly number[];
  readonly dtype: GraphType;
}

export interface OpOptions {
  readonly attributes?: Attributes;
  readonly domain?: string;
}

/**
 * A graph while it grows. Equal nodes are made once, so a value asked for twice is one value.
 */
export interface Graph {
  input(name: string, type: OutputType): Value;
  splat(value: number, type: OutputType): Value;
  constant(data: ConstantData, type: OutputType): Value;
  /** A list of whole numbers that an operator takes as an int64 input. */
  list(values: readonly number[]): Value;
  /** A node with one output. */
  op(op: string, inputs: readonly (Value | undefined)[], output: OutputType, options?: OpOptions): Value;
  /** A node with several outputs. */
  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputType[],
    options?: OpOptions,
  ): readonly Value[];
}
