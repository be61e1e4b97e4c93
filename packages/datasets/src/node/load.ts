import { LabError } from '@lab/tensor-core/errors';
import { listDatasets, type DatasetId } from '../catalogue';
import type { SeriesDataset } from '../types';
import type { LoadOptions } from './files';
import { loadFlightTraffic } from './flights';
import { loadBeijingAir, loadGoogleStock, loadMetroTraffic } from './folder';
import { loadSp500, loadWeather, loadWeatherNormals } from './vega-csv';

export interface LoadDatasetOptions extends Pick<LoadOptions, 'verify'> {
  /** The folder with the data sets that are in no npm package. */
  readonly dataDir?: string;
}

/**
 * Loads a data set by its id, with its loader's defaults.
 *
 * @throws LabError `argument` for an unknown id, `missing` when the package or the file is not there
 * @example
 * const { values, channels } = await loadDataset('sp500');
 */
export async function loadDataset(id: DatasetId, options: LoadDatasetOptions = {}): Promise<SeriesDataset> {
  const { dataDir, ...rest } = options;
  const folder = (): string => {
    if (dataDir !== undefined) return dataDir;
    throw new LabError('missing', `${id}: this data set is in no npm package`, {
      argument: 'dataDir',
      hint: 'name the folder that holds its file (--data-dir, or the environment variable LAB_DATA_DIR)',
    });
  };
  switch (id) {
    case 'sp500':
      return loadSp500(rest);
    case 'weather':
      return loadWeather(rest);
    case 'weather-normals':
      return loadWeatherNormals(rest);
    case 'flight-traffic':
      return loadFlightTraffic(rest);
    case 'google-stock':
      return loadGoogleStock(folder(), rest);
    case 'beijing-air':
      return loadBeijingAir(folder(), rest);
    case 'metro-traffic':
      return loadMetroTraffic(folder(), rest);
    default:
      throw new LabError('argument', `there is no data set '${String(id)}'`, {
        argument: 'id',
        expected: listDatasets().map((info) => info.id),
      });
  }
}
