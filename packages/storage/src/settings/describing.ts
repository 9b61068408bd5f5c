import {
  accepted,
  variables,
  type Variable,
  type VariableName,
  withoutEndSlashes,
} from '@sluice/runtime';
import { findAccount, readAccounts, type Accounts } from '../accounts/read-accounts.ts';
import type { AccountReference, AccountResource } from '../accounts/account-resources.ts';
import { textOf, type Environment } from './storage-names.ts';
import type { StorageSettingsFault } from './storage-settings-error.ts';

/** The environment while it is made into a description: what is asked of it, and what was found wrong. */
export class Describing {
  readonly faults: StorageSettingsFault[] = [];
  readonly #env: Environment;
  #accounts: Accounts | undefined;

  /** @param env in the names of today */
  constructor(env: Environment) {
    this.#env = env;
  }

  /** Notes a fault. What is returned after one is never used. */
  refuse(text: string, remedy: string): void {
    this.faults.push({ text, remedy });
  }

  /** Text of a setting. */
  text(name: VariableName): string | undefined {
    return textOf(this.#env, name);
  }

  /** Text of a setting that there has to be; `missing` says that there is none. */
  needed(name: VariableName, missing: string): string {
    const text = this.text(name);
    if (text === undefined) this.refuse(missing, `set ${name}`);
    return text ?? '';
  }

  /** A setting that matches the pattern, if there is one. */
  matching(name: VariableName, pattern: RegExp, accepts: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && !pattern.test(text)) this.refuse(`${name} is not usable`, accepts);
    return text;
  }

  /** An http or https URL, without a slash at its end. */
  endpoint(name: VariableName): string | undefined {
    const plain = /^https?:\/\/[^\s?#@]+$/;
    const text = this.matching(name, plain, 'an http or https URL without user, ? and #');
    return text === undefined ? undefined : withoutEndSlashes(text);
  }

  flag(name: VariableName): boolean | undefined {
    const variable: Variable = variables[name];
    const text = this.matching(name, /^(true|false)$/, accepted(variable));
    return text === undefined ? undefined : text === 'true';
  }

  /** The account resource that a reference names; `missing` says that there is none. */
  account<R extends AccountReference>(
    reference: R,
    missing: string,
  ): Extract<AccountResource, { resourceType: R['resourceType'] }> | undefined {
    const path = this.text('ACCOUNTS_FILE');
    const { resourceType, id } = reference;
    if (path === undefined) {
      this.refuse(missing, `set ACCOUNTS_FILE to a file with the ${resourceType} "${id}"`);
      return undefined;
    }
    if (!this.#accounts) {
      this.#accounts = readAccounts(path);
      this.faults.push(...this.#accounts.faults);
    }
    const found = findAccount(this.#accounts.resources, reference);
    if (!found) this.refuse(missing, `put the ${resourceType} "${id}" into ACCOUNTS_FILE`);
    return found;
  }
}
