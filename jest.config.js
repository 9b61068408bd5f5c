const swc = (syntax) => [
  '@swc/jest',
  {
    sourceMaps: 'inline',
    jsc: { parser: { syntax }, target: 'es2023' },
    module: { type: 'commonjs' },
  },
];

/** Sources are run as they are (the "source" export condition); processes under test run from dist. */
const shared = {
  // jose is ES modules only, which jest cannot require.
  transform: { '^.+\\.ts$': swc('typescript'), '/node_modules/jose/.+\\.js$': swc('ecmascript') },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  testEnvironment: '<rootDir>/test/support/patient-environment.ts',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: [],
};

export default {
  // Tests of processes mostly wait, so two files at a time suit a machine of two cores.
  maxWorkers: 2,
  // Multiplied, as every limit of a test, by SLUICE_TEST_TIMEOUT_FACTOR.
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/packages/*/src/**/*.test.ts',
        '<rootDir>/services/*/src/**/*.test.ts',
        '<rootDir>/test/parsers/**/*.test.ts',
      ],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts', '<rootDir>/test/field/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      ...shared,
      displayName: 'acceptance',
      testMatch: ['<rootDir>/test/acceptance/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
  ],
};
