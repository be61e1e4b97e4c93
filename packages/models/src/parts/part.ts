import type { Tensor } from '@lab/tensor-core';
import { architecture, type Architecture } from '../weights/architecture';
import type { Weight } from '../weights/weight';

/** A piece of a network that knows its weights, wherever in a network it stands, and what it does with them. */
export interface Part<Params, Args extends readonly unknown[] = [x: Tensor], Output = Tensor> {
  /** Its weights, all names after `at`. */
  weights(at: string): Weight[];
  apply(params: Params, ...args: Args): Output;
}

/** Parts by the published names of their places; `undefined` where a network has none. */
export type Parts = { readonly [name: string]: AnyPart | Parts | readonly (AnyPart | Parts)[] | undefined };

/** A part whatever its parameters: a function's parameters fit `never` alone. */
interface AnyPart {
  weights(at: string): Weight[];
  readonly apply: (params: never, ...args: never) => unknown;
}

/** The tree of parameters of parts. */
export type ParamsOf<P> =
  P extends Part<infer Params, never, unknown>
    ? Params
    : P extends readonly (infer Item)[]
      ? Readonly<Record<number, ParamsOf<Item>>>
      : P extends undefined
        ? undefined
        : { readonly [Name in keyof P]: ParamsOf<P[Name]> };

/** A part made of parts: a path in its tree is the published name. */
export function compound<P extends Parts, Args extends readonly unknown[], Output>(
  parts: P,
  apply: (params: ParamsOf<P>, ...args: Args) => Output,
): Part<ParamsOf<P>, Args, Output> {
  return { weights: (at) => weightsOf(parts, at), apply };
}

/** Parameters of a network of parts, by the paths of its `weights`. */
export interface NetworkParams {
  readonly [name: string]: Tensor | NetworkParams;
}

/** A whole network from its one part. */
export function networkOf<Params, Args extends readonly unknown[], Output>(
  part: Part<Params, Args, Output>,
  ignored?: RegExp,
): Architecture<NetworkParams, Args, Output> {
  return architecture<NetworkParams, Args, Output>(
    part.weights(''),
    (params, ...args) => part.apply(params as Params, ...args),
    ignored,
  );
}

function weightsOf(parts: Parts | readonly (AnyPart | Parts)[], at: string): Weight[] {
  return Object.entries(parts).flatMap(([name, part]) => {
    if (part === undefined) return [];
    const place = at === '' ? name : `${at}.${name}`;
    return isPart(part) ? part.weights(place) : weightsOf(part, place);
  });
}

function isPart(part: AnyPart | Parts | readonly (AnyPart | Parts)[]): part is AnyPart {
  return typeof (part as { readonly weights?: unknown }).weights === 'function';
}
