/** Says something to who runs the program, without stopping it; where there is no process (a browser) nobody is told. */
export function warn(message: string): void {
  if (typeof process !== 'undefined' && typeof process.emitWarning === 'function')
    process.emitWarning(message, { type: 'LabNotice', code: 'LAB_READING' });
}
