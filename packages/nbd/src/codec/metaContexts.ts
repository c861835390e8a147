/** Which contexts of an export a client gets ("Metadata querying"; for `qemu:` QEMU, docs/interop/nbd.rst). */

/** A context that was agreed, and the number it has in replies to BLOCK_STATUS. */
export interface AgreedContext {
  readonly id: number;
  readonly name: string;
}

/** LIST: all when nothing is asked; else exact names, and all below a namespace that ends in a colon. Unknown queries find nothing. */
export function listContexts(available: readonly string[], queries: ReadonlySet<string>): string[] {
  if (queries.size === 0) return [...available];
  const wildcards = [...queries].filter((query) => query.endsWith(':'));
  return available.filter((name) => queries.has(name) || wildcards.some((wildcard) => name.startsWith(wildcard)));
}

/** SET: exact names alone, since a query that may mean several selects none; no queries, no contexts. */
export function selectContexts(available: readonly string[], queries: ReadonlySet<string>): AgreedContext[] {
  // From 1 on, so that a field left at 0 stands out.
  return available.map((name, index) => ({ id: index + 1, name })).filter(({ name }) => queries.has(name));
}
