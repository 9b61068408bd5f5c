import root from '../../jest.config.js';

const [unit] = root.projects;

/** `npm run test:k8s`: apart from `npm test`, since its tools take minutes to build the first time. */
export default {
  ...unit,
  rootDir: '../..',
  displayName: 'k8s',
  testMatch: ['<rootDir>/test/k8s/**/*.test.ts'],
  testTimeout: 120_000,
};
