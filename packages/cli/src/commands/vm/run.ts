import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { isRecord } from '../../client/viewGuard.js';
import type { VmView } from '../../client/vmViews.js';
import type { CliContext, ExitCode } from '../../context.js';
import { renderStarted } from '../../display/vmText.js';
import type { Settings } from '../../settings/settings.js';
import { print, widthOf } from '../printing.js';
import { connectHost, readName } from './host.js';

type Fields = Readonly<Record<string, unknown>>;

/** `godwit vm run`: has a machine started from its manifest. */
export async function runVm(context: CliContext, file: string, settings: Settings): Promise<ExitCode> {
  const { vms } = connectHost(settings);
  const view = await vms.run(withAbsolutePaths(readManifest(file), dirname(file)));
  return printStarted(context, view, settings);
}

/** `godwit vm start`: starts a machine that is off, as the agent knows it. */
export async function startVm(context: CliContext, name: string, settings: Settings): Promise<ExitCode> {
  const { vms } = connectHost(settings);
  return printStarted(context, await vms.start(readName(name)), settings);
}

function printStarted(context: CliContext, view: VmView, settings: Settings): ExitCode {
  print(context, settings.flag('json') ? [JSON.stringify(view)] : renderStarted(view, widthOf(context)));
  return 0;
}

/** What the file holds; the agent judges it. @throws GodwitError E_CONFIG where it cannot be read, or is no JSON object */
function readManifest(path: string): Fields {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    const problem = systemCodeOf(thrown) === 'ENOENT' ? 'no such file' : problemOf(thrown);
    throw new GodwitError('E_CONFIG', { path, problem }, { cause: thrown });
  }
  if (isRecord(content)) return content;
  throw new GodwitError('E_CONFIG', { path, problem: 'expected one JSON object, a manifest' });
}

/** The agent has another working directory. What is not as it should be is left for the agent to refuse. */
function withAbsolutePaths(manifest: Fields, folder: string): Fields {
  const placed = (value: unknown, ...names: readonly string[]): unknown => {
    if (!isRecord(value)) return value;
    const paths = names.flatMap((name) => {
      const path = value[name];
      return typeof path === 'string' && path !== '' ? [[name, resolve(folder, path)]] : [];
    });
    return { ...value, ...Object.fromEntries(paths) };
  };
  const { disks, kernel, console, memory } = manifest;
  const changed = {
    disks: Array.isArray(disks) ? disks.map((disk: unknown) => placed(disk, 'path')) : disks,
    kernel: placed(kernel, 'path', 'initrd'),
    console: placed(console, 'path'),
    memory: placed(memory, 'path'),
  };
  return { ...manifest, ...changed };
}
