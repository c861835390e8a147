import type { MigrationState } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { type MigrationEvent, nextState } from './state.js';

const STATES: readonly MigrationState[] = [
  'setup',
  'active',
  'pre-switchover',
  'switchover',
  'completed',
  'cancelling',
  'cancelled',
  'failed',
  'paused',
  'outcome-unknown',
];
const EVENTS: readonly MigrationEvent['type'][] = [
  'accepted',
  'hold',
  'resume-rounds',
  'switch',
  'taken',
  'link-lost',
  'outcome-lost',
  'cancel',
  'cancel-done',
  'fail',
];

/** The diagram of ARCHITECTURE.md ("Handover"), arrow by arrow; what is not here is forbidden. */
const ARROWS = new Set([
  'setup accepted active',
  'setup cancel cancelling',
  'setup fail failed',
  'active hold pre-switchover',
  'active switch switchover',
  'active cancel cancelling',
  'active fail failed',
  'active link-lost paused',
  'pre-switchover switch switchover',
  'pre-switchover cancel cancelling',
  'pre-switchover fail failed',
  'pre-switchover link-lost paused',
  'switchover link-lost paused',
  'switchover resume-rounds active',
  'switchover taken completed',
  'switchover outcome-lost outcome-unknown',
  'switchover cancel cancelling',
  'switchover fail failed',
  'outcome-unknown taken completed',
  'outcome-unknown fail failed',
  'cancelling cancel-done cancelled',
  'cancelling fail failed',
  'paused accepted active',
  'paused cancel cancelling',
  'paused fail failed',
]);

function outcome(state: MigrationState, type: MigrationEvent['type']): string {
  try {
    return nextState('m1', state, { type });
  } catch (thrown) {
    if (!(thrown instanceof GodwitError)) throw thrown;
    expect(thrown.code).toBe('E_TOO_LATE');
    expect(thrown.parameters).toMatchObject({ id: 'm1', state, action: type });
    return 'refused';
  }
}

describe('the states of a migration', () => {
  it.each(STATES.flatMap((state) => EVENTS.map((event) => [state, event] as const)))('%s, %s', (state, event) => {
    const arrow = [...ARROWS].find((known) => known.startsWith(`${state} ${event} `));
    expect(outcome(state, event)).toBe(arrow?.split(' ')[2] ?? 'refused');
  });

  it('end where nothing follows', () => {
    for (const state of ['completed', 'cancelled', 'failed'] as const) {
      for (const event of EVENTS) expect(outcome(state, event)).toBe('refused');
    }
  });

  it('never leave outcome-unknown by a cancel', () => {
    expect(outcome('outcome-unknown', 'cancel')).toBe('refused');
  });
});
