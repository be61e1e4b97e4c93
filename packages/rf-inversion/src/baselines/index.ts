export { sdEdit, type SdEditOptions } from './sdedit';
export { odeInversion } from './ode-inversion';
export { ddimEdit, ddimInversion, type DdimInversion, type DdimInversionOptions } from './ddim-inversion';
export { ouInversion, type OuInversionOptions } from './ou-inversion';
export { flowEdit, type FlowEditOptions } from './flow-edit';
