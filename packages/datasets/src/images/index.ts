export { decodeImage, type DecodeImageOptions } from './decode-image';
export { encodePng } from './encode-png';
export type { ImageArray } from './image';
export { cropImage, fitImage, resizeImage, type CropOptions, type ImageSize } from './resize-image';
