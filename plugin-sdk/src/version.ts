/** The version of this SDK; a plugin's `sdk` range is held against it. */
export const SDK_VERSION = '0.1.0';
