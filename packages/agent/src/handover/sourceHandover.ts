import type { OwnerRole } from '../ownership/records.js';
import { HandoverState } from './handoverState.js';
import type { HandoverTable } from './handoverTable.js';

/**
 * What a migration is at, at the source, as far as ownership goes.
 *
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> travelling: Accept
 *   travelling --> preparing: frozen, sent, proven / Prepare
 *   preparing --> sealing: Prepared
 *   sealing --> sealed: SEALED on disk / Commit
 *   sealed --> moved: Taken / writers told
 *   sealed --> asking: link lost
 *   asking --> moved: it says that it owns
 *   asking --> unsealing: it says that it gave up, on its disk / gate opens
 *   unsealing --> kept: OWNER on disk
 *   asking --> reclaiming: an operator forces the source to own
 *   asking --> moved: an operator forces the destination to own
 *   reclaiming --> kept: OWNER on disk / gate opens
 *   travelling --> paused: link lost
 *   preparing --> paused: link lost / gate opens
 *   paused --> travelling: Accept
 *   travelling --> kept: given up
 *   preparing --> kept: given up / gate opens
 *   paused --> kept: given up
 * ```
 *
 * SEALED in doubt (the record could not be written, and may be on the disk all the same) is sealed: only the destination's
 * word opens the gate. Its word is enough: it has ABORTED on its disk, so whoever finds SEALED here later hears the same, and the
 * workload need not wait for a state directory that takes no record. An operator's word is nobody else's, and is recorded first.
 */
export type SourcePhase =
  | 'travelling'
  | 'preparing'
  | 'sealing'
  | 'sealed'
  | 'asking'
  | 'unsealing'
  | 'reclaiming'
  | 'paused'
  | 'moved'
  | 'kept';

export type SourceEvent =
  | 'accepted'
  | 'ready'
  | 'prepared'
  | 'taken'
  | 'link-lost'
  | 'told-owner'
  | 'told-aborted'
  /** An operator's word in place of the destination's. */
  | 'force-keep'
  | 'force-move'
  | 'give-up'
  /** The freeze took too long: the workload runs again, and rounds go on. */
  | 'thaw'
  | 'recorded'
  | 'record-failed';

export type SourceRole = Extract<OwnerRole, 'owner' | 'sealed' | 'released'>;
export type SourceEffect = 'say-prepare' | 'say-commit' | 'tell-writers' | 'record-released' | 'open-gate' | 'ask';

/** What the source does of a handover; rounds and checks are Course's. */
export const SOURCE_HANDOVER: HandoverTable<SourcePhase, SourceEvent, SourceRole, SourceEffect> = {
  travelling: {
    ready: { next: 'preparing', effects: ['say-prepare'] },
    thaw: { next: 'travelling', effects: ['open-gate'] },
    'link-lost': { next: 'paused', effects: ['open-gate'] },
    'give-up': { next: 'kept', effects: ['open-gate'] },
  },
  preparing: {
    prepared: { next: 'sealing', record: 'sealed' },
    'link-lost': { next: 'paused', effects: ['open-gate'] },
    'give-up': { next: 'kept', effects: ['open-gate'] },
  },
  sealing: {
    recorded: { next: 'sealed', effects: ['say-commit'] },
    'record-failed': { next: 'asking', effects: ['ask'] },
    // The record is being written: what is lost meanwhile shows when it is.
    'link-lost': { next: 'sealing' },
  },
  sealed: {
    taken: { next: 'moved', effects: ['tell-writers', 'record-released'] },
    'link-lost': { next: 'asking', effects: ['ask'] },
  },
  asking: {
    'told-owner': { next: 'moved', effects: ['tell-writers', 'record-released'] },
    'told-aborted': { next: 'unsealing', record: 'owner', effects: ['open-gate'] },
    'force-keep': { next: 'reclaiming', record: 'owner' },
    'force-move': { next: 'moved', effects: ['tell-writers', 'record-released'] },
    'link-lost': { next: 'asking', effects: ['ask'] },
  },
  unsealing: {
    recorded: { next: 'kept' },
    'record-failed': { next: 'unsealing', record: 'owner' },
    'link-lost': { next: 'unsealing' },
  },
  reclaiming: {
    recorded: { next: 'kept', effects: ['open-gate'] },
    'record-failed': { next: 'asking', effects: ['ask'] },
    'link-lost': { next: 'reclaiming' },
  },
  paused: {
    accepted: { next: 'travelling' },
    'give-up': { next: 'kept' },
    'link-lost': { next: 'paused' },
  },
  moved: { 'link-lost': { next: 'moved' } },
  kept: { 'link-lost': { next: 'kept' } },
};

export type SourceHandover = HandoverState<SourcePhase, SourceEvent, SourceRole, SourceEffect>;

export function sourceHandover(phase: SourcePhase): SourceHandover {
  return new HandoverState(SOURCE_HANDOVER, phase);
}

/** What a migration is at whose record an agent finds when it starts; `isJournaled`: it was on its way. */
export function sourceAfterRestart(role: SourceRole, isJournaled: boolean): SourcePhase {
  if (role === 'released') return 'moved';
  if (role === 'sealed') return 'asking';
  return isJournaled ? 'paused' : 'kept';
}

/** Where no word of the destination is waited for: writes are taken, but for a freeze, and the source may end it. */
export const SOURCE_OWNS: readonly SourcePhase[] = ['travelling', 'preparing', 'paused', 'kept'];
