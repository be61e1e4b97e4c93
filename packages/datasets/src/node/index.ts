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
<<<<<<< HEAD
export * from './text';
=======
>>>>>>> a06681689fc2c50b5024f7a423247cf339b3cf94
