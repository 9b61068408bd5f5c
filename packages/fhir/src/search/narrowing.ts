/** A condition on stored resources, as data. */
export type Narrowing =
  | { readonly all: readonly Narrowing[] }
  /** Of none: nothing can match. */
  | { readonly any: readonly Narrowing[] }
  /** The JSON text contains this string, or it contains a backslash: escapes could hide the string. */
  | { readonly text: string }
  /** `meta.lastUpdated`; the instant is UTC with six digits of a second. */
  | {
      readonly lastUpdated: { readonly op: 'ge' | 'gt' | 'le' | 'lt'; readonly instant: string };
    }
  | { readonly id: readonly string[] }
  /** The resource is in the compartment of one of these patients. */
  | { readonly patient: readonly string[] }
  | { readonly always: true };

/** Holds of everything. */
export const always: Narrowing = { always: true };

/** The condition that a whole JSON string is in the text. */
export function textOf(value: string): Narrowing {
  return { text: `"${value}"` };
}

/** Joins conditions by AND, leaving out what says nothing. */
export function allOf(parts: readonly Narrowing[]): Narrowing {
  const distinct = distinctOf(
    parts.flatMap((part) => ('all' in part ? part.all : 'always' in part ? [] : [part])),
  );
  const [only] = distinct;
  return only === undefined ? always : distinct.length === 1 ? only : { all: distinct };
}

/** Joins conditions by OR. One that holds of everything makes the whole hold of everything; ids and patients are put together. */
export function anyOf(parts: readonly Narrowing[]): Narrowing {
  if (parts.some((part) => 'always' in part)) {
    return always;
  }
  const flat = parts.flatMap((part) => ('any' in part ? part.any : [part]));
  const ids = flat.flatMap((part) => ('id' in part ? part.id : []));
  const patients = flat.flatMap((part) => ('patient' in part ? part.patient : []));
  const distinct = distinctOf([
    ...(ids.length > 0 ? [{ id: [...new Set(ids)] }] : []),
    ...(patients.length > 0 ? [{ patient: [...new Set(patients)] }] : []),
    ...flat.filter((part) => !('id' in part) && !('patient' in part)),
  ]);
  const [only] = distinct;
  return only !== undefined && distinct.length === 1 ? only : { any: distinct };
}

function distinctOf(parts: readonly Narrowing[]): Narrowing[] {
  return [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];
}
