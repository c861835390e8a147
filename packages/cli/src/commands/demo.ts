import type { CliContext, ExitCode } from '../context.js';
import type { Settings } from '../settings/settings.js';

/** `godwit demo`: thin on purpose; see demo/. */
export async function demo(context: CliContext, settings: Settings): Promise<ExitCode> {
  void context;
  void settings;
  return 1;
}
