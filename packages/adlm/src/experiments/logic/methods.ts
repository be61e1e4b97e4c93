import { reasoningLayouts, type ReasoningLayout } from '../../acot/example';

export interface Method {
  readonly name: string;
  /** Whether it goes on from the weights that half of the training, on written reasoning, has made. */
  readonly fromWritten: boolean;
  /** Layouts in the order of training, with their shares of the steps; the last one is also asked. */
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly layout: ReasoningLayout;
  readonly share: number;
}

/** What the methods with written reasoning have in common, so that it is trained once. */
export const written: Stage = { layout: reasoningLayouts.cot(), share: 0.5 };

/** Half of the training is on written reasoning, the rest replaces its steps by thoughts, one more a stage. */
export function methodsOf(thoughts: number): Method[] {
  const alone = (name: string, layout: ReasoningLayout): Method => ({
    name,
    fromWritten: false,
    stages: [{ layout, share: 1 }],
  });
  const staged = (name: string, layout: (stage: number) => ReasoningLayout): Method => ({
    name,
    fromWritten: true,
    stages: Array.from({ length: thoughts }, (_, i) => ({ layout: layout(i + 1), share: 0.5 / thoughts })),
  });
  return [
    alone('No-CoT', reasoningLayouts.noCot()),
    { name: 'CoT', fromWritten: true, stages: [written] },
    alone('Pause', reasoningLayouts.pause(thoughts)),
    staged('ACoT, steps kept', (stage) => reasoningLayouts.acot(stage)),
    staged('ACoT', (stage) => reasoningLayouts.acot(stage, { dropSteps: true })),
  ];
}
