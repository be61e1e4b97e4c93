import { isTensor } from '../values';

/** The code of a `LabError` of any copy of tensor-core (which depends on this package); undefined for other errors. */
export function labErrorCode(error: unknown): string | undefined {
  const isLab = typeof error === 'object' && error !== null && Symbol.for('@lab/error') in error;
  return isLab ? (error as unknown as { code: string }).code : undefined;
}

/** A copy of everything an input holds, with the numbers of its tensors, for comparing before and after. */
export function snapshot(value: unknown): unknown {
  if (isTensor(value)) {
    if (value.isDisposed) return 'a disposed tensor';
    return { tensor: value.shape, data: Array.from(value.dataSync()) };
  }
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(snapshot);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, snapshot(each)]));
  return typeof value === 'function' ? 'a function' : value;
}

/** Frees every tensor of an input once. */
export function disposeInput(value: unknown): void {
  if (isTensor(value)) {
    if (!value.isDisposed) value.dispose();
  } else if (Array.isArray(value)) value.forEach(disposeInput);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    Object.values(value).forEach(disposeInput);
}
