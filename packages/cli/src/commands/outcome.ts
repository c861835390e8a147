import type { MigrationView } from '@godwit/agent';
import type { GodwitError } from '@godwit/errors';
import type { ExitCode } from '../context.js';

/**
 * The exit code that tells how a migration ended. A failure is 1 whatever its reason, because what
 * matters is that the source still owns; only a destination that never answered is 5.
 */
export function exitCodeOfView(view: MigrationView): ExitCode {
  switch (view.state) {
    case 'completed':
      return 0;
    case 'cancelled':
      return 3;
    case 'failed':
      return view.error?.code === 'E_UNREACHABLE' ? 5 : 1;
    default:
      // Followed to its end or until patience ran out: whatever else it is, it is not known.
      return 4;
  }
}

/**
 * The exit code when the agent was lost sight of while a migration ran. After the switch began nobody
 * here knows who owns; before it the source does, and the agent is merely gone (5) or has forgotten (1).
 */
export function exitCodeOfLoss(last: MigrationView, error: GodwitError): ExitCode {
  if (last.state === 'switchover' || last.state === 'outcome-unknown') return 4;
  return error.code === 'E_UNREACHABLE' ? 5 : 1;
}
