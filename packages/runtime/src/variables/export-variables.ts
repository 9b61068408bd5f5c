import type { Variable } from './variable.ts';

/** How exports are admitted, read, kept and handed out. */
export const exportVariables = {
  EXPORT_SLOTS: {
    kind: 'integer',
    default: '1',
    minimum: 1,
    maximum: 1000,
    description: 'Exports that may be active at once, per EXPORT_SLOT_SCOPE.',
  },
  EXPORT_SLOT_SCOPE: {
    kind: 'choice',
    choices: ['system', 'client'],
    default: 'system',
    description: 'Whether EXPORT_SLOTS counts for the whole system or for each client.',
  },
  ON_BUSY: {
    kind: 'choice',
    choices: ['reject', 'queue'],
    default: 'reject',
    description: 'A kick-off while every slot is taken: answer 429, or accept it and let it wait.',
  },
  MAX_WAITING_EXPORTS: {
    kind: 'integer',
    default: '100',
    minimum: 1,
    maximum: 100000,
    description: 'With ON_BUSY=queue: exports that may wait; one more is answered 429.',
  },
  KICKOFF_HEADERS: {
    kind: 'choice',
    choices: ['strict', 'lenient'],
    default: 'strict',
    description:
      'Whether a kick-off without Accept or Prefer: respond-async is refused or taken as meant.',
  },
  MAX_BODY_BYTES: {
    kind: 'bytes',
    default: '2MB',
    minimum: 1024,
    maximum: 33554432,
    description:
      'Largest body of a kick-off by POST, the patients that it names not counted; a longer one is answered 413.',
  },
  MAX_PATIENT_LIST_BYTES: {
    kind: 'bytes',
    default: '32MB',
    minimum: 1024,
    maximum: 268435456,
    description:
      'What the patients that a kick-off by POST names may take of its body besides, which is enough for 200,000; a longer list is answered 413.',
  },
  PART_RESOURCES: {
    kind: 'integer',
    default: '50000',
    minimum: 100,
    maximum: 10000000,
    description: 'Resources that one part (the unit of work and of retry) aims at.',
  },
  MAX_FILE_BYTES: {
    kind: 'bytes',
    default: '256MB',
    minimum: 1024,
    maximum: 1099511627776,
    description:
      'Size, before compression, past which a part goes on in a new file. Only a single larger resource exceeds it.',
  },
  MAX_RESOURCES_PER_FILE: {
    kind: 'integer',
    minimum: 1,
    maximum: 1000000000,
    description: 'Resources after which a part goes on in a new file. Default: no limit.',
  },
  RETENTION: {
    kind: 'duration',
    default: '7d',
    minimum: 1000,
    description: 'How long a completed export and its files are kept; downloads extend it.',
  },
  STUCK_AFTER: {
    kind: 'duration',
    default: '10m',
    minimum: 1000,
    description: 'An active export without any progress for this long is failed.',
  },
  SETTLE_TIMEOUT: {
    kind: 'duration',
    default: '60s',
    minimum: 0,
    description:
      'How long an export waits for transactions that were writing at its transactionTime before it moves that time back.',
  },
  SINCE_BASIS: {
    kind: 'choice',
    choices: ['last-updated', 'stored'],
    default: 'last-updated',
    description: 'What _since compares: meta.lastUpdated, or the time a version was stored.',
  },
  SINCE_CONTEXT: {
    kind: 'choice',
    choices: ['obey', 'always'],
    default: 'obey',
    description:
      'With _since, supporting resources that did not change since: left out (obey), or exported all the same (always).',
  },
  GROUP_SINCE: {
    kind: 'choice',
    choices: ['strict', 'include-new-members'],
    default: 'strict',
    description:
      'With _since at group level, and for clients limited to Groups: what changed since, of every member (strict), or also all the data of who joined the Group since (include-new-members).',
  },
  SUPPORTING_RESOURCES: {
    kind: 'choice',
    choices: ['on', 'off'],
    default: 'on',
    description:
      'Whether exports at patient and group level hold resources outside the Patient compartment that exported ones refer to.',
  },
  TILL_SYSTEM_ONLY: {
    kind: 'boolean',
    default: 'false',
    description: 'Refuses _till at patient and group level. _until is accepted at every level.',
  },
  PATIENT_PARAM_GET: {
    kind: 'choice',
    choices: ['on', 'off'],
    default: 'on',
    description:
      'Whether patient is accepted in a query (on), or only in the body of a POST (off).',
  },
  HISTORY_RETENTION: {
    kind: 'duration',
    default: 'forever',
    minimum: 3600000,
    orForever: true,
    description:
      'How long superseded versions are kept. An _until from before that is refused, since it could not be answered exactly.',
  },
  FILE_ACCESS: {
    kind: 'choice',
    choices: ['token', 'signed'],
    description:
      'Output files need a token (token), or carry a signature in their URL (signed). Default: signed with AUTH_MODE=none.',
  },
  SIGNED_URL_TTL: {
    kind: 'duration',
    default: '1h',
    minimum: 1000,
    maximum: 604800000,
    description: 'Life of a signed file URL; every read of the manifest gives fresh ones.',
  },
} as const satisfies Record<string, Variable>;
