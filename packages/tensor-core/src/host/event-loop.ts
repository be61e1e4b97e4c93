/** Timers and input wait this long at most, plus one step, in milliseconds. */
const turn = 25;

/** Lets timers and input run when they have not for a while; otherwise costs one clock reading. */
export function eventLoopBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < turn) return;
    await nextTurn();
    last = performance.now();
  };
}

/** `setImmediate` where it exists: a timer of 0 waits for a millisecond or more. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
