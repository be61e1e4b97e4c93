// TensorFlow.js leaves its gradient table out of the build that Node loads, and native Node cannot resolve this deep
// path; the build and the test runner bundle it into this package instead. The registry it fills is process-wide.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
