import { tf } from '../tf';

/** Whether TensorFlow.js knows a backend of this name: that it is declared to return one always is not so. */
export function isRegistered(backend: string): boolean {
  return (tf.findBackendFactory(backend) as unknown) !== null;
}
