/** What a demonstration's visible part is told. */
export interface ViewEvents {
  /** The input is another one: run again, giving up what runs. */
  readonly changed: () => void;
}

/** The visible part of a demonstration. */
export interface View<Input, Progress, Result> {
  readonly controls: readonly Node[];
  readonly figures: readonly Node[];
  /** What to compute now. */
  input(): Input;
  /** Shows what came on the way. */
  progress(value: Progress): { readonly done: number; readonly text: string };
  /** Shows the result. @returns it in a sentence */
  result(value: Result): string;
}

export type CreateView = (events: ViewEvents) => View<unknown, never, never>;

/** Forgets the types of a view, which its page has no need of. */
export function anyView<Input, Progress, Result>(
  create: (events: ViewEvents) => View<Input, Progress, Result>,
): CreateView {
  return create;
}
