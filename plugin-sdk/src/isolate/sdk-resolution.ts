import { registerHooks } from 'node:module';

/**
 * Lets a plugin import the SDK by name from wherever it lies, with no node_modules around it. It gets the very modules that run the isolate, so that
 * its tokens are the ones looked for.
 */
export function resolveSdkImports(): void {
  const built = !import.meta.url.endsWith('.ts');
  const at = (file: string): string => new URL(file, import.meta.url).href;
  const urls = new Map([
    ['@tickhub/plugin-sdk', at(built ? './index.js' : '../index.ts')],
    ['@tickhub/plugin-sdk/files', at(built ? './files.js' : '../files/index.ts')],
    ['@tickhub/plugin-sdk/documents', at(built ? './documents.js' : '../documents/index.ts')],
    ['@tickhub/plugin-sdk/markets', at(built ? './markets.js' : '../markets/index.ts')],
    ['@tickhub/plugin-sdk/features', at(built ? './features.js' : '../features/index.ts')],
    ['@tickhub/plugin-sdk/agents', at(built ? './agents.js' : '../agents/index.ts')],
    ['@tickhub/plugin-sdk/time', at(built ? './time.js' : '../time/index.ts')],
    ['@tickhub/plugin-sdk/testing', at(built ? './testing.js' : '../testing/index.ts')],
  ]);
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls.get(specifier);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
  });
}
