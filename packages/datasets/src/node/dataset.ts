import type { Series, SeriesDataset } from '../types';
import type { OpenedFile } from './files';

export interface Provenance {
  /** @default the catalogue's */
  readonly title?: string;
  readonly notes?: readonly string[];
}

/** A series together with the origin of the file that it was read from. */
export function asDataset(
  series: Series,
  { info, checksum }: OpenedFile,
  { title = info.title, notes = [] }: Provenance = {},
): SeriesDataset {
  const { id, licence, source, files } = info;
  const file = files.find((each) => each.checksum === checksum)?.name ?? files[0]!.name;
  return { ...series, id, title, licence, source: `${source} (${file})`, checksum, notes };
}
