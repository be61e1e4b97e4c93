import type { GainSchedule } from '../gains';

const steps = 28;
const pull = (value: number, start: number, stop: number): GainSchedule => ({
  kind: 'constant',
  value,
  start,
  stop,
});

/**
 * The paper's settings by task (Table 4): 28 steps, gamma 0.5, and eta's window. Its "starting time" is read as the released
 * code does, as the first step that is pulled; `invertFlow`'s `startStep` is the other reading. They are for Flux's grid at
 * its resolution.
 */
export const presets = {
  strokeToImage: { steps, gamma: 0.5, eta: pull(0.9, 3, 5) },
  insertObject: { steps, gamma: 0.5, eta: pull(1, 0, 6) },
  changeGender: { steps, gamma: 0.5, eta: pull(1, 0, 8) },
  changeAge: { steps, gamma: 0.5, eta: pull(1, 0, 5) },
  addGlasses: { steps, gamma: 0.5, eta: pull(0.7, 6, 25) },
  stylise: { steps, gamma: 0.5, eta: pull(0.9, 0, 6) },
} as const;
