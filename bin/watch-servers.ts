import { shared } from '@/lib/runtime';

/** Says in the terminal what each watched server answers while it cannot be reached, and when it can; each change once. */
export function watchServers(say: (line: string) => void): () => void {
  const said = new Map<string, string>();
  const look = () => {
    for (const { config, connections } of shared().servers?.values() ?? []) {
      const { problem, capabilities } = connections;
      const before = said.get(config.id);
      if (problem) {
        const line = `${config.name}: ${problem.sentence} ${problem.hint}`;
        if (line !== before) say(line);
        if (capabilities.superuser && before === undefined)
          say(
            `${config.name}: ${config.read.user} is a superuser, so that whoever gets hold of pgdeck has the whole server. docs/database-roles.md has roles that can do less.`,
          );
        said.set(config.id, line);
      }
    }
  };
  const timer = setInterval(look, 500).unref();
  return () => clearInterval(timer);
}
