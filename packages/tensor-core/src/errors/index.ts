export { LabError, isLabError, type LabErrorCode, type LabErrorDetails } from './lab-error';
