import { createPrivateKey, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { TokenPlan } from './generate/tokens.ts';

/** Who signs tokens, and what a right one says. */
export interface Signer {
  readonly jwk: JsonWebKey & { readonly kid?: string };
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: () => Readonly<Record<string, unknown>>;
}

const keys = new WeakMap<object, KeyObject>();

/** Makes a JWT as planned, by ES384, header and claims written as they are, right or not. */
export function makeToken(plan: TokenPlan, { jwk, header, claims }: Signer): string {
  const key = keys.get(jwk) ?? createPrivateKey({ key: jwk, format: 'jwk' });
  keys.set(jwk, key);
  const right = { alg: 'ES384', kid: jwk.kid, ...header };
  const said = { ...claims(), scope: plan.scope };
  const text = `${encode(right, plan.header)}.${encode(said, plan.claims)}`;
  const signed = sign('sha384', Buffer.from(plan.isSigned ? text : `${text}x`), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  return `${text}.${signed.toString('base64url')}`;
}

function encode(right: object, odd: Readonly<Record<string, string>>): string {
  const members = Object.entries(right)
    .filter(([name, value]) => value !== undefined && odd[name] === undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const others = Object.entries(odd).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return Buffer.from(`{${[...members, ...others].join(',')}}`).toString('base64url');
}
