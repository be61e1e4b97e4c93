export { simulateInWorkers, type SimulateInWorkersOptions } from './simulate-in-workers';
