export { adapt, adaptAll, type Adapted, type AdaptAllOptions, type AdaptOptions } from './adapt';
export { metaRetrain, type MetaRetrainOptions, type Retrained } from './meta-retrain';
export { compareBases, type BaseScores, type CompareBasesOptions } from './compare';
export { changeSpectra, slotSpectra, suggestedRank, type ChangeSpectrum } from './spectra';
