import root from '../../jest.config.js';

const integration = root.projects.find(({ displayName }) => displayName === 'integration');

/** `npm run test:hostile`: apart from `npm test`, as it is as long as one likes. */
export default {
  ...integration,
  rootDir: '../..',
  displayName: 'hostile',
  testMatch: ['<rootDir>/test/hostile/**/*.test.ts'],
  // A file after the other: each measures the CPU time of processes.
  maxWorkers: 1,
};
