import { LabError } from '@lab/tensor-core/errors';
import type { ChannelSelection, LevelOptions, PerSample } from '../constraints/constraint';
import type { Lowered, OrderStructure, SmoothPiece } from './lowered';

/** The series that constraints are lowered for. */
export interface SeriesFrame {
  readonly length: number;
  readonly channels: number;
  readonly names: readonly string[] | undefined;
  /** Samples in the batch, or undefined while not known. */
  readonly batch: number | undefined;
  /** The coordinates are logarithms of the raw values. */
  readonly logarithmic: boolean;
}

/** One sample's view: reads parameters, finds entries, collects pieces. */
export class LoweringContext {
  private order = -1;

  constructor(
    readonly frame: SeriesFrame,
    readonly sample: number,
    readonly owner: number,
    readonly name: string,
    readonly out: Lowered,
  ) {}

  /** The sample's own value of a parameter. */
  pick(value: PerSample): number {
    if (typeof value === 'number') return value;
    const { batch } = this.frame;
    if (batch === undefined || value.length !== batch)
      throw new LabError('shape', `${this.name}: a list of parameters has one for each sample`, {
        received: [value.length],
        expected: batch === undefined ? 'the option batch of compileConstraints' : [batch],
      });
    return value[this.sample]!;
  }

  /** Bounds of a level. */
  interval({ value, lower, upper }: LevelOptions): [number, number] {
    if (value !== undefined) return [this.pick(value), this.pick(value)];
    return [
      lower === undefined ? -Infinity : this.pick(lower),
      upper === undefined ? Infinity : this.pick(upper),
    ];
  }

  /** A step from 0; negative ones count from the end. */
  step(at: number): number {
    const { length } = this.frame;
    const step = at < 0 ? length + at : at;
    if (!Number.isInteger(step) || step < 0 || step >= length)
      throw new LabError('argument', `${this.name}: there is no such step`, {
        argument: 'at',
        received: at,
        expected: `a whole number from ${-length} to ${length - 1}`,
      });
    return step;
  }

  /** The channels that a selection names. */
  channels(selection: ChannelSelection | undefined): number[] {
    if (selection === undefined) return Array.from({ length: this.frame.channels }, (_, k) => k);
    return [selection].flat().map((item) => this.channel(item));
  }

  channel(item: number | string): number {
    const { channels, names } = this.frame;
    const index = typeof item === 'number' ? item : (names?.indexOf(item) ?? -1);
    if (Number.isInteger(index) && index >= 0 && index < channels) return index;
    throw new LabError('argument', `${this.name}: there is no such channel`, {
      argument: 'channel',
      received: item,
      expected: names ?? `an index below ${channels}`,
      ...(typeof item === 'string' && names === undefined
        ? { hint: 'give compileConstraints the option channels to use names' }
        : {}),
    });
  }

  entry(step: number, channel: number): number {
    return step * this.frame.channels + channel;
  }

  /** All entries of a channel in order of time. */
  entries(channel: number): number[] {
    return Array.from({ length: this.frame.length }, (_, step) => this.entry(step, channel));
  }

  /** Marks the rows added by `add` as one structure. */
  structure(kind: OrderStructure['kind'], entries: readonly number[], add: () => void, margin = 0): void {
    this.order = this.out.orders.length;
    this.out.orders.push({ kind, entries, margin });
    add();
    this.order = -1;
  }

  bound(entry: number, lower: number, upper: number): void {
    this.row([entry], [1], [lower, upper]);
  }

  /** lower <= values . z[columns] <= upper. */
  row(
    columns: readonly number[],
    values: readonly number[],
    [lower, upper]: readonly [number, number],
  ): void {
    if (this.frame.logarithmic) this.logRow(columns, values, [lower, upper]);
    else this.push(columns, values, [lower, upper]);
  }

  smooth(piece: Omit<SmoothPiece, 'owner'>): void {
    this.out.smooth.push({ ...piece, owner: this.owner });
  }

  private push(
    columns: readonly number[],
    values: readonly number[],
    [lower, upper]: readonly [number, number],
  ) {
    this.out.rows.push({ columns, values, lower, upper, owner: this.owner, order: this.order });
  }

  /** A row of raw values in coordinates that are their logarithms: bounds and ratios stay linear, the rest becomes smooth. */
  private logRow(
    columns: readonly number[],
    values: readonly number[],
    [lower, upper]: readonly [number, number],
  ): void {
    if (columns.length === 1 && values[0]! > 0) {
      if (upper <= 0)
        throw new LabError('infeasible', `${this.name}: a value modelled by its logarithm cannot be <= 0`, {
          received: upper,
        });
      this.push(
        columns,
        [1],
        [lower > 0 ? Math.log(lower / values[0]!) : -Infinity, Math.log(upper / values[0]!)],
      );
      return;
    }
    const ratio = columns.length === 2 && values[0]! * values[1]! < 0;
    if (ratio && (lower === 0 || lower === -Infinity) && (upper === 0 || upper === Infinity)) {
      // a z0 - b z1 against 0, a and b positive, is log z0 - log z1 against log(b / a).
      const offset = Math.log(-values[1]! / values[0]!);
      const sign = Math.sign(values[0]!);
      const [low, high] = [lower === 0 ? sign * offset : -Infinity, upper === 0 ? sign * offset : Infinity];
      this.push(columns, [sign, -sign], [low, high]);
      return;
    }
    // SmoothPiece.evaluate is given raw values: the compiler takes the exponential and its chain rule.
    this.out.smooth.push({
      entries: Int32Array.from(columns),
      lower,
      upper,
      owner: this.owner,
      kind: 'general',
      evaluate: (z, gradient) => {
        let sum = 0;
        for (let e = 0; e < values.length; e++) {
          gradient[e] = values[e]!;
          sum += values[e]! * z[e]!;
        }
        return sum;
      },
    });
  }
}
