export { exactSoc, exactSocSample, type ExactSocOptions, type ExactSocSampleOptions } from './exact-soc';
export { presets, type InnerLoopOptions, type PresetName } from './options';
export { proximalSoc, type ModulationReport, type ProximalSocOptions } from './proximal-soc';
