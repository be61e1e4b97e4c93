import type { Ema } from '../optim';
import { LabError } from '../errors';
import { cloneTree, disposeTree } from '../tree-tensor';
import { steppedBy, type TrainState } from './train-step';
import type { Trainer, TrainerOptions } from './trainer';

/** A training whose steps run op by op. It takes `initial` over. */
export function eagerTrainer<Params, Batch>(
  options: TrainerOptions<Params, Batch>,
  initial: TrainState<Params>,
  ema: Ema | undefined,
): Trainer<Params, Batch> {
  const advance = steppedBy({ ...options, ema });
  let state = initial;
  let before: TrainState<Params> | undefined;
  const forget = (): void => {
    if (before) disposeTree(before);
    before = undefined;
  };
  return {
    engine: 'eager',
    async step(batch, key) {
      forget();
      const next = advance(state, batch, key);
      [before, state] = [state, next.state];
      // On engines in this process the value is there at once; a GPU is waited for.
      const [value = Number.NaN] = await next.loss.data();
      next.loss.dispose();
      return value;
    },
    undo() {
      if (!before) throw new LabError('argument', 'trainer: there is no step to be undone');
      disposeTree(state);
      [state, before] = [before, undefined];
    },
    state: () => cloneTree(state),
    look: async (use) => use(state),
    dispose() {
      forget();
      disposeTree(state);
    },
  };
}
