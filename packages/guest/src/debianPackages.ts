import { join } from 'node:path';
import { run, runWell } from './program.js';

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** A package that can be downloaded in exactly this version. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

/** The kernel's package that this one stands for at the moment; none where apt has no such package. */
export async function packageBehind(meta: string): Promise<DebianPackage | undefined> {
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', meta]);
  const [, name, version] = /^Depends:.*?(linux-image-\S+) \(= (\S+)\)/m.exec(stdout) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** Downloads it and unpacks it in the folder, without installing it; needs no right but to write there. */
export async function unpack({ name, version }: DebianPackage, folder: string): Promise<void> {
  await runWell('apt-get', ['--quiet', 'download', `${name}=${version}`], {
    cwd: folder,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  await runWell('sh', ['-c', 'dpkg-deb --extract *.deb unpacked'], { cwd: folder });
}

/** Where `unpack` has put the package's files. */
export function unpackedIn(folder: string, ...parts: readonly string[]): string {
  return join(folder, 'unpacked', ...parts);
}
