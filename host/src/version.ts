/** The version of the host; the same as in package.json, which a test holds. */
export const HOST_VERSION = '0.1.0';
