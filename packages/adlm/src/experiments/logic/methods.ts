import { reasoningLayouts, type ReasoningLayout } from '../../acot/example';

export interface Method {
  readonly name: string;
  /** Layouts in the order of training, with their shares of the steps; the last one is also asked. */
  readonly stages: readonly { readonly layout: ReasoningLayout; readonly share: number }[];
}

/** Half of the training is on written reasoning, the rest replaces its steps by thoughts, one more a stage. */
export function methodsOf(thoughts: number): Method[] {
  const staged = (layout: (stage: number) => ReasoningLayout): Method['stages'] => [
    { layout: reasoningLayouts.cot(), share: 0.5 },
    ...Array.from({ length: thoughts }, (_, i) => ({ layout: layout(i + 1), share: 0.5 / thoughts })),
  ];
  return [
    { name: 'No-CoT', stages: [{ layout: reasoningLayouts.noCot(), share: 1 }] },
    { name: 'CoT', stages: [{ layout: reasoningLayouts.cot(), share: 1 }] },
    { name: 'Pause', stages: [{ layout: reasoningLayouts.pause(thoughts), share: 1 }] },
    { name: 'ACoT, steps kept', stages: staged((stage) => reasoningLayouts.acot(stage)) },
    { name: 'ACoT', stages: staged((stage) => reasoningLayouts.acot(stage, { dropSteps: true })) },
  ];
}
