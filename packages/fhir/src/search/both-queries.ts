/**
 * The search queries that ask for one of `a` and for one of `b` at the same time. Several queries are alternatives, and none
 * asks for nothing: it matches everything.
 */
export function bothQueries(a: readonly string[], b: readonly string[]): string[] {
  if (a.length === 0 || b.length === 0) return [...new Set([...a, ...b])];
  const pairs = a.flatMap((one) =>
    b.map((other) => [...new Set([one, other])].filter((query) => query !== '').join('&')),
  );
  return [...new Set(pairs)];
}
