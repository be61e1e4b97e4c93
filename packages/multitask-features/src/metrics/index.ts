export { principalAngles } from '@lab/tensor-core/linalg64';
export {
  directionConditioning,
  directionStrengths,
  recoveryAngles,
  subspaceEnergy,
  topDirections,
} from './recovery';
