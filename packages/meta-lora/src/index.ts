export * as linear from './linear';
