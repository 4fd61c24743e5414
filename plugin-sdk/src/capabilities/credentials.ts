/** The tenant's credentials for the backend. Granted to bundled transports only. */
export interface Credentials {
  /** Where to connect and as whom. The token is a secret: never log it. */
  get(): Promise<{ url: string; userId: string; token: string }>;
  /** Called when a new token is there; the transport reconnects with it before the old one expires. */
  onChange(listener: () => void): void;
}
