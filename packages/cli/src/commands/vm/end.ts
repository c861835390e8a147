import type { CliContext, ExitCode } from '../../context.js';
import { renderVm } from '../../display/vmText.js';
import type { Settings } from '../../settings/settings.js';
import { print, widthOf } from '../printing.js';
import { connectHost, readName } from './host.js';

/** `godwit vm stop`: powers a machine off, and says how it stands then. */
export async function stopVm(context: CliContext, name: string, settings: Settings): Promise<ExitCode> {
  const { vms, options } = connectHost(settings);
  const view = await vms.stop(readName(name), settings.flag('force') ? { force: true } : {});
  print(context, settings.flag('json') ? [JSON.stringify(view)] : renderVm(view, widthOf(context), options));
  return 0;
}

/** `godwit vm forget`: lets an agent forget a machine that is off or has left. */
export async function forgetVm(context: CliContext, name: string, settings: Settings): Promise<ExitCode> {
  await connectHost(settings).vms.forget(readName(name));
  print(context, [`${name}: forgotten; its disks stay where they are`]);
  return 0;
}
