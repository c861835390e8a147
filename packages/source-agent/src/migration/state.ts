import type { MigrationState } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';

/** What happens to a migration; the diagram stands in ARCHITECTURE.md ("Handover"). */
export type MigrationEvent =
  | { readonly type: 'accepted' }
  | { readonly type: 'hold' }
  | { readonly type: 'resume-rounds' }
  | { readonly type: 'switch' }
  | { readonly type: 'taken' }
  | { readonly type: 'link-lost' }
  | { readonly type: 'outcome-lost' }
  | { readonly type: 'cancel' }
  | { readonly type: 'cancel-done' }
  | { readonly type: 'fail' };

const TRANSITIONS: Record<MigrationState, Partial<Record<MigrationEvent['type'], MigrationState>>> = {
  setup: { accepted: 'active', cancel: 'cancelling', fail: 'failed' },
  active: { hold: 'pre-switchover', switch: 'switchover', 'link-lost': 'paused', cancel: 'cancelling', fail: 'failed' },
  'pre-switchover': { switch: 'switchover', 'link-lost': 'paused', cancel: 'cancelling', fail: 'failed' },
  switchover: {
    'resume-rounds': 'active',
    taken: 'completed',
    'link-lost': 'paused',
    'outcome-lost': 'outcome-unknown',
    cancel: 'cancelling',
    fail: 'failed',
  },
  'outcome-unknown': { taken: 'completed', fail: 'failed' },
  cancelling: { 'cancel-done': 'cancelled', fail: 'failed' },
  paused: { accepted: 'active', cancel: 'cancelling', fail: 'failed' },
  completed: {},
  cancelled: {},
  failed: {},
};

/** The next state. A transition that the table does not have is E_TOO_LATE: the state has passed in which it could be. */
export function nextState(id: string, state: MigrationState, event: MigrationEvent): MigrationState {
  const next = TRANSITIONS[state][event.type];
  if (next === undefined) throw new GodwitError('E_TOO_LATE', { id, state, action: event.type });
  return next;
}
