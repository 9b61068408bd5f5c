// Not from its index: each thread would load all that a kick-off needs, which is another 5 MB.
import { attachmentSignature, attachmentUrl } from '@sluice/export/attachment-url';
import {
  compileAttachments,
  compileElements,
  compileFilterLists,
  type FilterLists,
  markDeleted,
  type ReferenceAliases,
} from '@sluice/fhir';

/** What is to be done with each line; JSON, so that it can be sent to a thread. */
export interface LineWork {
  /** Type of all the lines. */
  readonly type: string;
  readonly baseUrl: string;
  /** The other names of the store. */
  readonly otherBases?: readonly string[];
  /** The moment that the export is exact at, as an instant: `ap` of a date goes by it. */
  readonly now: string;
  /** Search queries behind `Type?`: a line has to match one of each list. Absent: every line passes. */
  readonly filters?: FilterLists;
  /** What conditional references lead to, as far as the filters ask. */
  readonly aliases?: ReferenceAliases;
  /** Root elements to keep. Absent: all. */
  readonly elements?: readonly string[];
  readonly markDeleted?: true;
  /** Attachments of Binaries get URLs of this export, with a key (base64) signed. Absent: they stay as they are. */
  readonly attachments?: { readonly exportId: string; readonly key?: string };
  /** Report the ids of the lines that pass. */
  readonly reportIds?: true;
}

/** A line that goes into the output. */
export interface WorkedLine {
  readonly line: Buffer;
  /** With `reportIds`. */
  readonly id?: string;
}

/** `undefined`: the filters leave the line out. Throws when the line is none it can work on. */
export type CompiledLineWork = (line: Buffer) => WorkedLine | undefined;

/**
 * Compiles the work, to be done on many lines: filters come first and see the resource as it is stored. Lines are without their line feed,
 * and what comes out may be the line itself. Throws a `SearchError` for a filter that cannot be evaluated.
 */
export function compileLineWork(work: LineWork): CompiledLineWork {
  const passes = compileFilters(work);
  const changes = compileChanges(work);
  return (line) => {
    const resource = passes && parseResource(line);
    if (resource && !passes(resource)) return undefined;
    const changed = changes.reduce((text, change) => change(text), line);
    return work.reportIds
      ? { line: changed, id: idOf(resource ?? parseResource(line)) }
      : { line: changed };
  };
}

function compileFilters({ type, baseUrl, otherBases, aliases, now, filters }: LineWork) {
  return (
    filters &&
    compileFilterLists(type, filters, { baseUrl, otherBases, aliases, nowMs: Date.parse(now) })
  );
}

function parseResource(line: Buffer): object {
  const resource: unknown = JSON.parse(line.toString());
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) {
    throw new SyntaxError('not an object');
  }
  return resource;
}

function compileChanges(work: LineWork): ((line: Buffer) => Buffer)[] {
  const { type, baseUrl, otherBases, elements, attachments } = work;
  const urlOf = attachments && attachmentUrls(baseUrl, attachments);
  return [
    ...(elements ? [compileElements(type, elements)] : []),
    ...(work.markDeleted ? [markDeleted] : []),
    ...(urlOf ? [compileAttachments(type, { baseUrl, otherBases, urlOf })] : []),
  ];
}

/** Where the attachment of a Binary is fetched (SPEC E-045, E-046). */
function attachmentUrls(
  baseUrl: string,
  { exportId, key }: NonNullable<LineWork['attachments']>,
): (binaryId: string) => string {
  const secret = key === undefined ? undefined : Buffer.from(key, 'base64');
  return (binaryId) => {
    const url = attachmentUrl(baseUrl, exportId, binaryId);
    if (secret === undefined) return url;
    return `${url}?signature=${attachmentSignature(secret, url).toString('base64url')}`;
  };
}

function idOf({ id }: { readonly id?: unknown }): string {
  if (typeof id !== 'string') throw new SyntaxError('no id');
  return id;
}
