export { sdEdit, type SdEditOptions } from './sdedit';
export { odeInversion } from './ode-inversion';
export { ddimEdit, ddimInversion, type DdimInversion, type DdimInversionOptions } from './ddim-inversion';
export { ouInversion, type OuInversionOptions } from './ou-inversion';
export { flowEdit, type FlowEditOptions } from './flow-edit';
export { deltaDenoising, type DeltaDenoisingOptions } from './delta-denoising';
export {
  editFriendlyEdit,
  editFriendlyInversion,
  type EditFriendlyInversion,
  type EditFriendlyOptions,
} from './edit-friendly';
export { instructGuidance, type InstructGuidanceOptions } from './instruct-guidance';
export { negativePromptInversion, type NegativePromptOptions } from './negative-prompt';
export {
  nullTextEdit,
  nullTextInversion,
  type EmbeddedNetwork,
  type NullTextInversion,
  type NullTextOptions,
} from './null-text';
