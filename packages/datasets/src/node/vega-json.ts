import type { DataOrigin } from './origin';
import { packageFile } from './package-file';
import type { LoadOptions } from './files';
import { readVerified } from './verified-file';

/** An undirected graph with named nodes. */
export interface GraphDataset extends DataOrigin {
  readonly nodes: readonly string[];
  /** Pairs of node indices, each edge once, and how often the two were met together. */
  readonly edges: readonly { readonly ends: readonly [number, number]; readonly weight: number }[];
}

export interface FilmRatings extends DataOrigin {
  /** Films that have a rating, by falling number of votes. */
  readonly films: readonly { readonly title: string; readonly rating: number; readonly votes: number }[];
}

const noLicence = 'no licence stated by the source: use it, do not republish it';

const miserables = {
  id: 'miserables',
  file: 'miserables.json',
  title: 'Characters of Les Miserables that appear together',
  licence: noLicence,
  source: 'D. E. Knuth, The Stanford GraphBase, 1993',
  checksum: '8141048828e66a539c6915ea8c8a2eef4ba2e014e371ad614cddf37281cb88b6',
} as const;

const films = {
  id: 'film-ratings',
  file: 'movies.json',
  title: 'Ratings of films',
  licence: noLicence,
  source: 'IMDb, as collected in vega-datasets (known to hold errors)',
  checksum: 'e63c499759e3b07b49563e036f55290f87feb56def8703ec049ca305ab1523d3',
} as const;

/**
 * The graph of Les Miserables: 77 characters, 254 pairs that share a chapter.
 *
 * @throws LabError `missing` when vega-datasets is not there, `format` when the file is another one
 */
export async function loadMiserables(options: LoadOptions = {}): Promise<GraphDataset> {
  const { nodes, links } = (await readJson(miserables, options)) as {
    nodes: { name: string }[];
    links: { source: number; target: number; value: number }[];
  };
  return {
    ...originOf(miserables),
    nodes: nodes.map(({ name }) => name),
    edges: links.map(({ source, target, value }) => ({ ends: [source, target] as const, weight: value })),
  };
}

/**
 * Mean ratings (0 to 10) of films on IMDb, with their votes. Ties of votes are broken by title.
 *
 * @throws LabError as `loadMiserables`
 */
export async function loadFilmRatings(options: LoadOptions = {}): Promise<FilmRatings> {
  const rows = (await readJson(films, options)) as {
    Title: string | number | null;
    'IMDB Rating': number | null;
    'IMDB Votes': number | null;
  }[];
  const rated = rows.flatMap(({ Title, 'IMDB Rating': rating, 'IMDB Votes': votes }) =>
    Title === null || rating === null || votes === null ? [] : [{ title: String(Title), rating, votes }],
  );
  rated.sort((a, b) => b.votes - a.votes || (a.title < b.title ? -1 : 1));
  return { ...originOf(films), films: rated };
}

type Entry = DataOrigin & { readonly file: string };

const originOf = ({ id, title, licence, source, checksum }: Entry): DataOrigin => ({
  id,
  title,
  licence,
  source,
  checksum,
});

async function readJson(entry: Entry, { path, verify = true }: LoadOptions): Promise<unknown> {
  const { id, file, checksum } = entry;
  const location = path ?? packageFile({ id, package: 'vega-datasets' }, { name: file });
  const { bytes } = await readVerified({ id, location, checksum, verify });
  return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
}
