/** One number for every sample, or one for each sample of the batch: [B]. */
export type PerSample = number | readonly number[] | Float64Array;

/** A channel by index or by name, or several; a constraint on several channels holds in each of them. */
export type ChannelSelection = number | string | readonly (number | string)[];

/** What every constraint has. A constraint is a plain frozen object whose JSON text is its file form. */
export interface ConstraintBase<Kind extends string> {
  readonly kind: Kind;
  /** What reports and errors call it. */
  readonly name: string;
  /** True when the set of series that satisfy it is convex, so that the nearest one is unique and found exactly. */
  readonly convex: boolean;
}

/** Options of every constraint that acts on channels. */
export interface ChannelOptions {
  /** The channels it acts on. @default every channel */
  readonly channel?: ChannelSelection;
  /** What reports and errors call it. @default made from the kind and the channel */
  readonly name?: string;
}

/** A level given exactly, or by an interval. */
export interface LevelOptions extends ChannelOptions {
  /** The level itself; or give `lower` and/or `upper`. */
  readonly value?: PerSample;
  /** @default no lower limit */
  readonly lower?: PerSample;
  /** @default no upper limit */
  readonly upper?: PerSample;
}

/** A constraint's fields, each possibly undefined, the name possibly absent. */
type Fields<C> = { readonly [F in keyof C as F extends 'name' ? never : F]: C[F] | undefined } & {
  readonly name?: string | undefined;
  readonly channel?: ChannelSelection | undefined;
};

/** Freezes a constraint and gives it a name; fields that are undefined are left out, so that JSON and equality are clean. */
export function makeConstraint<C extends ConstraintBase<string>>(fields: Fields<C>): C {
  const { kind, channel, name } = fields as { kind: string; channel?: ChannelSelection; name?: string };
  const where = channel === undefined ? '' : `(${[channel].flat().join(',')})`;
  const made: Record<string, unknown> = { kind, name: name ?? `${kind}${where}` };
  for (const [field, value] of Object.entries(fields))
    if (value !== undefined && field !== 'name')
      made[field] = ArrayBuffer.isView(value) ? toList(value) : value;
  return Object.freeze(made) as unknown as C;
}

function toList(view: ArrayBufferView): number[] {
  return Array.from(view as Float64Array);
}

/** The fields of a level. */
export function levelFields({ value, lower, upper }: LevelOptions) {
  return { value, lower, upper };
}
