export { sharedAdapterRetrain, type SharedAdapterOptions } from './shared-adapter';
export { standardRetrain, type RetrainedBase, type StandardRetrainOptions } from './standard-retrain';
export {
  maml,
  mamlValueAndGrad,
  type Episode,
  type MamlObjectiveOptions,
  type MamlOptions,
  type MamlResult,
} from './maml';
export { reptile, type ReptileOptions, type ReptileResult } from './reptile';
