/**
 * A capability: a typed token for something the host lets a plugin have. A plugin names the tokens it wants in `inject`
 * and gets the things under the same names, typed, in its context.
 */
export interface Capability<T> {
  readonly name: string;
  /** Never set; carries the type. */
  readonly type?: T;
}

/** Makes a capability token. Plugins use the tokens that the SDK exports. */
export function capability<T>(name: string): Capability<T> {
  return Object.freeze({ name });
}

/** The tokens a plugin asks for: property name in the context -> token. */
export type InjectMap = Readonly<Record<string, Capability<unknown>>>;

/** What an {@link InjectMap} becomes in the context. */
export type Injected<M extends InjectMap> = { readonly [K in keyof M]: M[K] extends Capability<infer T> ? T : never };
