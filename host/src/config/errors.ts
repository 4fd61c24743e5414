/** A setting that does not fit. The message names the layer (file, variable or flag), the key, what was wrong and what is allowed. */
export class ConfigError extends Error {
  readonly code: 'CONFIG_UNREADABLE' | 'CONFIG_SYNTAX' | 'CONFIG_VALUE' | 'CONFIG_SECRET';

  constructor(code: ConfigError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConfigError';
    this.code = code;
  }
}
