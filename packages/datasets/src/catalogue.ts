/** One file that a data set is read from, and how a copy of it is recognised. */
export interface DatasetFile {
  readonly name: string;
  /** SHA-256, 64 hexadecimal digits. */
  readonly checksum: string;
}

export interface DatasetInfo {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly channels: readonly string[];
  /** Time between two rows. */
  readonly step: 'hour' | 'day' | 'trading day';
  /** `npm`: inside an npm data package, no path needed. `folder`: in a data folder that the user names. */
  readonly from: 'npm' | 'folder';
  /** The npm package that holds it, when `from` is `npm`. */
  readonly package?: string;
  readonly files: readonly DatasetFile[];
  readonly licence: string;
  readonly source: string;
}

const vega = { from: 'npm', package: 'vega-datasets' } as const;
const ccBy = 'CC BY 4.0';
const usGovernment = 'public domain (US government work)';
const noLicence = 'no licence stated by the source: use it, do not republish it';

/** Channels of a price series, in the order that every OHLC function of this project expects. */
export const ohlcChannels = ['open', 'high', 'low', 'close'] as const;

const catalogue = {
  sp500: {
    ...vega,
    id: 'sp500',
    title: 'S&P 500 index, daily 2000 to 2020',
    description: 'Open, high, low and close of the index on 5,105 trading days.',
    channels: ohlcChannels,
    step: 'trading day',
    files: [
      {
        name: 'sp500-2000.csv',
        checksum: '9409e9342d0657c747324e4cfabce8a8c7f663bc485b95a3378f36b0a160f8c8',
      },
    ],
    licence: noLicence,
    source: 'Yahoo Finance',
  },
  weather: {
    ...vega,
    id: 'weather',
    title: 'Weather of Seattle or New York, daily 2012 to 2015',
    description: 'Precipitation (mm), highest and lowest temperature (Celsius) and wind of 1,461 days.',
    channels: ['precipitation', 'temp_max', 'temp_min', 'wind'],
    step: 'day',
    files: [
      { name: 'weather.csv', checksum: '27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549' },
    ],
    licence: usGovernment,
    source: 'NOAA National Climatic Data Center',
  },
  'weather-normals': {
    ...vega,
    id: 'weather-normals',
    title: 'Hourly climate normals of Seattle',
    description:
      'Thirty-year means of pressure (hPa), temperature (Celsius) and wind for 8,759 hours of a year.',
    channels: ['pressure', 'temperature', 'wind'],
    step: 'hour',
    files: [
      {
        name: 'seattle-weather-hourly-normals.csv',
        checksum: '3433511ab963755ec1a573420af962e713e66691c07c068f5a247e6891912311',
      },
    ],
    licence: usGovernment,
    source: 'NOAA National Climatic Data Center, 1981-2010 Climate Normals',
  },
  'flight-traffic': {
    ...vega,
    id: 'flight-traffic',
    title: 'Departures of US airports, hourly in the first half of 2001',
    description:
      'Flights per hour and airport, counted from 3,000,000 single flights; one channel an airport.',
    channels: ['one per airport, such as ATL'],
    step: 'hour',
    files: [
      {
        name: 'flights-3m.parquet',
        checksum: 'dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0',
      },
    ],
    licence: usGovernment,
    source: 'US Bureau of Transportation Statistics, on-time performance',
  },
  'google-stock': {
    id: 'google-stock',
    title: 'Google stock, daily 2004 to 2019',
    description: 'Open, high, low and close on 3,685 trading days: the stocks set of the time-series papers.',
    channels: ohlcChannels,
    step: 'trading day',
    from: 'folder',
    files: [
      {
        name: 'google-stock.csv',
        checksum: '134b8a00eb4eefa3242dd7ae85144082da80dedf75a1a656d5d08f97cd95277a',
      },
    ],
    licence: noLicence,
    source: 'Yahoo Finance, as published with TimeGAN',
  },
  'beijing-air': {
    id: 'beijing-air',
    title: 'Air of Beijing, hourly 2013 to 2017',
    description:
      'Six pollutants (micrograms a cubic metre) at one of three stations, 35,064 hours with gaps.',
    channels: ['PM2.5', 'PM10', 'SO2', 'NO2', 'CO', 'O3'],
    step: 'hour',
    from: 'folder',
    files: [
      {
        name: 'beijing-air-Aotizhongxin.csv',
        checksum: 'a94fbcfc71708b6ffdc033360163d91efb7f675e496f6b5860929aa96b96351b',
      },
      {
        name: 'beijing-air-Dongsi.csv',
        checksum: '9c0020214425e5ee2a64d42f97a1f632e1d8f6b53ad50edd85a686cc7999f27e',
      },
      {
        name: 'beijing-air-Tiantan.csv',
        checksum: '0743e34799cf1ee36195b73321b91baa5625276532e7263c588f68cdef3b4daa',
      },
    ],
    licence: ccBy,
    source: 'UCI Machine Learning Repository, Beijing Multi-Site Air Quality',
  },
  'metro-traffic': {
    id: 'metro-traffic',
    title: 'Metro Interstate traffic volume, hourly 2012 to 2018',
    description: 'Westbound vehicles per hour on I-94 near Minneapolis, 40,575 different hours with gaps.',
    channels: ['traffic_volume'],
    step: 'hour',
    from: 'folder',
    files: [
      {
        name: 'metro-traffic.csv',
        checksum: '3e2e6ef532333683a0f08ac3aede979aa4e00e2457c6b729ee3dfef9c720c438',
      },
    ],
    licence: ccBy,
    source: 'UCI Machine Learning Repository, Metro Interstate Traffic Volume',
  },
} as const satisfies Record<string, DatasetInfo>;

export type DatasetId = keyof typeof catalogue;

/**
 * Every data set that this package can load: what it is, where it comes from, on what terms.
 *
 * @example
 * listDatasets().map(({ id, licence }) => `${id}: ${licence}`);
 */
export function listDatasets(): readonly DatasetInfo[] {
  return Object.values(catalogue);
}

/** The catalogue's entry of one data set. */
export function datasetInfo(id: DatasetId): DatasetInfo {
  return catalogue[id];
}
