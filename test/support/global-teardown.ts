import type { TestServers } from './test-servers.ts';

const shared = globalThis as { sluiceTestServers?: TestServers | undefined };

/** Ends what the global set-up started. */
async function tearDown(): Promise<void> {
  const servers = shared.sluiceTestServers;
  shared.sluiceTestServers = undefined;
  await servers?.stop();
}

// eslint-disable-next-line import-x/no-default-export -- jest asks for it
export default tearDown;
