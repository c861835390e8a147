import type { OwnerRole } from '../ownership/records.js';
import { HandoverState } from './handoverState.js';
import type { HandoverTable, Step } from './handoverTable.js';

/**
 * What an incoming migration is at.
 *
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> paused: Offer
 *   paused --> accepting: Offer judged
 *   accepting --> receiving: INCOMING on disk / Accept
 *   receiving --> preparing: Prepare
 *   preparing --> prepared: PREPARED on disk / Prepared
 *   prepared --> taking: Commit
 *   taking --> owner: OWNER on disk / serving, Taken
 *   taking --> undecided: OWNER may be on disk or not
 *   undecided --> taking: asked
 *   receiving --> paused: link lost
 *   preparing --> paused: link lost
 *   prepared --> unknown: link lost
 *   unknown --> accepting: offered again, so it was not sealed
 *   prepared --> accepting: offered again on another link
 *   paused --> ending
 *   accepting --> ending
 *   receiving --> ending: Cancel, error, given up
 *   preparing --> ending
 *   prepared --> ending: Cancel, asked
 *   unknown --> taking: an operator forces the destination to own
 *   unknown --> ending: asked
 *   ending --> over: ABORTED on disk
 * ```
 */
export type DestinationPhase =
  | 'paused'
  | 'accepting'
  | 'receiving'
  | 'preparing'
  | 'prepared'
  | 'taking'
  | 'owner'
  | 'undecided'
  | 'unknown'
  | 'ending'
  | 'over';

/** `give-up`: the source cancels, asks who owns, or offers anew under another id; an operator ends the waiting; an error. */
export type DestinationEvent =
  | 'offer'
  | 'prepare'
  | 'commit'
  | 'give-up'
  | 'link-lost'
  /** Somebody asks who owns, and that was left open. */
  | 'retry'
  /** An operator's word in place of COMMIT. */
  | 'force-own'
  /** The record that the step before asked for is on disk. */
  | 'recorded'
  /** Nobody knows whether it is. */
  | 'record-failed';

export type DestinationRole = Extract<OwnerRole, 'incoming' | 'prepared' | 'owner' | 'aborted'>;
/** `refuse`: the link that is there, if there is one, ends with the error. */
export type DestinationEffect = 'accept' | 'say-prepared' | 'serve' | 'say-taken' | 'refuse';

const GIVE_UP = { next: 'ending', record: 'aborted' } as const;
const ACCEPT = { next: 'accepting', record: 'incoming' } as const;

/** What the destination does of a handover; what it does with bytes is IncomingMigration's. */
export const DESTINATION_HANDOVER: HandoverTable<
  DestinationPhase,
  DestinationEvent,
  DestinationRole,
  DestinationEffect
> = {
  paused: { offer: ACCEPT, 'give-up': GIVE_UP },
  accepting: {
    recorded: { next: 'receiving', effects: ['accept'] },
    'record-failed': { next: 'paused', effects: ['refuse'] },
    'link-lost': { next: 'accepting' },
    'give-up': GIVE_UP,
  },
  receiving: {
    offer: ACCEPT,
    prepare: { next: 'preparing', record: 'prepared' },
    'link-lost': { next: 'paused' },
    'give-up': GIVE_UP,
  },
  preparing: {
    offer: ACCEPT,
    recorded: { next: 'prepared', effects: ['say-prepared'] },
    'record-failed': GIVE_UP,
    // What is being written may yet be PREPARED; it stands for nothing, for nobody is told.
    'link-lost': { next: 'paused' },
    'give-up': GIVE_UP,
  },
  prepared: {
    offer: ACCEPT,
    commit: { next: 'taking', record: 'owner' },
    'link-lost': { next: 'unknown' },
    'give-up': GIVE_UP,
  },
  taking: {
    recorded: { next: 'owner', effects: ['serve', 'say-taken'] },
    'record-failed': { next: 'undecided', effects: ['refuse'] },
    'link-lost': { next: 'taking' },
  },
  owner: { 'link-lost': { next: 'owner' } },
  // COMMIT came: it may own as soon as it can say so on disk.
  undecided: { retry: { next: 'taking', record: 'owner' }, 'link-lost': { next: 'undecided' } },
  unknown: { offer: ACCEPT, 'force-own': { next: 'taking', record: 'owner' }, 'give-up': GIVE_UP },
  ending: {
    recorded: { next: 'over', effects: ['refuse'] },
    // What is on disk may still be aborted by whoever asks.
    'record-failed': { next: 'over', effects: ['refuse'] },
    'link-lost': { next: 'ending' },
    'give-up': { next: 'ending' },
  },
  over: { 'link-lost': { next: 'over' }, 'give-up': { next: 'over' } },
};

export type DestinationStep = Step<DestinationPhase, DestinationRole, DestinationEffect>;
export type DestinationHandover = HandoverState<DestinationPhase, DestinationEvent, DestinationRole, DestinationEffect>;

export function destinationHandover(phase: DestinationPhase): DestinationHandover {
  return new HandoverState(DESTINATION_HANDOVER, phase);
}

/** What a migration is at whose record an agent finds when it starts. */
export function destinationAfterRestart(role: DestinationRole): DestinationPhase {
  if (role === 'owner') return 'owner';
  if (role === 'aborted') return 'over';
  return role === 'prepared' ? 'unknown' : 'paused';
}

/** What a source is told that asks who owns. */
export type OutcomeAnswer = 'owner' | 'aborted' | 'unknown';

/**
 * What to tell a source that asks, by what is on disk for that very migration. `aborted` is to be on disk before it is said
 * (engine.md section 3.3). A source asks because its record says SEALED, which it wrote after PREPARED was on the disk of the
 * destination that it means: one that knows nothing of the migration is another, and what it says settles nothing.
 */
export function answerTo(role: DestinationRole | undefined, phase: DestinationPhase | undefined): OutcomeAnswer {
  if (phase === 'taking' || phase === 'undecided') return 'unknown';
  if (role === 'owner') return 'owner';
  return role === undefined ? 'unknown' : 'aborted';
}
