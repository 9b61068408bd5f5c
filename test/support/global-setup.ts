import { startTestServers, type TestServers } from './test-servers.ts';

const shared = globalThis as { sluiceTestServers?: TestServers | undefined };

/** Jest runs it once before the first test file; the projects share what it starts. */
async function setUp(): Promise<void> {
  shared.sluiceTestServers ??= await startTestServers();
}

// eslint-disable-next-line import-x/no-default-export -- jest asks for it
export default setUp;
