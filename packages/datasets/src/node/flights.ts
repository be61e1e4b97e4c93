import { LabError } from '@lab/tensor-core/errors';
import { decompress } from 'fzstd';
import { parquetMetadata, parquetRead } from 'hyparquet';
import { seriesOf } from '../series';
import type { SeriesDataset } from '../types';
import { asDataset } from './dataset';
import { openDataset, type LoadOptions } from './files';

export interface LoadFlightTrafficOptions extends LoadOptions {
  /** Airports that become channels, by their three letters. @default the `top` busiest */
  readonly airports?: readonly string[];
  /** How many of the busiest airports, when none are named; `Infinity` takes all. @default 4 */
  readonly top?: number;
}

const hour = 3_600_000;
const microsecondsAnHour = BigInt(hour) * 1000n;

/**
 * Departures per hour of US airports in the first half of 2001: a traffic series with daily and weekly rhythm, counted
 * from 3,000,000 single flights. Hours are the airports' local ones. Hours without a flight count 0, so there is no gap.
 *
 * Takes about a second: of the Parquet file only the columns `date` and `origin` are decoded.
 */
export async function loadFlightTraffic(options: LoadFlightTrafficOptions = {}): Promise<SeriesDataset> {
  const { airports, top = 4, ...rest } = options;
  const file = await openDataset('flight-traffic', rest);
  const { counts, first, hours } = await countDepartures(file.bytes);
  const busiest = [...counts].map(([name, perHour]) => ({ name, total: sum(perHour) }));
  // Ties are broken by name, so that the order is the data's own and not that of the file's rows.
  busiest.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  const channels = airports ?? busiest.slice(0, top).map(({ name }) => name);
  const columns = channels.map((name) => {
    const perHour = counts.get(name);
    if (perHour) return perHour;
    throw new LabError('argument', `flight-traffic: no flight leaves from '${name}'`, {
      argument: 'airports',
      received: name,
      expected: `one of ${busiest.map((each) => each.name).join(', ')}`,
    });
  });
  const values = new Float64Array(hours * columns.length);
  columns.forEach((column, k) => {
    for (let t = 0; t < hours; t++) values[t * columns.length + k] = column[t]!;
  });
  const timestamps = Float64Array.from({ length: hours }, (_, t) => (first + t) * hour);
  return asDataset(seriesOf(values, { channels, timestamps }), file);
}

interface Departures {
  /** Airport to flights in each hour. */
  readonly counts: ReadonlyMap<string, Int32Array>;
  /** Hours since 1970 of the first count. */
  readonly first: number;
  readonly hours: number;
}

async function countDepartures(bytes: Uint8Array): Promise<Departures> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = Number(parquetMetadata(file).num_rows);
  const hourOf = new Int32Array(rows);
  const airportOf = new Uint16Array(rows);
  const airports = new Map<string, number>();
  await parquetRead({
    file,
    columns: ['date', 'origin'],
    compressors: { ZSTD: (input, size) => decompress(input, new Uint8Array(size)) },
    parsers: { timestampFromMicroseconds: (microseconds) => Number(microseconds / microsecondsAnHour) },
    onChunk: ({ columnName, columnData, rowStart }) => {
      if (columnName === 'date') hourOf.set(columnData as number[], rowStart);
      else
        (columnData as string[]).forEach((name, index) => {
          let id = airports.get(name);
          if (id === undefined) airports.set(name, (id = airports.size));
          airportOf[rowStart + index] = id;
        });
    },
  });
  const first = hourOf.reduce((a, b) => Math.min(a, b));
  const hours = hourOf.reduce((a, b) => Math.max(a, b)) - first + 1;
  const tables = Array.from({ length: airports.size }, () => new Int32Array(hours));
  for (let row = 0; row < rows; row++) tables[airportOf[row]!]![hourOf[row]! - first]!++;
  return { counts: new Map([...airports].map(([name, id]) => [name, tables[id]!])), first, hours };
}

function sum(values: Int32Array): number {
  return values.reduce((a, b) => a + b, 0);
}
