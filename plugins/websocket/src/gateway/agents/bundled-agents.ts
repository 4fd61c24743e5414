import { signedAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { loadAgentKeys } from './agent-keys.ts';
import { carryCalendar } from './carry-calendar.ts';
import { contrarianSocial } from './contrarian-social.ts';
import { harGarchBench } from './har-garch-bench.ts';

const FORECASTERS = [harGarchBench, carryCalendar, contrarianSocial];

/** The agents that this gateway brings, each with its own key, best first: a free tier asks the first. @throws {GatewayError} */
export function bundledAgents(dataDir: string): Agent[] {
  const keys = loadAgentKeys(
    dataDir,
    FORECASTERS.map(({ id }) => id),
  );
  return FORECASTERS.flatMap((forecaster) => {
    const key = keys.get(forecaster.id);
    return key === undefined ? [] : [signedAgent(forecaster, key)];
  });
}
