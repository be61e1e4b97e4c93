/** The engine under which functions are traced to be compiled. */
export const traceEngine = 'lab-trace';
