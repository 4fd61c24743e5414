import { AnalysisReport } from '../control/analysis-report.ts';
import { requestJob } from '../control/job-client.ts';
import { analysisText } from './analysis-text.ts';
import { UsageError } from './arguments.ts';
import type { Arguments } from './arguments.ts';

/** `tickhub analyse SYMBOL`: what the models of a running host say of a symbol now. */
export async function analyseCommand(args: Arguments, print: (text: string) => void): Promise<number> {
  const [symbol] = args.operands;
  if (symbol === undefined) throw new UsageError('`tickhub analyse` needs a symbol, such as EURUSD.');
  const report = AnalysisReport.parse(await requestJob(args.dataDir, 'analyse', { symbol }, {}));
  print(args.json ? JSON.stringify(report, null, 2) : analysisText(report).join('\n'));
  return 0;
}
