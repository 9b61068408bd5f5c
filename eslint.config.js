import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import jest from 'eslint-plugin-jest';
import n from 'eslint-plugin-n';
import regexp from 'eslint-plugin-regexp';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Vendors that only one package may import (docs/architecture.md, the import law). */
const vendorOwners = {
  postgres: ['pg', 'pg-copy-streams', 'knex'],
  queue: ['bullmq', 'ioredis'],
  auth: ['jose', 'oidc-provider'],
  api: ['express'],
  runtime: ['prom-client', 'winston'],
  storage: ['@aws-sdk', '@azure', '@google-cloud'],
};

const restrictedVendors = (owner) => [
  'error',
  {
    patterns: Object.entries(vendorOwners)
      .filter(([name]) => name !== owner)
      .flatMap(([name, vendors]) =>
        vendors.map((vendor) => ({
          regex: `^${vendor}(/|$)`,
          message: `Only ${name} may import ${vendor}.`,
        })),
      ),
  },
];

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.sluice/',
      '.servers/',
      'coverage/',
      'packages/gzip/assembly/',
      'packages/fhir/src/generated/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.test.json'], tsconfigRootDir: import.meta.dirname },
    },
    plugins: { 'import-x': importX, n, regexp },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({
          project: './tsconfig.test.json',
          noWarnOnMultipleProjects: true,
        }),
      ],
      'import-x/internal-regex': '^@never/',
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: false, includeInternal: true },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'n/no-process-env': 'error',
      'no-console': 'error',
      // Text of strangers meets many of them: none may take more than linear time.
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
      'no-restricted-imports': restrictedVendors(''),
      'max-lines': ['error', { max: 400, skipComments: false }],
    },
  },
  ...Object.keys(vendorOwners).map((owner) => ({
    files: [owner === 'api' ? 'services/api/**/*.ts' : `packages/${owner}/**/*.ts`],
    rules: { 'no-restricted-imports': restrictedVendors(owner) },
  })),
  {
    // The environment is read in one place per process.
    files: ['**/settings.ts', '**/main.ts'],
    rules: { 'n/no-process-env': 'off' },
  },
  {
    files: ['packages/postgres/migrations/**', '**/migrations/*.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    plugins: { jest },
    languageOptions: { globals: jest.environments.globals.globals },
    rules: {
      'import-x/no-extraneous-dependencies': 'off',
      'no-restricted-imports': 'off',
      'n/no-process-env': 'off',
      'jest/no-focused-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/no-identical-title': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'regexp/no-super-linear-backtracking': 'off',
      'regexp/no-super-linear-move': 'off',
      'max-lines': ['error', { max: 600 }],
    },
  },
);
