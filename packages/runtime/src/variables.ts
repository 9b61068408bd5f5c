import { accessVariables } from './variables/access-variables.ts';
import { dialectVariables } from './variables/dialect-variables.ts';
import { exportVariables } from './variables/export-variables.ts';
import { processVariables } from './variables/process-variables.ts';
import { storageVariables } from './variables/storage-variables.ts';

export type { Variable, VariableKind } from './variables/variable.ts';

/**
 * Every environment variable that a Sluice process reads. Each process takes the subset it needs
 * (see `readSettings`); docs/configuration.md and .env.example are held complete against this table
 * by a test.
 */
export const variables = {
  ...processVariables,
  ...exportVariables,
  ...accessVariables,
  ...dialectVariables,
  ...storageVariables,
};

/** Name of a setting. */
export type VariableName = keyof typeof variables;
