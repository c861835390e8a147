export { faultPoint } from './fault.js';
export { FAULT_POINTS, type FaultPoint } from './points.js';
