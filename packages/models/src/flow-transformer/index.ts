export { packLatents, tokenPlaces, unpackLatents, type TokenOptions } from './tokens';
export { resolutionShift, shiftedTimes, shiftTime, type ResolutionShiftOptions } from './times';
export {
  flowSines,
  fluxScale,
  scaleLatents,
  stableDiffusion3Scale,
  unscaleLatents,
  type LatentScale,
} from './scale';
