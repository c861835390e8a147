import { parentPort } from 'node:worker_threads';
import { serveSessions } from '@godwit/transport';
import type { LaneStart } from './laneMessages.js';
import { beginLane } from './laneSession.js';
import { rehearse } from './rehearsal.js';

/** Thread of one lane after the other. */
serveSessions((lane: LaneStart) => beginLane(lane, (report) => parentPort?.postMessage(report)), rehearse);
