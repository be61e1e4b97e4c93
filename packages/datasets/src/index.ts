export type { Segment, Series, SeriesDataset } from './types';
export { seriesOf, sliceSeries, type SeriesOptions } from './series';
export { windows, type WindowSet, type WindowsOptions } from './windows';
export { splitByTime, type Split, type SplitOptions } from './split';
export { fillGaps, type FilledGaps, type FillGapsOptions } from './gaps';
export {
  datasetInfo,
  listDatasets,
  ohlcChannels,
  type DatasetFile,
  type DatasetId,
  type DatasetInfo,
} from './catalogue';
export { glyphs, glyphSize, nearestGlyph, type Glyph, type NearestGlyph } from './glyphs';
export { readSeriesCsv, type ReadSeriesCsvOptions } from './read/csv';
export { readIdx, type IdxArray } from './read/idx';
export { readParquetTable, type ParquetTable } from './read/parquet-table';
export { parseCsvTable, type CsvTable } from './read/csv-table';
export { readSeriesNpz, type ReadSeriesNpzOptions } from './read/npz';
export {
  minMaxScaler,
  standardScaler,
  type MinMaxScalerOptions,
  type StandardScalerOptions,
} from './scalers/diagonal';
export { ohlcIncrementsScaler, returnsScaler, type IncrementsOptions } from './scalers/ohlc-increments';
export { scalerFromJSON } from './scalers/json';
export type {
  AffineMap,
  PriceScale,
  ScaleContext,
  Scaler,
  ScalerData,
  ScalerJson,
  ScalerKind,
} from './scalers/types';
