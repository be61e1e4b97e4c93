export { promptTokens, type PromptAccess } from './prompt-access';
export { tunePrompt, type PromptTuning, type TunePromptOptions } from './tune-prompt';
