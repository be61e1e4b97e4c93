export {
  leaveOneOut,
  leaveOneOutRegressor,
  leaveOneOutWindow,
  oracleWindow,
  windowGrid,
} from './window-search';
export { chooseNeighbours, nearestNeighbours } from './nearest-neighbours';
export { ridge } from './ridge';
export { meanLabel } from './mean';
