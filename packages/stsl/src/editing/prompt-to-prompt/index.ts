export { controlledAttention, type AttentionControl } from './controlled-attention';
export { editWithPrompts, type EditWithPromptsOptions, type PromptEdited } from './edit-with-prompts';
export { onTargets, pairOf, type OnTargetsOptions } from './pairs';
export {
  refinement,
  reweighted,
  wordSwap,
  type PromptEdit,
  type PromptLayout,
  type PromptWords,
} from './prompt-edit';
export {
  promptToPrompt,
  type AttentionHooks,
  type PromptToPromptOptions,
  type TimedGuidance,
} from './prompt-to-prompt';
