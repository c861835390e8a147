import type { ApiClient } from './apiClient.js';
import { until } from './condition.js';
import { isTerminal, type MigrationRequest, type MigrationState, type MigrationView } from './migrationView.js';

/** Waits until the migration is in one of the states; fails when it ends in another. */
export async function untilState(api: ApiClient, id: string, ...states: MigrationState[]): Promise<MigrationView> {
  return until(`migration ${id} to be ${states.join(' or ')}`, async () => {
    const view = await api.migration(id);
    if (states.includes(view.state)) return view;
    if (isTerminal(view.state)) {
      throw new Error(`migration is ${view.state} instead of ${states.join(' or ')}: ${JSON.stringify(view.error)}`);
    }
    return undefined;
  });
}

/** Waits for the end, whatever it is. */
export function untilEnded(api: ApiClient, id: string): Promise<MigrationView> {
  return untilState(api, id, 'completed', 'cancelled', 'failed');
}

/** Starts a migration and waits for its end, whatever it is. */
export async function migrate(api: ApiClient, request: MigrationRequest): Promise<MigrationView> {
  return untilEnded(api, await api.startMigration(request));
}

/** As migrate, for those that have to succeed. */
export async function migrateCompletely(api: ApiClient, request: MigrationRequest): Promise<MigrationView> {
  return untilState(api, await api.startMigration(request), 'completed');
}
