import fc from 'fast-check';

// Properties look at the same cases in every run, so that a change and not chance makes a test fail. A hunt for new
// counterexamples: LAB_PROPERTY_SEED=$RANDOM pnpm test
fc.configureGlobal({ seed: Number(process.env.LAB_PROPERTY_SEED ?? 20260412) });
