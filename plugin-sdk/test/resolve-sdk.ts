/** For `node --import`: the SDK by its name, from source, as an isolate has it. */
import { resolveSdkImports } from '../src/isolate/sdk-resolution.ts';

resolveSdkImports();
