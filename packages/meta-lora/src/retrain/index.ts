export { adapt, adaptAll, type Adapted, type AdaptAllOptions, type AdaptOptions } from './adapt';
export { metaRetrain, type MetaRetrainOptions, type Retrained } from './meta-retrain';
