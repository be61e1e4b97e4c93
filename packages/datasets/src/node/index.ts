export { loadDataset, type LoadDatasetOptions } from './load';
export { loadSp500, loadWeather, loadWeatherNormals, type LoadWeatherOptions } from './vega-csv';
export { loadFlightTraffic, type LoadFlightTrafficOptions } from './flights';
export {
  loadBeijingAir,
  loadGoogleStock,
  loadMetroTraffic,
  type LoadBeijingAirOptions,
  type LoadGappedOptions,
} from './folder';
export type { LoadOptions } from './files';
export { loadFilmRatings, loadMiserables, type FilmRatings, type GraphDataset } from './vega-json';
export type { DataOrigin } from './origin';
export { loadPhotograph, photographNames, type Photograph, type PhotographName } from './photographs';
export { readImage } from './read-image';
export { loadDigits, type Digits, type LoadDigitsOptions } from './digits';
export * from './text';
