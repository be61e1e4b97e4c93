export { decodeImage, type DecodeImageOptions } from './decode-image';
export { encodePng } from './encode-png';
export type { ImageArray } from './image';
export { imageGrid } from './image-grid';
export { cropImage, fitImage, resizeImage, type CropOptions, type ImageSize } from './resize-image';
