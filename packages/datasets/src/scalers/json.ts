import { LabError } from '@lab/tensor-core/errors';
import { diagonalScaler } from './diagonal';
import { walkScaler } from './increments';
import { ohlcLayout, returnsLayout } from './ohlc-increments';
import { priceScales } from './prices';
import type { Scaler, ScalerJson, ScalerKind } from './types';

const kinds: readonly ScalerKind[] = ['standard', 'min-max', 'ohlc-increments', 'returns'];

/**
 * A scaler from what its `toJSON` gave.
 *
 * @throws LabError `format` naming the field that is wrong
 * @example
 * const again = scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
 */
export function scalerFromJSON(value: unknown): Scaler {
  const json = checked(value);
  switch (json.kind) {
    case 'standard':
    case 'min-max':
      return diagonalScaler(json);
    case 'ohlc-increments':
      return walkScaler(ohlcLayout, json);
    case 'returns':
      return walkScaler(returnsLayout(json.channels.length), json);
  }
}

function checked(value: unknown): ScalerJson {
  const json = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof ScalerJson, unknown>
  >;
  const demand = (holds: boolean, field: keyof ScalerJson, expected: string): void => {
    if (!holds)
      throw new LabError('format', `scaler: ${field} is not ${expected}`, {
        argument: field,
        received: json[field],
      });
  };
  const { kind, version, channels, shift, scale, prices } = json;
  demand(kinds.includes(kind as ScalerKind), 'kind', `one of ${kinds.join(', ')}`);
  demand(version === 1, 'version', '1');
  const width = Array.isArray(channels) ? channels.length : 0;
  demand(
    width > 0 && (channels as unknown[]).every((name) => typeof name === 'string'),
    'channels',
    'a list of names',
  );
  demand(kind !== 'ohlc-increments' || width === 4, 'channels', 'a list of four names');
  const numbers = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length === width && list.every(Number.isFinite);
  demand(numbers(shift), 'shift', 'a list of one finite number a channel');
  demand(
    numbers(scale) && !scale.includes(0),
    'scale',
    'a list of one finite number a channel, none of them 0',
  );
  const walks = kind === 'ohlc-increments' || kind === 'returns';
  demand(!walks || Object.hasOwn(priceScales, String(prices)), 'prices', 'log, relative or raw');
  return json as ScalerJson;
}
