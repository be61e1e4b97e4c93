export type * from './types';
export type * from './command';
export { engineChoices, engineOptions, type EngineChoice } from './engine-choice';
export { defineExperiment, scaleNames } from './define-experiment';
export { claim, type ClaimOptions } from './claim';
export { judgedClaims, type Judged } from './judged-claims';
export { formatMeasured, formatNumber, formatSummary, isSummary, type Measured } from './format';
export { repeat, type Repeat } from './repeat';
export { pairedDifference, summarize, type SummarizeOptions } from './statistics/summarize';
export { bootstrapInterval, type BootstrapOptions } from './statistics/bootstrap';
export { studentQuantile } from './statistics/student';
export { runExperiment, type RunEngine, type RunOptions } from './run/run-experiment';
export { settingFlag, type Overrides, type SettingValue } from './run/overrides';
export type {
  Environment,
  ExecutionRecord,
  RunError,
  RunResult,
  RunStatus,
  StoredArtifact,
} from './run/result';
export { parseResult, stringifyResult } from './schema/serialize';
export { resultJsonSchema } from './schema/json-schema';
export {
  lineFigure,
  smallMultiples,
  type AxisOptions,
  type FigureText,
  type LineFigureOptions,
  type LineSeries,
  type Panel,
  type SmallMultiplesOptions,
} from './figures/series';
export { barFigure, type Bar, type BarFigureOptions } from './figures/bars';
export { pictureFigure, type Picture, type PictureFigureOptions } from './figures/pictures';
export { histogramFigure, type HistogramFigureOptions, type Sample } from './figures/histogram';
