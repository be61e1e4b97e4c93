import {
  adam,
  adamw,
  addDecayedWeights,
  chain,
  clip,
  clipByGlobalNorm,
  engine,
  identity,
  lion,
  scale,
  sgd,
} from '@lab/tensor-core';
import { optimizerContract } from './contract';

await engine({ prefer: 'wasm' });

// One line an optimiser. Signs end within some steps' length of the minimum.
optimizerContract('sgd', { make: () => sgd({ learningRate: 0.1 }), minimises: 1e-5 });
optimizerContract('sgd, momentum', {
  make: () => sgd({ learningRate: 0.1, momentum: 0.8 }),
  minimises: 1e-5,
});
optimizerContract('sgd, Nesterov', {
  make: () => sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true }),
  minimises: 1e-5,
});
optimizerContract('adam', { make: () => adam({ learningRate: 0.1 }), minimises: 1e-2 });
optimizerContract('adamw', { make: () => adamw({ learningRate: 0.1, weightDecay: 1e-4 }), minimises: 1e-2 });
optimizerContract('lion', {
  make: () => lion({ learningRate: 0.05, beta1: 0.8, beta2: 0.8 }),
  minimises: 0.2,
});
optimizerContract('clip, decay, adam', {
  make: () => chain(clipByGlobalNorm(1), addDecayedWeights(1e-5), adam({ learningRate: 0.1 })),
  minimises: 1e-2,
});
optimizerContract('entries clipped', {
  make: () => chain(clip(0.35), sgd({ learningRate: 0.5 })),
  minimises: 1e-5,
});
optimizerContract('identity', { make: identity });
optimizerContract('scale', { make: () => scale(-0.1), minimises: 1e-5 });
