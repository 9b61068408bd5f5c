import root from '../../jest.config.js';

const acceptance = root.projects.find(({ displayName }) => displayName === 'acceptance');

/** `test/image/run.sh`: the acceptance tests' servers, and containers in the place of processes. */
export default {
  ...acceptance,
  rootDir: '../..',
  displayName: 'image',
  testMatch: ['<rootDir>/test/image/**/*.test.ts'],
  testTimeout: 120_000,
};
