import type { InjectionToken } from 'tsyringe';

/** A key under which a service is registered and found: `T` is what resolving it gives. */
export type ServiceToken<T> = InjectionToken<T> & symbol & { readonly service?: T };

/**
 * Makes a token. Two tokens of one name are still two tokens.
 * @param name for people: it appears in logs and errors.
 */
export function serviceToken<T>(name: string): ServiceToken<T> {
  return Symbol(name) as ServiceToken<T>;
}

export function tokenName(token: ServiceToken<unknown>): string {
  return (token as symbol).description ?? 'unnamed';
}
