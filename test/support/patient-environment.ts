import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';
import { patiently } from './patience.ts';

/** Node, where every limit of a test or a hook, its own or the default, is multiplied by the patience of this machine. */
class PatientEnvironment extends TestEnvironment {
  readonly #seen = new WeakSet<object>();

  handleTestEvent(event: Circus.Event, { testTimeout }: Circus.State): void {
    if (event.name === 'test_start') this.#extend(event.test, testTimeout);
    if (event.name === 'hook_start') this.#extend(event.hook, testTimeout);
  }

  /** Once for each: a hook starts before every test. */
  #extend(limited: { timeout?: number | null | undefined }, defaultMs: number): void {
    if (this.#seen.has(limited)) return;
    this.#seen.add(limited);
    limited.timeout = patiently(limited.timeout ?? defaultMs);
  }
}

// eslint-disable-next-line import-x/no-default-export -- jest asks for it
export default PatientEnvironment;
