import {
  isId,
  isMarkedDeleted,
  isResourceType,
  isVersionId,
  type JsonMember,
  type LocalBases,
  parseInstant,
  spliceMeta,
} from '@sluice/fhir';
import type { StagedResource } from '@sluice/postgres';
import { type DerivedFacts, deriveFacts } from './derive-facts.ts';
import type { Find } from './match-entries.ts';
import { UnloadableError } from './load-problem.ts';
import { tidyMeta } from './tidy-meta.ts';
import type { ReferenceReport } from './reference-report.ts';

/** How resources are prepared for the store. */
export interface StageOptions {
  /** Ignore the given versionId and lastUpdated and have the store write its own. */
  stamp: boolean;
  /** Take versions and stamps of odd form for what they mean, see `tidyMeta`. */
  lenient?: boolean | undefined;
  /** Names of this store: references behind them are local. */
  bases?: LocalBases | undefined;
  /** Finds what is stored, as the searches of Bundle entries ask; without it they count as if they were none. */
  find?: Find | undefined;
  /** Write conditional references as what they lead to, where that is one resource. */
  resolve?: boolean | undefined;
  /** Hears of every resource that is staged. */
  references?: ReferenceReport | undefined;
}

/** A resource's text, minified, and what was read of it. */
export interface ReadResource {
  bytes: Buffer;
  /** Parsed, or as much of it as `scanResource` makes. */
  resource: Readonly<Record<string, unknown>>;
  /** Where resourceType, id and meta are in the text, if that is known. */
  members?: readonly JsonMember[] | undefined;
}

/**
 * Prepares one resource for the store: what the store has to know of a resource is computed here. Throws an `UnloadableError`, or a
 * `ResourceTextError`, when it is not one that can be stored.
 */
export function stageResource(
  read: ReadResource,
  line: number,
  options: StageOptions,
): StagedResource {
  const { bytes, resource, members } = options.lenient === true ? tidyMeta(read) : read;
  const type = readType(resource.resourceType);
  const id = readId(resource.id);
  if (isMarkedDeleted(bytes)) {
    const { lastUpdated } = options.stamp
      ? {}
      : ((resource.meta ?? {}) as { lastUpdated?: unknown });
    return { ...stageDelete(type, id, line), lastUpdated: readLastUpdated(lastUpdated) };
  }
  const { head, tail, splice } = spliceMeta(bytes, { stamp: options.stamp, members });
  const { lost, conditional, ...facts } = deriveFacts(type, resource, options.bases);
  const meta = options.stamp ? undefined : (resource.meta as Record<string, unknown> | undefined);
  noteReferences(options.references, { lost, ...facts });
  return {
    line,
    type,
    id,
    deleted: false,
    versionId: readVersionId(meta?.versionId),
    lastUpdated: readLastUpdated(meta?.lastUpdated),
    head,
    tail,
    splice,
    ...facts,
    ...(conditional.length === 0 ? {} : { conditional }),
  };
}

/** What an export follows: patients, supporting resources and what Provenance is about. */
function noteReferences(
  report: ReferenceReport | undefined,
  { patients, supporting, targets, lost }: Omit<DerivedFacts, 'conditional'>,
): void {
  if (report === undefined) return;
  report.addLost(lost);
  for (const id of patients)
    report.addTarget(id.startsWith('?') ? `Patient${id}` : `Patient/${id}`);
  for (const key of supporting) report.addTarget(key);
  for (const key of targets) report.addTarget(key);
}

/** Prepares the deletion of a resource. */
export function stageDelete(type: string, id: string, line: number): StagedResource {
  return {
    line,
    type,
    id,
    deleted: true,
    versionId: undefined,
    lastUpdated: undefined,
    head: Buffer.alloc(0),
    tail: undefined,
    splice: 'none',
    patients: [],
    supporting: [],
    targets: [],
    recorded: undefined,
  };
}

function readType(value: unknown): string {
  if (value === undefined) {
    throw new UnloadableError('it has no resourceType');
  }
  if (typeof value !== 'string' || !isResourceType(value)) {
    const reason = value === 'Parameters' ? 'cannot be stored' : 'is no resource type of R4';
    throw new UnloadableError(`resourceType ${brief(value)} ${reason}`);
  }
  return value;
}

function readId(value: unknown): string {
  if (value === undefined) {
    throw new UnloadableError('it has no id');
  }
  if (typeof value !== 'string' || !isId(value)) {
    throw new UnloadableError(
      `id ${brief(value)} is not legal: 1 to 64 letters, digits, "-" and "." are`,
    );
  }
  return value;
}

const remedy = '--lenient takes it for what it means, --stamp writes a new one';

function readVersionId(value: unknown): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || !isVersionId(value))) {
    throw new UnloadableError(
      `meta.versionId ${brief(value)} is not legal: 1 to 64 letters, digits, "-" and "." are; ${remedy}`,
    );
  }
  return value;
}

function readLastUpdated(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const instant = typeof value === 'string' ? parseInstant(value) : undefined;
  if (instant === undefined) {
    throw new UnloadableError(
      `meta.lastUpdated ${brief(value)} is no instant: 2015-02-07T13:28:17.239+02:00 is; ${remedy}`,
    );
  }
  return instant.text;
}

/** A value as JSON, cut short. */
function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
