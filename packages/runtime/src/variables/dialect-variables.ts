import type { Variable } from './variable.ts';

/** What is answered otherwise than the guide says, for clients of other servers. */
export const dialectVariables = {
  PROFILE: {
    kind: 'choice',
    choices: ['ig', 'aidbox', 'azure', 'vendor4'],
    default: 'ig',
    description:
      'Gives other settings the defaults that make Sluice answer as the guide says (ig), or as a vendor’s server does. What is set by name counts more.',
  },
  TEST_PROFILE: {
    kind: 'boolean',
    default: 'false',
    description:
      'Gives settings the defaults that conformance test suites need. Never for real data.',
  },
  RETRY_AFTER_UNIT: {
    kind: 'choice',
    choices: ['seconds', 'milliseconds'],
    default: 'seconds',
    description: 'Unit of every Retry-After; HTTP knows seconds only.',
  },
  PROGRESS_FORM: {
    kind: 'choice',
    choices: ['percent', 'word'],
    default: 'percent',
    description:
      'What X-Progress says: a percentage and more, or one of scheduled, started and completed.',
  },
  NOT_FOUND_CODE: {
    kind: 'choice',
    choices: ['not-found', 'forbidden'],
    default: 'not-found',
    description: 'Issue code of the 404 for an export that is not there.',
  },
  MANIFEST_STATUS: {
    kind: 'boolean',
    default: 'false',
    description: 'Whether a manifest begins with status: completed.',
  },
} as const satisfies Record<string, Variable>;
