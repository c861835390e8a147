const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One line that a POSIX shell reads as exactly these arguments. */
export function showCommandLine(args: readonly string[]): string {
  return args.map((arg) => (PLAIN.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
}
