import { vi } from 'vitest';

/** What typed arrays were asked for since the last `reset`, in bytes. */
export interface AllocationMeter {
  largest: number;
  total: number;
  reset(): void;
}

const names = [
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'ArrayBuffer',
] as const;

/**
 * Counts the memory that typed arrays ask for, by standing in for their constructors. A module keeps the constructors
 * that it saw when it was loaded: import the code under test after this, with `await import(...)`.
 */
export function installAllocationMeter(): AllocationMeter {
  const meter: AllocationMeter = {
    largest: 0,
    total: 0,
    reset() {
      this.largest = 0;
      this.total = 0;
    },
  };
  for (const name of names) {
    const native = globalThis[name] as unknown as { new (...args: unknown[]): { byteLength: number } };
    vi.stubGlobal(
      name,
      new Proxy(native, {
        construct(target, args) {
          // the size asked for is counted before it is given, so that a refused allocation counts too
          const width = (native as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
          const first = args[0] as number | { length?: number } | undefined;
          const length =
            typeof first === 'number' ? first : args[0] instanceof ArrayBuffer ? 0 : (first?.length ?? 0);
          meter.largest = Math.max(meter.largest, length * width);
          meter.total += length * width;
          return Reflect.construct(target, args);
        },
      }),
    );
  }
  return meter;
}
