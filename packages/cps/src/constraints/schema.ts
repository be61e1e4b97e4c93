import * as z from 'zod';

const perSample = z.union([z.number(), z.array(z.number()).min(1)]);
const channelId = z.union([z.number().int().min(0), z.string().min(1)]);
const channel = z.union([channelId, z.array(channelId).min(1)]).optional();
const named = { name: z.string().min(1).optional(), convex: z.boolean().optional() };
const onChannel = { ...named, channel };
const level = {
  ...onChannel,
  value: perSample.optional(),
  lower: perSample.optional(),
  upper: perSample.optional(),
};
const curve = z.union([z.array(z.number()).min(1), z.array(z.array(z.number()).min(1)).min(1)]);
const rowBounds = z.union([z.array(z.number()), z.array(z.array(z.number()))]);
const extreme = { ...onChannel, at: perSample, value: perSample.optional(), margin: perSample.optional() };
const peak = { ...onChannel, value: perSample, at: perSample.optional() };
const stepLimit = { ...onChannel, value: perSample };

const leaf = [
  z.strictObject({ kind: z.literal('mean'), ...level }),
  z.strictObject({ kind: z.literal('total'), ...level }),
  z.strictObject({
    kind: z.literal('bounds'),
    ...onChannel,
    lower: perSample.optional(),
    upper: perSample.optional(),
    lowerCurve: curve.optional(),
    upperCurve: curve.optional(),
    steps: z.array(z.number().int()).min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal('fixed'),
    ...onChannel,
    values: z.record(z.string().regex(/^-?\d+$/, 'a step is a whole number'), perSample),
  }),
  z.strictObject({ kind: z.literal('argmax'), ...extreme }),
  z.strictObject({ kind: z.literal('argmin'), ...extreme }),
  z.strictObject({ kind: z.literal('peak'), ...peak }),
  z.strictObject({ kind: z.literal('trough'), ...peak }),
  z.strictObject({
    kind: z.literal('monotone'),
    ...onChannel,
    direction: z.enum(['increasing', 'decreasing']).optional(),
  }),
  z.strictObject({ kind: z.literal('maxStep'), ...stepLimit }),
  z.strictObject({ kind: z.literal('maxCurvature'), ...stepLimit }),
  z.strictObject({
    kind: z.literal('returns'),
    ...onChannel,
    lower: perSample.optional(),
    upper: perSample.optional(),
  }),
  z.strictObject({
    kind: z.literal('totalReturn'),
    ...onChannel,
    value: perSample,
    from: channelId.optional(),
  }),
  z.strictObject({
    kind: z.literal('ohlc'),
    ...named,
    open: channelId.optional(),
    high: channelId.optional(),
    low: channelId.optional(),
    close: channelId.optional(),
  }),
  z.strictObject({ kind: z.literal('simplex'), ...onChannel, total: perSample.optional() }),
  z.strictObject({ kind: z.literal('l1Ball'), ...onChannel, radius: perSample }),
  z.strictObject({ kind: z.literal('l2Ball'), ...onChannel, radius: perSample }),
  z.strictObject({ kind: z.literal('energy'), ...onChannel, upper: perSample }),
  z.strictObject({
    kind: z.literal('linear'),
    ...named,
    matrix: z.array(z.array(z.number())).min(1),
    lower: rowBounds.optional(),
    upper: rowBounds.optional(),
  }),
  z.strictObject({ kind: z.literal('std'), ...level }),
  z.strictObject({ kind: z.literal('meanAbsoluteChange'), ...level }),
  z.strictObject({ kind: z.literal('autocorrelation'), ...level, lag: z.number().int().min(1) }),
  z.strictObject({
    kind: z.literal('volatility'),
    ...level,
    returns: z.enum(['log', 'simple', 'difference']).optional(),
    periodsPerYear: z.number().positive().optional(),
  }),
  z.strictObject({ kind: z.literal('spectralAmplitude'), ...level, frequency: z.number().int().min(0) }),
] as const;

const all = z.strictObject({
  kind: z.literal('all'),
  ...named,
  get constraints() {
    return z.array(constraintSchema);
  },
});
const anyOf = z.strictObject({
  kind: z.literal('anyOf'),
  ...named,
  get constraints() {
    return z.array(constraintSchema).min(1);
  },
});

/**
 * The file form of a constraint, `{ "kind": "mean", "channel": "close", "value": 3.2 }`: the fields are those of the function of
 * that kind. Unknown fields are refused, so that a slip of the pen is not a constraint less. A file may hold one constraint or a
 * list of them.
 */
export const constraintSchema: z.ZodType<ConstraintJson> = z.discriminatedUnion('kind', [
  ...leaf,
  all,
  anyOf,
]);

type LeafJson = z.infer<(typeof leaf)[number]>;

/** What a constraint is as JSON. */
export type ConstraintJson =
  | LeafJson
  | {
      kind: 'all' | 'anyOf';
      constraints: ConstraintJson[];
      name?: string | undefined;
      convex?: boolean | undefined;
    };
